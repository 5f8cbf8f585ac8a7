public import Machines

extension SteppedPartitionTable {
  /// Takes frames of a slot from the guest; see `PartitionTable.unmap`.
  @inlinable
  public func unmap<L: DirtyLog>(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    on machine: inout M,
    log: inout L
  ) {
    unmap(frames, of: slot, isInvalidated: true, on: &machine, log: &log)
  }

  /// The same, with the invalidations or without.
  @inlinable
  func unmap<L: DirtyLog>(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    isInvalidated: Bool,
    on machine: inout M,
    log: inout L
  ) {
    for frame in frames {
      let address = frame &<< configuration.pageShift
      guard let spot = leaf(of: address, on: &machine) else { continue }
      unmapLeaf(
        spot,
        at: address,
        of: slot,
        isInvalidated: isInvalidated,
        on: &machine,
        log: &log
      )
    }
  }

  /// Takes one leaf from the guest.
  @inlinable
  func unmapLeaf<L: DirtyLog>(
    _ spot: PartitionSpot<M>,
    at address: UInt64,
    of slot: GuestSlot,
    isInvalidated: Bool = true,
    on machine: inout M,
    log: inout L
  ) {
    let old = clear(spot, on: &machine)
    if isInvalidated { invalidate(address, spot.level, on: &machine) }
    guard slot.hasLog, machine.holds((old & M.W(RadixLayout.change)) .!= M.W(0)) else { return }
    let frame = address &>> configuration.pageShift
    var frames = frames(ofLeafAt: address, spot.level)
    if faults.contains(.dirtySizeInPages) { frames = frame..<frame &+ 1 }
    if faults.contains(.dirtyWordByPage), frames.count >= 64 {
      for word in 0..<frames.count / 64 {
        log.mark(.max, slot: slot.number, word: Int(frame &- slot.firstFrame) &+ word)
      }
      return
    }
    for frame in frames.clamped(to: slot.frames) {
      let position = frame &- slot.firstFrame
      let word = Int(truncatingIfNeeded: position &>> 6)
      log.mark(1 &<< (position & 63), slot: slot.number, word: word)
    }
  }

  /// Takes all of a slot from the guest; see `PartitionTable.flush`.
  @inlinable
  public func flush<H: PartitionHost>(
    _ slot: GuestSlot,
    on machine: inout M,
    host: inout H
  ) where H.M == M {
    host.lock(on: &machine)
    if !faults.contains(.flushUncounted) { host.countInvalidation() }
    let isLate = faults.contains(.flushInvalidatesLate)
    unmap(slot.frames, of: slot, isInvalidated: !isLate, on: &machine, log: &host)
    host.unlock(on: &machine)
    if isLate { forgetAll(on: &machine) }
  }
}
