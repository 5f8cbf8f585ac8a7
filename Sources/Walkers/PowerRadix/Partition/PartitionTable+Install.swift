public import Machines

extension PartitionTable {
  /// Makes the tables down to the last level for an address, so that small pages there need no more.
  ///
  /// - Returns: The table of level 0; nil where there is a leaf in the way, or no memory.
  @inlinable
  public func makeTables(for address: UInt64, on machine: inout M) -> M.Table? {
    guard var spot = descend(address, on: &machine) else { return nil }
    while spot.level > 0 {
      guard !isLeaf(spot.entry, on: &machine),
        let table = machine.allocateTable(level: (spot.level &- 1).depth)
      else { return nil }
      spot = link(table, at: spot, for: address, on: &machine)
    }
    return spot.table
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
  /// - Returns: `ok`; `again` where what the leaf says may be out of date; `busy` where a table is that
  ///   a large leaf does not replace; `noMemory` where a table is missing.
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
    guard let spot = descend(address, to: level, on: &machine) else { return .noMemory }
    return install(
      leaf,
      at: address,
      level: level,
      from: spot,
      since: count,
      of: slot,
      on: &machine,
      host: &host
    )
  }

  /// The same where a walk without the lock has ended at a place.
  @inlinable
  func install<H: PartitionHost>(
    _ leaf: M.W,
    at address: UInt64,
    level: RadixLevel,
    from spot: PartitionSpot<M>,
    since count: UInt64,
    of slot: GuestSlot,
    on machine: inout M,
    host: inout H
  ) -> Errno where H.M == M {
    var spares = SpareTables<M>(below: spot.level, downTo: level, on: &machine)
    host.lock(on: &machine)
    var result = Errno.again
    if !host.mustRetry(since: count) {
      result = put(
        leaf,
        at: address,
        level: level,
        from: spot,
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
  func put<L: DirtyLog>(
    _ leaf: M.W,
    at address: UInt64,
    level: RadixLevel,
    from start: PartitionSpot<M>,
    of slot: GuestSlot,
    spares: inout SpareTables<M>,
    on machine: inout M,
    log: inout L
  ) -> Errno {
    var spot = descend(address, from: start, to: level, on: &machine)
    while spot.level > level {
      let isReplaced = isLeaf(spot.entry, on: &machine)
      // A leaf goes only where there is memory for all that takes its place.
      guard let table = spares[spot.level &- 1], !isReplaced || !spares.isShort else {
        return .noMemory
      }
      if isReplaced { unmapLeaf(spot, at: address, of: slot, on: &machine, log: &log) }
      spares[spot.level &- 1] = nil
      spot = link(table, at: spot, for: address, on: &machine)
    }
    return write(leaf, to: spot, at: address, of: slot, on: &machine, log: &log)
  }

  /// Links a table that is all zeros.
  /// - Returns: Where the address's entry is in it.
  @inlinable
  func link(
    _ table: M.Table,
    at spot: PartitionSpot<M>,
    for address: UInt64,
    on machine: inout M
  ) -> PartitionSpot<M> {
    let level = spot.level &- 1
    let entry = RadixLayout.link(
      to: machine.address(of: table),
      bits: configuration.bits(of: level)
    )
    // Whoever sees the entry sees the zeros.
    machine.store(entry, to: spot.table, at: M.W(spot.index), order: .release)
    return PartitionSpot(
      table: table,
      index: index(of: address, level),
      level: level,
      entry: M.W(0)
    )
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
    if isLeaf(spot.entry, on: &machine) {
      // What others were given already stays: a second fault on a page only adds to it.
      let added = M.W(RadixLayout.reference | RadixLayout.change | RadixLayout.write)
      if machine.holds(((spot.entry ^ leaf) & ~added) .== M.W(0)) {
        let missing = leaf & ~spot.entry
        if machine.holds(missing .!= M.W(0)) {
          update(spot, setting: missing, at: address, on: &machine)
        }
        return .ok
      }
      unmapLeaf(spot, at: address, of: slot, on: &machine, log: &log)
    } else if spot.level > 0, isTable(spot.entry, on: &machine) {
      return .busy
    }
    machine.store(leaf, to: spot.table, at: M.W(spot.index), order: .relaxed)
    return .ok
  }
}
