public import Machines

extension SteppedPartitionTable {
  /// Makes the tables down to the last level for an address; see `PartitionTable.makeTables`.
  @inlinable
  public func makeTables(for address: UInt64, on machine: inout M) -> M.Table? {
    while let spot = find(address, on: &machine) {
      if spot.level == 0 { return spot.table }
      guard !isLeaf(spot.entry, on: &machine),
        let table = machine.allocateTable(level: (spot.level &- 1).depth)
      else { return nil }
      link(table, at: spot, on: &machine)
    }
    return nil
  }

  /// Makes an entry lead to a table.
  @inlinable
  func link(_ table: M.Table, at spot: PartitionSpot<M>, on machine: inout M) {
    let bits = configuration.bits(of: spot.level &- 1)
    let entry = RadixLayout.link(to: machine.address(of: table), bits: bits)
    machine.store(entry, to: spot.table, at: M.W(spot.index), order: .release)
  }

  /// Makes a leaf of a level what translates an address; see `PartitionTable.install`.
  @inlinable
  public func install<H: PartitionHost>(
    _ leaf: M.W,
    at address: UInt64,
    level: RadixLevel,
    since count: UInt64,
    of slot: GuestSlot,
    on machine: inout M,
    host: inout H
  ) -> Errno where H.M == M {
    guard let spot = find(address, downTo: level, on: &machine) else { return .noMemory }
    var spares = SpareTables<M>(below: spot.level, downTo: level, on: &machine)
    let isQuiet = faults.contains(.retryOutsideLock) && !host.mustRetry(since: count)
    host.lock(on: &machine)
    var result = Errno.again
    if isQuiet || faults.contains(.retryUnchecked) || !host.mustRetry(since: count) {
      result = put(
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

  /// Goes down from the root, adds the first table that is missing, and begins again until the leaf can be
  /// written.
  @inlinable
  func put<L: DirtyLog>(
    _ leaf: M.W,
    at address: UInt64,
    level: RadixLevel,
    of slot: GuestSlot,
    spares: inout SpareTables<M>,
    on machine: inout M,
    log: inout L
  ) -> Errno {
    while let spot = find(address, downTo: level, on: &machine) {
      if spot.level > 0, faults.contains(.largeNeverReplaced), isLeaf(spot.entry, on: &machine) {
        return .again
      }
      let kind = spot.entry & M.W(RadixLayout.present | RadixLayout.leaf)
      if spot.level > 0, faults.contains(.leafBitBelieved),
        machine.holds(kind .== M.W(RadixLayout.leaf))
      {
        return .again
      }
      if spot.level == level {
        return write(leaf, to: spot, at: address, of: slot, on: &machine, log: &log)
      }
      let isReplaced = isLeaf(spot.entry, on: &machine)
      let isEnough = !spares.isShort || faults.contains(.largeLostWithoutMemory)
      // A leaf goes only where there is memory for all that takes its place.
      guard let table = spares[spot.level &- 1], !isReplaced || isEnough else {
        if isReplaced, faults.contains(.starvedRetried) { return .again }
        return .noMemory
      }
      if isReplaced { unmapLeaf(spot, at: address, of: slot, on: &machine, log: &log) }
      link(table, at: spot, on: &machine)
      spares[spot.level &- 1] = nil
    }
    return .noMemory
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
    if spot.level > 0, isTable(spot.entry, on: &machine) {
      if faults.contains(.tableFreedWithLeaves) {
        let child = child(of: spot.table, spot.index, spot.entry, on: &machine)
        machine.store(M.W(0), to: spot.table, at: M.W(spot.index), order: .relaxed)
        forgetAll(on: &machine)
        freeTable(child, level: spot.level &- 1, on: &machine)
      } else if !faults.contains(.tableOverwritten) {
        return .busy
      }
    }
    if isLeaf(spot.entry, on: &machine) {
      // What others were given already stays: a second fault on a page only adds to it.
      let added = RadixLayout.reference | RadixLayout.change | RadixLayout.write
      let differs = (spot.entry ^ leaf) & M.W(~added)
      if !faults.contains(.sameLeafCleared), machine.holds(differs .== M.W(0)) {
        add(leaf, to: spot, at: address, on: &machine)
        return .ok
      }
      unmapLeaf(spot, at: address, of: slot, on: &machine, log: &log)
    }
    machine.store(leaf, to: spot.table, at: M.W(spot.index), order: .relaxed)
    return .ok
  }

  /// Sets those of reference, change and write that another leaf has and one lacks.
  @inlinable
  func add(
    _ leaf: M.W,
    to spot: PartitionSpot<M>,
    at address: UInt64,
    on machine: inout M
  ) {
    var set: UInt64 = 0
    for bit in [RadixLayout.reference, RadixLayout.change, RadixLayout.write]
    where machine.holds((leaf & ~spot.entry & M.W(bit)) .!= M.W(0)) {
      set |= bit
    }
    if set != 0 { update(spot, setting: set, at: address, on: &machine) }
  }
}
