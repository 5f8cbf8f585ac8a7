public import Machines

/// How a reservation keeps its fences: what the lock is held for, and what is looked at without it.
public protocol ReservationWalker: Sendable {
  /// Makes room for so many more fences, under the lock.
  /// - Returns: `noMemory` where there is none, or where there would be more than `FenceListRecord.limit`;
  ///   nothing is changed then.
  func reserve<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    count: Int
  ) -> Errno
  /// Adds a fence that is no container, under the lock, where there is room.
  ///
  /// It takes the place of one that is signalled, or comes before it on its line and is used for no less.
  func add<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record,
    to reservation: M.Record,
    _ usage: FenceUsage
  )
  /// A fence up to a usage that is not signalled, with a reference; without the lock.
  ///
  /// Whatever was added before the call is found.
  func firstPending<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    _ usage: FenceUsage
  ) -> M.Record?
  /// Whether all fences up to a usage are signalled; without the lock.
  func isSignalled<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    _ usage: FenceUsage
  ) -> Bool
  /// Puts another fence in place of all of a line, under the lock: its work is over when that one's is.
  func replace<M: BufferHostMachine>(
    _ machine: inout M,
    context: M.W,
    with fence: M.Record,
    _ usage: FenceUsage,
    in reservation: M.Record
  )
}

extension ReservationWalker {
  /// Looks for one that is not.
  @inlinable
  public func isSignalled<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    _ usage: FenceUsage
  ) -> Bool {
    guard let fence = firstPending(&machine, reservation, usage) else { return true }
    Fences.release(&machine, fence)
    return false
  }

  /// Looks at all.
  @inlinable
  public func firstPending<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    _ usage: FenceUsage
  ) -> M.Record? {
    search(&machine, reservation, usage)
  }

  /// Goes through the list in a section of RCU, again and again until it is the same at the end.
  @inlinable
  func search<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    _ usage: FenceUsage
  ) -> M.Record? {
    machine.enterSection(.rcu)
    defer { machine.leaveSection(.rcu) }
    while true {
      guard let list = machine.follow(ReservationRecord.fences, of: reservation, .acquire) else {
        return nil
      }
      var found: M.Record?
      let isWhole = FenceList.forEach(&machine, list) { machine, fence, used in
        guard machine.holds(used .<= M.W(UInt64(usage.rawValue))) else { return true }
        guard Fences.tryRetain(&machine, fence) else { return false }
        if !Fences.isSignalled(&machine, fence) {
          found = fence
          return false
        }
        Fences.release(&machine, fence)
        return true
      }
      let current = machine.follow(ReservationRecord.fences, of: reservation, .acquire)
      let isSame = current.map { machine.isSame($0, list) } ?? false
      if isSame, isWhole || found != nil { return found }
      if let found { Fences.release(&machine, found) }
      machine.yield()
    }
  }

  /// Waits until all fences up to a usage are signalled.
  @inlinable
  public func wait<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    _ usage: FenceUsage,
    isInterruptible: Bool,
    isTimed: Bool = false
  ) -> Errno {
    machine.mightSleep()
    while let fence = firstPending(&machine, reservation, usage) {
      let result = Fences.wait(
        &machine,
        fence,
        isInterruptible: isInterruptible,
        isTimed: isTimed
      )
      Fences.release(&machine, fence)
      guard result == .ok else { return result }
    }
    return .ok
  }

  /// Does something with each fence up to a usage and its usage, under the lock.
  @inlinable
  @discardableResult
  public func forEach<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    _ usage: FenceUsage,
    _ body: (inout M, M.Record, M.W) -> Bool
  ) -> Bool {
    guard let list = machine.follow(ReservationRecord.fences, of: reservation, .acquire) else {
      return true
    }
    return FenceList.forEach(&machine, list) { machine, fence, used in
      guard machine.holds(used .<= M.W(UInt64(usage.rawValue))) else { return true }
      return body(&machine, fence, used)
    }
  }

  /// One fence for all that are pending up to a usage, under the lock, with a reference.
  /// - Returns: `noMemory`, or a fence, which is signalled where nothing is pending.
  @inlinable
  public func singleton<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    _ usage: FenceUsage,
    context: M.W
  ) -> (Errno, M.Record?) {
    var total = 0
    forEach(&machine, reservation, usage) { _, _, _ in
      total += 1
      return true
    }
    let capacity = FenceList.capacity(&machine, for: M.W(UInt64(total)))
    guard let list = FenceList.make(&machine, capacity: capacity) else { return (.noMemory, nil) }
    var count = 0
    forEach(&machine, reservation, usage) { machine, fence, _ in
      if count < capacity {
        FenceList.append(&machine, machine.address(of: fence), to: list, at: count)
        count += 1
      }
      return true
    }
    let fence = Fences.merge(&machine, list, context: context)
    FenceList.free(&machine, list)
    return (fence == nil ? .noMemory : .ok, fence)
  }

  /// Looks at all.
  @inlinable
  public func replace<M: BufferHostMachine>(
    _ machine: inout M,
    context: M.W,
    with fence: M.Record,
    _ usage: FenceUsage,
    in reservation: M.Record
  ) {
    replaceAll(&machine, context: context, with: fence, usage, in: reservation)
  }

  /// Goes through the list.
  @inlinable
  func replaceAll<M: BufferHostMachine>(
    _ machine: inout M,
    context: M.W,
    with fence: M.Record,
    _ usage: FenceUsage,
    in reservation: M.Record
  ) {
    guard let list = machine.follow(ReservationRecord.fences, of: reservation, .acquire) else {
      return
    }
    let word = machine.address(of: fence) | M.W(UInt64(usage.rawValue))
    let count = machine.plain(FenceListRecord.count, of: list)
    var index = 0
    // Empty slots count too.
    while index < FenceListRecord.limit, machine.holds(M.W(UInt64(index)) .< count) {
      let found = FenceList.slot(&machine, list, index)
      if !machine.isZero(found) {
        let old = machine.record(at: found & ~M.W(3))
        let line = machine.plain(FenceRecord.context, of: old)
        if machine.holds(line .== context) {
          Fences.retain(&machine, fence)
          FenceList.setSlot(&machine, list, index, to: word)
          Fences.release(&machine, old)
        }
      }
      index += 1
    }
  }
}
