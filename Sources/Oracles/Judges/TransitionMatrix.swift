public import Architecture

/// How often an entry of one kind became one of another.
public struct TransitionMatrix: Sendable, Equatable {
  private var counts = ContiguousArray(repeating: 0, count: 25)

  /// All zero.
  public init() {}

  /// How often an entry of kind `old` became one of kind `new`.
  public subscript(from old: EntryKind, to new: EntryKind) -> Int {
    counts[Int(old.rawValue) * 5 + Int(new.rawValue)]
  }

  @inline(__always)
  mutating func count(from old: EntryKind, to new: EntryKind) {
    counts[Int(old.rawValue) &* 5 &+ Int(new.rawValue)] &+= 1
  }

  /// Adds what another matrix counted.
  public mutating func merge(_ other: TransitionMatrix) {
    for index in counts.indices { counts[index] += other.counts[index] }
  }
}
