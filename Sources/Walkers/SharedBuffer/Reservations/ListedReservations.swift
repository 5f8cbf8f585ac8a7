public import Machines

/// A reservation's fences one after the other, as the kernel keeps them: who adds one looks at all.
public struct ListedReservations: ReservationWalker {
  /// As the kernel does.
  public init() {}

  /// Makes a longer list where there is no room, without what is signalled.
  @inlinable
  public func reserve<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    count: Int
  ) -> Errno {
    let old = machine.follow(ReservationRecord.fences, of: reservation, .acquire)
    let room = M.W(UInt64(count))
    var needed = room
    if let old {
      let used = machine.read(FenceListRecord.count, of: old, .once)
      let capacity = machine.plain(FenceListRecord.capacity, of: old)
      needed = used &+ room
      if machine.holds(needed .<= capacity) { return .ok }
    }
    let capacity = FenceList.capacity(&machine, for: needed)
    guard machine.holds(needed .<= M.W(UInt64(capacity))),
      let new = FenceList.make(&machine, capacity: capacity)
    else { return .noMemory }
    guard let old else {
      machine.write(
        machine.address(of: new),
        ReservationRecord.fences,
        of: reservation,
        .release
      )
      return .ok
    }
    var kept = 0
    FenceList.forEach(&machine, old) { machine, fence, usage in
      if !Fences.isSignalled(&machine, fence) {
        let word = machine.address(of: fence) | usage
        FenceList.append(&machine, word, to: new, at: kept)
        kept += 1
      }
      return true
    }
    machine.write(machine.address(of: new), ReservationRecord.fences, of: reservation, .release)
    giveUp(&machine, old, keptIn: new)
    return .ok
  }

  /// Gives up the fences of a list that are not in another, and the list once nobody looks at it.
  @inlinable
  func giveUp<M: BufferHostMachine>(
    _ machine: inout M,
    _ old: M.Record,
    keptIn new: M.Record
  ) {
    var kept = 0
    FenceList.forEach(&machine, old) { machine, fence, usage in
      // Those that are kept are in the same order.
      let word = machine.address(of: fence) | usage
      let count = machine.read(FenceListRecord.count, of: new, .once)
      if machine.holds(M.W(UInt64(kept)) .< count) {
        let next = FenceList.slot(&machine, new, kept)
        if machine.holds(next .== word) {
          kept += 1
          return true
        }
      }
      Fences.release(&machine, fence)
      return true
    }
    FenceList.freeLater(&machine, old)
  }

  /// Takes the place of the first that it may replace, or the next that is free.
  @inlinable
  public func add<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record,
    to reservation: M.Record,
    _ usage: FenceUsage
  ) {
    guard let list = machine.follow(ReservationRecord.fences, of: reservation, .acquire) else {
      return machine.warn(Site("a fence is added, and there is no room"))
    }
    let ownUsage = M.W(UInt64(usage.rawValue))
    let word = machine.address(of: fence) | ownUsage
    Fences.retain(&machine, fence)
    let isNew = FenceList.forEachPlace(&machine, list) { machine, index, old, used in
      let isNoLess = machine.holds(ownUsage .<= used)
      if isNoLess && Fences.isLaterOrSame(&machine, fence, as: old)
        || Fences.isSignalled(&machine, old)
      {
        FenceList.setSlot(&machine, list, index, to: word)
        Fences.release(&machine, old)
        return false
      }
      return true
    }
    guard isNew else { return }
    let count = FenceList.count(&machine, list)
    let capacity = machine.plain(FenceListRecord.capacity, of: list)
    guard machine.holds(M.W(UInt64(count)) .< capacity) else {
      Fences.release(&machine, fence)
      return machine.warn(Site("a fence is added, and there is no room"))
    }
    FenceList.append(&machine, word, to: list, at: count)
  }
}
