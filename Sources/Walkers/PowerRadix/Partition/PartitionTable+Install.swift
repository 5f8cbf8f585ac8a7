public import Machines

/// Tables that were made before the lock was taken, for the levels that may need one.
@usableFromInline
struct SpareTables<M: PowerMachine> {
  @usableFromInline var level0: M.Table?
  @usableFromInline var level1: M.Table?
  @usableFromInline var level2: M.Table?
  /// There was no memory for one of them.
  @usableFromInline var isShort = false

  @inlinable init() {}

  @inlinable
  subscript(level: Int) -> M.Table? {
    get { level == 0 ? level0 : level == 1 ? level1 : level2 }
    set {
      switch level {
      case 0: level0 = newValue
      case 1: level1 = newValue
      default: level2 = newValue
      }
    }
  }

  /// Gives back what was not used.
  @inlinable
  func free(on machine: inout M) {
    for level in 0...2 {
      if let table = self[level] { machine.release(table) }
    }
  }
}

extension PartitionTable {
  /// Makes the tables down to the last level for an address, so that small pages there need no more.
  ///
  /// - Returns: The table of level 0; nil where there is a leaf in the way, or no memory.
  @inlinable
  public func makeTables(for address: UInt64, on machine: inout M) -> M.Table? {
    while let spot = descend(address, on: &machine) {
      if spot.level == 0 { return spot.table }
      guard !isLeaf(spot.entry, on: &machine),
        let table = machine.allocateTable(level: 4 &- spot.level)
      else { return nil }
      let bits = configuration.bits(of: spot.level &- 1)
      let entry = RadixLayout.link(to: machine.address(of: table), bits: bits)
      machine.store(entry, to: spot.table, at: M.W(spot.index), order: .release)
    }
    return nil
  }

  /// Makes a leaf of a level what translates an address.
  ///
  /// - Parameters:
  ///   - leaf: The leaf, whose real address is aligned to its size.
  ///   - address: The guest real address.
  ///   - level: The leaf's level.
  ///   - count: How many invalidations there were before what the leaf says was asked.
  ///   - slot: The slot that has the address.
  ///   - machine: The machine.
  ///   - host: Has the lock and the log.
  /// - Returns: `ok`; `again` where what the leaf says may be out of date, or a large leaf appeared that
  ///   has to go first; `busy` where a table is that a large leaf does not replace; `noMemory` where a
  ///   table is missing.
  @inlinable
  public func install<H: PartitionHost>(
    _ leaf: M.W,
    at address: UInt64,
    level: Int,
    since count: UInt64,
    of slot: GuestSlot,
    on machine: inout M,
    host: inout H
  ) -> Errno where H.M == M {
    var spares = SpareTables<M>()
    if let spot = descend(address, to: level, on: &machine) {
      for missing in stride(from: spot.level &- 1, through: level, by: -1) {
        spares[missing] = machine.allocateTable(level: 3 &- missing)
        if spares[missing] == nil { spares.isShort = true }
      }
    }
    host.lock(on: &machine)
    let result: Errno
    if !flaws.contains(.retryUnchecked), host.mustRetry(since: count) {
      result = .again
    } else {
      result = link(
        leaf,
        at: address,
        level: level,
        of: slot,
        spares: &spares,
        on: &machine,
        log: &host
      )
    }
    host.unlock(on: &machine)
    spares.free(on: &machine)
    return result
  }

  /// Goes down to the leaf's level, adds the tables that are missing, and writes it.
  @inlinable
  func link<L: DirtyLog>(
    _ leaf: M.W,
    at address: UInt64,
    level: Int,
    of slot: GuestSlot,
    spares: inout SpareTables<M>,
    on machine: inout M,
    log: inout L
  ) -> Errno {
    while let spot = descend(address, to: level, on: &machine) {
      if spot.level == level {
        return write(leaf, to: spot, at: address, of: slot, on: &machine, log: &log)
      }
      let isValid = isLeaf(spot.entry, on: &machine)
      if isInTheWay(spot.entry, isValid, on: &machine) { return .again }
      // A leaf goes only where there is memory for all that takes its place.
      guard let table = spares[spot.level &- 1], !isValid || !spares.isShort else {
        let isShort = spares.isShort && !flaws.contains(.starvedRetried)
        return isValid && !isShort ? .again : .noMemory
      }
      if isValid { unmapLeaf(spot, at: address, of: slot, on: &machine, log: &log) }
      let bits = configuration.bits(of: spot.level &- 1)
      let entry = RadixLayout.link(to: machine.address(of: table), bits: bits)
      machine.store(entry, to: spot.table, at: M.W(spot.index), order: .release)
      spares[spot.level &- 1] = nil
    }
    return .noMemory
  }

  /// Whether the walk gives up at a large leaf.
  @inlinable @inline(__always)
  func isInTheWay(_ entry: M.W, _ isLeaf: Bool, on machine: inout M) -> Bool {
    if isLeaf { return flaws.contains(.largeNeverReplaced) }
    guard flaws.contains(.leafBitBelieved) else { return false }
    return machine.holds((entry & M.W(RadixLayout.leaf)) .!= M.W(0))
  }

  /// Writes a leaf where its level's entry is.
  @inlinable
  func write<L: DirtyLog>(
    _ leaf: M.W,
    to spot: PartitionSpot<M>,
    at address: UInt64,
    of slot: GuestSlot,
    on machine: inout M,
    log: inout L
  ) -> Errno {
    if spot.level > 0 {
      let isValid = isLeaf(spot.entry, on: &machine)
      if isInTheWay(spot.entry, isValid, on: &machine) { return .again }
      if isTable(spot.entry, on: &machine) {
        if flaws.contains(.tableFreedWithLeaves) {
          replaceTable(spot, on: &machine)
        } else if !flaws.contains(.tableOverwritten) {
          return .busy
        }
      }
    }
    guard isLeaf(spot.entry, on: &machine) else {
      machine.store(leaf, to: spot.table, at: M.W(spot.index), order: .release)
      return .ok
    }
    // What others were given already stays: a second fault on a page only adds to it.
    let added = RadixLayout.reference | RadixLayout.change | RadixLayout.write
    let differs = (spot.entry ^ leaf) & M.W(~added)
    if !flaws.contains(.sameLeafCleared), machine.holds(differs .== M.W(0)) {
      add(leaf & M.W(added), to: spot, at: address, on: &machine)
      return .ok
    }
    unmapLeaf(spot, at: address, of: slot, on: &machine, log: &log)
    machine.store(leaf, to: spot.table, at: M.W(spot.index), order: .release)
    return .ok
  }

  /// Takes a table out and frees it, whatever its leaves say; a fault.
  @inlinable
  func replaceTable(_ spot: PartitionSpot<M>, on machine: inout M) {
    let next = spot.entry & M.W(RadixLayout.nextBase)
    let child = machine.table(at: next, linkedFrom: spot.table, index: M.W(spot.index))
    machine.store(M.W(0), to: spot.table, at: M.W(spot.index), order: .relaxed)
    forgetAll(on: &machine)
    freeTable(child, level: spot.level &- 1, on: &machine)
  }

  /// Sets bits of a leaf, those of them that are wanted.
  @inlinable
  func add(
    _ bits: M.W,
    to spot: PartitionSpot<M>,
    at address: UInt64,
    on machine: inout M
  ) {
    var set: UInt64 = 0
    for bit in [RadixLayout.reference, RadixLayout.change, RadixLayout.write]
    where machine.holds((bits & ~spot.entry & M.W(bit)) .!= M.W(0)) {
      set |= bit
    }
    if set != 0 { _ = update(spot, setting: set, at: address, on: &machine) }
  }
}
