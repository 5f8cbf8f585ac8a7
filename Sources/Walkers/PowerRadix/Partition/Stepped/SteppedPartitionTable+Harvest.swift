public import Machines

extension SteppedPartitionTable {
  /// Hands out which of a slot's pages were written; see `PartitionTable.harvest`.
  @inlinable
  public func harvest<L: DirtyLog>(_ slot: GuestSlot, on machine: inout M, log: inout L) {
    for word in 0..<Int(truncatingIfNeeded: (slot.frameCount &+ 63) &>> 6) {
      let waiting = log.take(slot: slot.number, word: word)
      if faults.contains(.waitingForgotten) { continue }
      log.report(waiting, slot: slot.number, word: word)
    }
    var frame = slot.firstFrame
    while frame < slot.frames.upperBound {
      let address = frame &<< configuration.pageShift
      guard let spot = leaf(of: address, on: &machine),
        machine.holds((spot.entry & M.W(RadixLayout.change)) .!= M.W(0))
      else {
        if faults.contains(.harvestClearsUnseen), let spot = leaf(of: address, on: &machine) {
          update(spot, clearing: RadixLayout.change, at: address, on: &machine)
        }
        frame &+= 1
        continue
      }
      update(spot, clearing: RadixLayout.change, at: address, on: &machine)
      if !faults.contains(.harvestUninvalidated) { invalidate(address, spot.level, on: &machine) }
      let leaf = frames(ofLeafAt: address, spot.level)
      // A leaf that was clean when its first page was looked at may have been written since.
      var first = leaf.lowerBound
      if faults.contains(.largeReportedFromHere) { first = frame }
      let last = first &+ UInt64(leaf.count)
      for frame in first..<last
      where faults.contains(.leafBeyondSlot) || slot.frames.contains(frame) {
        let position = frame &- slot.firstFrame
        let word = Int(truncatingIfNeeded: position &>> 6)
        log.report(1 &<< (position & 63), slot: slot.number, word: word)
      }
      frame = last
    }
  }

  /// Forgets that a frame was accessed; see `PartitionTable.age`.
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
