public import Machines

extension PartitionTable {
  /// Sets the bits of `count` pages, at most 64, from a frame of the slot on.
  @inlinable @inline(__always)
  func split(
    _ bits: UInt64,
    from frame: UInt64,
    of slot: GuestSlot,
    _ set: (_ bits: UInt64, _ word: Int) -> Void
  ) {
    let position = frame &- slot.firstFrame
    let (word, offset) = (Int(truncatingIfNeeded: position &>> 6), position & 63)
    set(bits &<< offset, word)
    if offset != 0, bits &>> (64 &- offset) != 0 { set(bits &>> (64 &- offset), word &+ 1) }
  }

  /// Sets the bits of a run of frames, as far as the slot has them, whole words at a time.
  @inlinable
  func fill(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    _ set: (_ bits: UInt64, _ word: Int) -> Void
  ) {
    let frames = frames.clamped(to: slot.frames)
    var position = frames.lowerBound &- slot.firstFrame
    let end = frames.upperBound &- slot.firstFrame
    while position < end {
      let count = min(64 &- position & 63, end &- position)
      let bits = (count == 64 ? .max : 1 &<< count &- 1) &<< (position & 63)
      set(bits, Int(truncatingIfNeeded: position &>> 6))
      position &+= count
    }
  }

  /// The frames that the leaf of a level which translates an address has.
  @inlinable
  func frames(ofLeafAt address: UInt64, _ level: RadixLevel) -> Range<UInt64> {
    let shift = configuration.shift(of: level)
    let first = (address &>> shift) &<< (shift &- configuration.pageShift)
    return first..<first &+ (1 &<< (shift &- configuration.pageShift))
  }

  /// Logs a leaf that was dirty when it went.
  @inlinable
  func logLeaf<L: DirtyLog>(
    at address: UInt64,
    _ level: RadixLevel,
    of slot: GuestSlot,
    in log: inout L
  ) {
    guard slot.hasLog else { return }
    fill(frames(ofLeafAt: address, level), of: slot) {
      log.mark($0, slot: slot.number, word: $1)
    }
  }
}
