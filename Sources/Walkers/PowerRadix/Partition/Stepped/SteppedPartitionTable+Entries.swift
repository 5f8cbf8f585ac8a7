public import Machines

extension SteppedPartitionTable {
  /// Changes an entry at once, whatever the hardware does to it meanwhile.
  /// - Returns: What it was.
  @inlinable @inline(__always)
  func exchange(
    _ spot: PartitionSpot<M>,
    clearing clear: UInt64,
    setting set: UInt64 = 0,
    on machine: inout M
  ) -> M.W {
    var old = spot.entry
    while true {
      let new = old & M.W(~clear) | M.W(set)
      if faults.contains(.plainUpdate) {
        machine.store(new, to: spot.table, at: M.W(spot.index), order: .relaxed)
        return old
      }
      let found = machine.compareExchange(old, with: new, in: spot.table, at: M.W(spot.index))
      if machine.holds(found .== old) { return old }
      old = found
    }
  }

  /// Changes bits of a leaf that stays, on a DD1 by way of an invalid entry.
  @inlinable
  func update(
    _ spot: PartitionSpot<M>,
    clearing clear: UInt64 = 0,
    setting set: UInt64 = 0,
    at address: UInt64,
    on machine: inout M
  ) {
    let isInPlace = faults.contains(.unbrokenOnDD1) || faults.contains(.plainUpdate)
    guard configuration.isDD1, !isInPlace else {
      _ = exchange(spot, clearing: clear, setting: set, on: &machine)
      return
    }
    let old = exchange(spot, clearing: RadixLayout.present, on: &machine)
    invalidate(address, spot.level, on: &machine)
    let new = old & M.W(~clear) | M.W(set)
    machine.store(new, to: spot.table, at: M.W(spot.index), order: .relaxed)
  }

  /// Makes a leaf invalid, without an invalidation.
  /// - Returns: What it was.
  @inlinable
  func clear(_ spot: PartitionSpot<M>, on machine: inout M) -> M.W {
    let bits = faults.contains(.unmapKeepsBits) ? RadixLayout.present : .max
    return exchange(spot, clearing: bits, on: &machine)
  }

  /// Makes every CPU forget the leaf of a level that translates an address.
  @inlinable
  func invalidate(_ address: UInt64, _ level: RadixLevel, on machine: inout M) {
    let isWrongSize = faults.contains(.invalidationOfWrongSize) && level == 2
    let operand = RadixLayout.operand(
      of: address,
      shift: faults.contains(.invalidationUnaligned) ? 12 : configuration.shift(of: level),
      sizeName: RadixLayout.sizeName(
        level: isWrongSize ? 1 : level,
        pageShift: configuration.pageShift
      )
    )
    invalidate(.translations, operand, on: &machine)
  }

  /// Issues one `tlbie` when changes are visible to walks, and waits until every CPU has done it.
  @inlinable
  func invalidate(
    _ target: RadixInvalidation<M.W>.Target,
    _ operand: UInt64,
    on machine: inout M
  ) {
    if !faults.contains(.invalidationUnordered) { machine.barrier(.ptesync) }
    machine.invalidate(
      RadixInvalidation(
        target,
        operand: M.W(operand),
        partition: M.W(configuration.partition)
      )
    )
    if !faults.contains(.invalidationIncomplete) {
      machine.barrier(.eieio)
      machine.barrier(.tlbsync)
    }
    machine.barrier(.ptesync)
  }
}
