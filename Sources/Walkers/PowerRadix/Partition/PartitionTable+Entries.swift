public import Machines

extension PartitionTable {
  /// Changes an entry at once, whatever the hardware does to it meanwhile.
  /// - Returns: What it was.
  @inlinable @inline(__always)
  func exchange(
    _ table: M.Table,
    _ index: UInt64,
    clearing clear: UInt64,
    setting set: M.W = M.W(0),
    from known: M.W,
    on machine: inout M
  ) -> M.W {
    var old = known
    while true {
      let new = old & M.W(~clear) | set
      let found = machine.compareExchange(old, with: new, in: table, at: M.W(index))
      if machine.holds(found .== old) { return old }
      old = found
    }
  }

  /// Changes bits of a leaf that stays, on a DD1 by way of an invalid entry.
  @inlinable
  func update(
    _ spot: PartitionSpot<M>,
    clearing clear: UInt64 = 0,
    setting set: M.W = M.W(0),
    at address: UInt64,
    on machine: inout M
  ) {
    let isBroken = configuration.isDD1
    let old = exchange(
      spot.table,
      spot.index,
      clearing: isBroken ? RadixLayout.present : clear,
      setting: isBroken ? M.W(0) : set,
      from: spot.entry,
      on: &machine
    )
    guard isBroken else { return }
    invalidate(address, spot.level, on: &machine)
    // The hardware changes no entry that is not valid.
    let new = old & M.W(~clear) | set
    machine.store(new, to: spot.table, at: M.W(spot.index), order: .relaxed)
  }

  /// Makes a leaf invalid, without an invalidation.
  /// - Returns: What it was.
  @inlinable @inline(__always)
  func clear(_ spot: PartitionSpot<M>, on machine: inout M) -> M.W {
    exchange(spot.table, spot.index, clearing: .max, from: spot.entry, on: &machine)
  }

  /// Issues the `tlbie` of the leaf of a level that translates an address.
  @inlinable @inline(__always)
  func issueInvalidation(_ address: UInt64, _ level: RadixLevel, on machine: inout M) {
    let operand = RadixLayout.operand(
      of: address,
      shift: configuration.shift(of: level),
      sizeName: RadixLayout.sizeName(level: level, pageShift: configuration.pageShift)
    )
    machine.invalidate(
      RadixInvalidation(
        .translations,
        operand: M.W(operand),
        partition: M.W(configuration.partition)
      )
    )
  }

  /// Waits until every CPU has done what was issued.
  @inlinable
  func completeInvalidations(on machine: inout M) {
    machine.barrier(.eieio)
    machine.barrier(.tlbsync)
    machine.barrier(.ptesync)
  }

  /// Makes every CPU forget the leaf of a level that translates an address.
  @inlinable
  func invalidate(_ address: UInt64, _ level: RadixLevel, on machine: inout M) {
    // Changes are visible to walks before what they replaced is invalidated.
    machine.barrier(.ptesync)
    issueInvalidation(address, level, on: &machine)
    completeInvalidations(on: &machine)
  }
}
