/// A level of Power's radix-tree walk: 3, the root's, to 0, the last.
///
/// Reference: Power ISA 3.0B, Book III, "Radix Tree Translation".
@frozen
public struct RadixLevel: TableLevel {
  /// The number of the level, which is that of the levels beneath it.
  public let number: Int

  /// The level with this number.
  @inlinable @inline(__always)
  public init(_ number: Int) { self.number = number }

  /// The root's.
  @inlinable public static var root: RadixLevel { RadixLevel(3) }
  /// The level whose leaves are pages.
  @inlinable public static var last: RadixLevel { RadixLevel(0) }
  /// How many levels are beneath it.
  @inlinable @inline(__always)
  public var levelsBeneath: UInt64 { UInt64(truncatingIfNeeded: number) }
  /// What machines, which count from the root, call it.
  @inlinable @inline(__always)
  public var depth: LookupLevel { LookupLevel(3 &- number) }
}
