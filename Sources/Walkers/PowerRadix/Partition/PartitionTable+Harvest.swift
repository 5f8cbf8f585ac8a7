public import Machines

extension PartitionTable {
  /// Hands out which of a slot's pages were written since the last harvest, and starts anew.
  @inlinable
  public func harvest<L: DirtyLog>(_ slot: GuestSlot, on machine: inout M, log: inout L) {
    let words = Int(truncatingIfNeeded: (slot.frameCount &+ 63) &>> 6)
    for word in 0..<words {
      let waiting = log.take(slot: slot.number, word: word)
      if waiting != 0 { log.report(waiting, slot: slot.number, word: word) }
    }
    let end = slot.frames.upperBound &<< configuration.pageShift
    var address = slot.firstFrame &<< configuration.pageShift
    var hasIssued = false
    while address < end, let spot = descend(address, on: &machine) {
      let shift = configuration.shift(of: spot.level)
      let next = (address &>> shift &+ 1) &<< shift
      guard spot.level == 0 else {
        if isLeaf(spot.entry, on: &machine),
          machine.holds((spot.entry & M.W(RadixLayout.change)) .!= M.W(0))
        {
          update(spot, clearing: RadixLayout.change, at: address, on: &machine)
          machine.barrier(.ptesync)
          issueInvalidation(address, spot.level, on: &machine)
          hasIssued = true
          fill(frames(ofLeafAt: address, spot.level), of: slot) {
            log.report($0, slot: slot.number, word: $1)
          }
        }
        address = next
        continue
      }
      let rest = 1 &<< configuration.lastBits &- spot.index
      let pages = min(rest, (end &- address) &>> configuration.pageShift)
      let isIssued = harvestTable(
        spot.table,
        spot.index,
        pages,
        address,
        slot,
        on: &machine,
        log: &log
      )
      hasIssued = hasIssued || isIssued
      address &+= pages &<< configuration.pageShift
    }
    if hasIssued { completeInvalidations(on: &machine) }
  }

  /// Harvests entries of a table of level 0.
  /// - Returns: Whether invalidations were issued, which have to be waited for.
  @inlinable
  func harvestTable<L: DirtyLog>(
    _ table: M.Table,
    _ first: UInt64,
    _ count: UInt64,
    _ firstAddress: UInt64,
    _ slot: GuestSlot,
    on machine: inout M,
    log: inout L
  ) -> Bool {
    var hasIssued = false
    var done: UInt64 = 0
    while done < count {
      let address = firstAddress &+ done &<< configuration.pageShift
      let position = address &>> configuration.pageShift &- slot.firstFrame
      let size = min(64 &- position & 63, count &- done)
      let dirty = clearChanges(table, first &+ done, size, address, on: &machine)
      if dirty != 0 {
        issueInvalidations(dirty, from: address, on: &machine)
        hasIssued = true
        let word = Int(truncatingIfNeeded: position &>> 6)
        log.report(dirty &<< (position & 63), slot: slot.number, word: word)
      }
      done &+= size
    }
    return hasIssued
  }

  /// Clears the change bits of entries of a table of level 0.
  /// - Returns: A bit each for those that had it.
  @inlinable
  func clearChanges(
    _ table: M.Table,
    _ first: UInt64,
    _ count: UInt64,
    _ address: UInt64,
    on machine: inout M
  ) -> UInt64 {
    let wanted = M.W(RadixLayout.present | RadixLayout.leaf | RadixLayout.change)
    var dirty: UInt64 = 0
    for number in 0..<count {
      let index = first &+ number
      let entry = machine.load(table, at: M.W(index))
      guard machine.holds((entry & wanted) .== wanted) else { continue }
      let spot = PartitionSpot<M>(table: table, index: index, level: 0, entry: entry)
      let place = address &+ number &<< configuration.pageShift
      update(spot, clearing: RadixLayout.change, at: place, on: &machine)
      dirty |= 1 &<< number
    }
    return dirty
  }
}
