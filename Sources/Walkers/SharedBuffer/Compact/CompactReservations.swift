public import Machines

/// A reservation's fences in a table by their lines, so that adding one looks at few, however many there
/// are; and whether all are signalled is known without a look at them until one is added.
///
/// A fence's place is after its line's hash, the first that it may replace or that is empty. What is
/// signalled keeps its place until another takes it, or the table is made anew: a search never ends too
/// early. Of a table at most half is used, and of a new one at most a quarter while that is 4,096: so many
/// fences more are added before the next is made, each at a cost that does not grow with their number.
public struct CompactReservations: ReservationWalker {
  /// In a table.
  public init() {}

  /// Where the search for a fence of a line begins.
  @inlinable @inline(__always)
  static func start(_ context: UInt64, _ capacity: Int) -> Int {
    let hash = context &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: hash &>> 32) & (capacity - 1)
  }

  /// Makes a larger table, where more than half could be used, without what is signalled.
  @inlinable
  public func reserve<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    count: Int
  ) -> Errno {
    let room = machine.plain(ReservationRecord.room, of: reservation)
    if machine.holds(M.W(UInt64(count)) .<= room) { return .ok }
    let old = machine.follow(ReservationRecord.fences, of: reservation, .acquire)
    var kept = 0
    if let old {
      FenceList.forEach(&machine, old) { machine, fence, _ in
        if !Fences.isSignalled(&machine, fence) { kept += 1 }
        return true
      }
    }
    // Half is empty, and half of the rest is room for what is added next.
    let capacity = FenceList.capacity(&machine, for: M.W(UInt64(2 * (kept + max(count, kept)))))
    guard kept + count <= capacity / 2 else { return .noMemory }
    guard let new = FenceList.make(&machine, capacity: capacity) else { return .noMemory }
    // All slots are looked at.
    machine.set(FenceListRecord.count, of: new, to: M.W(UInt64(capacity)))
    var used = 0
    if let old {
      FenceList.forEach(&machine, old) { machine, fence, usage in
        if used < kept, !Fences.isSignalled(&machine, fence) {
          let word = machine.address(of: fence) | usage
          Fences.retain(&machine, fence)
          insert(&machine, word, fence, new, capacity)
          used += 1
        }
        return true
      }
    }
    machine.set(
      ReservationRecord.room,
      of: reservation,
      to: M.W(UInt64(capacity / 2 - used))
    )
    machine.write(machine.address(of: new), ReservationRecord.fences, of: reservation, .release)
    if let old {
      FenceList.forEach(&machine, old) { machine, fence, _ in
        Fences.release(&machine, fence)
        return true
      }
      FenceList.freeLater(&machine, old)
    }
    return .ok
  }

  /// Puts a fence at the first empty place after its line's hash.
  @inlinable
  func insert<M: BufferHostMachine>(
    _ machine: inout M,
    _ word: M.W,
    _ fence: M.Record,
    _ table: M.Record,
    _ capacity: Int
  ) {
    var index = place(&machine, fence, capacity)
    for _ in 0..<capacity {
      let found = FenceList.slot(&machine, table, index)
      if machine.isZero(found) {
        return FenceList.setSlot(&machine, table, index, to: word)
      }
      index = (index + 1) & (capacity - 1)
    }
  }

  /// Where the search for a fence begins.
  @inlinable @inline(__always)
  func place<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record,
    _ capacity: Int
  ) -> Int {
    let context = machine.plain(FenceRecord.context, of: fence)
    // A word that is no number has every place alike: the search goes round.
    guard let number = context as? UInt64 else { return 0 }
    return Self.start(number, capacity)
  }

  /// Looks from the line's hash on for one that it may replace, or an empty place.
  @inlinable
  public func add<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record,
    to reservation: M.Record,
    _ usage: FenceUsage
  ) {
    guard let table = machine.follow(ReservationRecord.fences, of: reservation, .acquire) else {
      return machine.warn(Site("a fence is added, and there is no room"))
    }
    let size = machine.plain(FenceListRecord.capacity, of: table)
    let capacity = FenceList.capacity(&machine, for: size)
    let ownUsage = M.W(UInt64(usage.rawValue))
    let word = machine.address(of: fence) | ownUsage
    Fences.retain(&machine, fence)
    let start = place(&machine, fence, capacity)
    var next = 0
    while let number = machine.turn(at: next, below: size) {
      let index = (start + number) & (capacity - 1)
      let found = FenceList.slot(&machine, table, index)
      if machine.isZero(found) {
        let room = machine.plain(ReservationRecord.room, of: reservation)
        if machine.isZero(room) { break }
        machine.set(ReservationRecord.room, of: reservation, to: room &- M.W(1))
        FenceList.setSlot(&machine, table, index, to: word)
        return note(&machine, reservation)
      }
      let old = machine.record(at: found & ~M.W(3))
      let isNoLess = machine.holds(ownUsage .<= found & M.W(3))
      if isNoLess && Fences.isLaterOrSame(&machine, fence, as: old)
        || Fences.isSignalled(&machine, old)
      {
        FenceList.setSlot(&machine, table, index, to: word)
        note(&machine, reservation)
        return Fences.release(&machine, old)
      }
      next = number + 1
    }
    Fences.release(&machine, fence)
    machine.warn(Site("a fence is added, and there is no room"))
  }

  /// What was known of all fences is not of the one that was added.
  @inlinable @inline(__always)
  func note<M: BufferHostMachine>(_ machine: inout M, _ reservation: M.Record) {
    let sequence = machine.read(ReservationRecord.sequence, of: reservation, .once)
    machine.write(sequence &+ M.W(1), ReservationRecord.sequence, of: reservation, .release)
  }

  /// What was known of all is not of what takes the place of others.
  @inlinable
  public func replace<M: BufferHostMachine>(
    _ machine: inout M,
    context: M.W,
    with fence: M.Record,
    _ usage: FenceUsage,
    in reservation: M.Record
  ) {
    replaceAll(&machine, context: context, with: fence, usage, in: reservation)
    note(&machine, reservation)
  }

  /// Nothing is looked for where all are known to be signalled.
  @inlinable
  public func firstPending<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    _ usage: FenceUsage
  ) -> M.Record? {
    let known = ReservationRecord.known(usage)
    let sequence = machine.read(ReservationRecord.sequence, of: reservation, .acquire)
    let knownAt = machine.read(known, of: reservation, .acquire)
    if machine.holds(knownAt .== sequence) { return nil }
    if let fence = search(&machine, reservation, usage) { return fence }
    machine.write(sequence, known, of: reservation, .release)
    return nil
  }
}
