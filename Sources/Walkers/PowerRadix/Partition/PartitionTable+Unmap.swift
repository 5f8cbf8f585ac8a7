public import Machines

extension PartitionTable {
  /// Takes frames of a slot from the guest; a leaf that has one of them goes as a whole.
  ///
  /// What the guest wrote is logged. No CPU uses the translations any more when it returns.
  @inlinable
  public func unmap<L: DirtyLog>(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    on machine: inout M,
    log: inout L
  ) {
    let end = frames.upperBound &<< configuration.pageShift
    var address = frames.lowerBound &<< configuration.pageShift
    var hasIssued = false
    while address < end, let spot = descend(address, on: &machine) {
      let shift = configuration.shift(of: spot.level)
      guard spot.level == 0 else {
        if isLeaf(spot.entry, on: &machine) {
          let old = clear(spot, on: &machine)
          machine.barrier(.ptesync)
          issueInvalidation(address, spot.level, on: &machine)
          hasIssued = true
          if machine.holds((old & M.W(RadixLayout.change)) .!= M.W(0)) {
            logLeaf(at: address, spot.level, of: slot, in: &log)
          }
        }
        address = (address &>> shift &+ 1) &<< shift
        continue
      }
      let rest = 1 &<< configuration.lastBits &- spot.index
      let count = min(64, rest, (end &- address) &>> configuration.pageShift)
      let (cleared, dirty) = clearPages(spot.table, spot.index, count, on: &machine)
      if cleared != 0 {
        issueInvalidations(cleared, from: address, on: &machine)
        hasIssued = true
      }
      if dirty != 0, slot.hasLog {
        split(dirty, from: address &>> configuration.pageShift, of: slot) {
          log.mark($0, slot: slot.number, word: $1)
        }
      }
      address &+= count &<< configuration.pageShift
    }
    if hasIssued { completeInvalidations(on: &machine) }
  }

  /// Takes one leaf from the guest.
  @inlinable
  func unmapLeaf<L: DirtyLog>(
    _ spot: PartitionSpot<M>,
    at address: UInt64,
    of slot: GuestSlot,
    on machine: inout M,
    log: inout L
  ) {
    let old = clear(spot, on: &machine)
    invalidate(address, spot.level, on: &machine)
    if machine.holds((old & M.W(RadixLayout.change)) .!= M.W(0)) {
      logLeaf(at: address, spot.level, of: slot, in: &log)
    }
  }

  /// Makes entries of a table of level 0 invalid.
  /// - Returns: A bit each for those that were valid, and for those that were dirty.
  @inlinable
  func clearPages(
    _ table: M.Table,
    _ first: UInt64,
    _ count: UInt64,
    on machine: inout M
  ) -> (cleared: UInt64, dirty: UInt64) {
    var (cleared, dirty): (UInt64, UInt64) = (0, 0)
    for number in 0..<count {
      let index = first &+ number
      let entry = machine.load(table, at: M.W(index))
      guard isLeaf(entry, on: &machine) else { continue }
      let old = exchange(table, index, clearing: .max, from: entry, on: &machine)
      cleared |= 1 &<< number
      if machine.holds((old & M.W(RadixLayout.change)) .!= M.W(0)) { dirty |= 1 &<< number }
    }
    return (cleared, dirty)
  }

  /// Issues the invalidations of pages of the smallest size, a bit each, from an address on.
  @inlinable
  func issueInvalidations(_ pages: UInt64, from address: UInt64, on machine: inout M) {
    machine.barrier(.ptesync)
    var rest = pages
    while rest != 0 {
      let number = UInt64(rest.trailingZeroBitCount)
      issueInvalidation(address &+ number &<< configuration.pageShift, 0, on: &machine)
      rest &= rest &- 1
    }
  }
}

extension PartitionTable {
  /// Forgets that a frame was accessed.
  ///
  /// Translations that say it was may stay in use.
  /// - Returns: Whether it was.
  @inlinable
  public func age(_ frame: UInt64, on machine: inout M) -> Bool {
    let address = frame &<< configuration.pageShift
    guard let spot = leaf(of: address, on: &machine),
      machine.holds((spot.entry & M.W(RadixLayout.reference)) .!= M.W(0))
    else { return false }
    update(spot, clearing: RadixLayout.reference, at: address, on: &machine)
    return true
  }

  /// Whether a frame was accessed since it was aged.
  @inlinable
  public func isYoung(_ frame: UInt64, on machine: inout M) -> Bool {
    guard let spot = leaf(of: frame &<< configuration.pageShift, on: &machine) else { return false }
    return machine.holds((spot.entry & M.W(RadixLayout.reference)) .!= M.W(0))
  }
}
