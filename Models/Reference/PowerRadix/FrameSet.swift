/// Some of a slot's frames, a bit each.
public struct FrameSet: Sendable, Hashable {
  /// The slot's frames.
  public let frames: Range<UInt64>
  /// The bits, counted from the slot's first frame, the lowest of a word first.
  public private(set) var words: [UInt64]

  /// None of a slot's frames.
  public init(of frames: Range<UInt64>) {
    self.frames = frames
    words = Array(repeating: 0, count: (frames.count + 63) / 64)
  }

  /// Whether it has none.
  public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  /// The lowest frame; nil for none.
  public var first: UInt64? {
    words.firstIndex { $0 != 0 }.map { word in
      frames.lowerBound + UInt64(word * 64 + words[word].trailingZeroBitCount)
    }
  }

  /// Whether it has a frame.
  public func contains(_ frame: UInt64) -> Bool {
    guard frames.contains(frame) else { return false }
    let position = frame - frames.lowerBound
    return words[Int(position / 64)] >> (position % 64) & 1 == 1
  }

  /// Puts in those of a run of frames that are the slot's.
  public mutating func insert(_ run: Range<UInt64>) {
    change(run) { $0 | $1 }
  }

  /// Takes a run of frames out.
  public mutating func remove(_ run: Range<UInt64>) {
    change(run) { $0 & ~$1 }
  }

  /// Puts in the frames of a bitmap.
  public mutating func formUnion(_ bitmap: [UInt64]) {
    for (word, bits) in bitmap.enumerated() { words[word] |= bits }
  }

  /// Takes the frames of a bitmap out.
  public mutating func subtract(_ bitmap: [UInt64]) {
    for (word, bits) in bitmap.enumerated() { words[word] &= ~bits }
  }

  private mutating func change(_ run: Range<UInt64>, _ body: (UInt64, UInt64) -> UInt64) {
    let run = run.clamped(to: frames)
    var position = run.lowerBound - frames.lowerBound
    let end = run.upperBound - frames.lowerBound
    while position < end {
      let count = min(64 - position % 64, end - position)
      let bits = (count == 64 ? UInt64.max : 1 << count - 1) << (position % 64)
      words[Int(position / 64)] = body(words[Int(position / 64)], bits)
      position += count
    }
  }
}
