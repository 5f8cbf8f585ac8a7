/// A level of the translation table walk, in the architecture's numbering: 0 to 3, and 3 is last.
///
/// Reference: Arm ARM DDI 0487, "The translation table walk" of VMSAv8-64.
public struct LookupLevel: RawRepresentable, Hashable, Comparable, Sendable,
  CustomStringConvertible
{
  /// The architecture's number of the level.
  public let rawValue: Int

  /// The level with this number, which must be 0 to 3.
  @inlinable
  public init(rawValue: Int) {
    precondition(0...3 ~= rawValue, "there is no lookup level \(rawValue)")
    self.rawValue = rawValue
  }

  /// The level with this number, 0 to 3 by construction.
  @inlinable
  init(unchecked rawValue: Int) { self.rawValue = rawValue }

  /// The level whose leaves are pages.
  @inlinable public static var last: LookupLevel { LookupLevel(unchecked: 3) }
  /// The level that a table descriptor of this one leads to; nil after the last.
  @inlinable public var next: LookupLevel? {
    rawValue < 3 ? LookupLevel(unchecked: rawValue + 1) : nil
  }
  /// Nearer to the root.
  @inlinable
  public static func < (a: LookupLevel, b: LookupLevel) -> Bool { a.rawValue < b.rawValue }
  /// The level's number.
  public var description: String { "\(rawValue)" }
}
