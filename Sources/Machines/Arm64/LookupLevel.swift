/// A level of Arm's translation table walk: -1 to 3, and 3 is last.
///
/// Reference: Arm ARM DDI 0487, "The translation table walk" of VMSAv8-64.
@frozen
public struct LookupLevel: TableLevel {
  /// The architecture's number of the level.
  public let number: Int

  /// The level with this number.
  @inlinable @inline(__always)
  public init(_ number: Int) { self.number = number }

  /// The level whose leaves are pages.
  @inlinable public static var last: LookupLevel { LookupLevel(3) }
  /// The level that a table descriptor of this one leads to; nil after the last.
  @inlinable public var next: LookupLevel? { self < .last ? self &+ 1 : nil }
  /// How many levels are beneath it.
  @inlinable @inline(__always)
  public var levelsBeneath: UInt64 { UInt64(truncatingIfNeeded: 3 &- number) }
}
