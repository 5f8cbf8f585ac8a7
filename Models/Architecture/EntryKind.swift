/// What an entry of a translation table is, in any architecture; entries change from one to another.
public enum EntryKind: UInt8, Sendable, Hashable, CaseIterable {
  /// Zero.
  case invalid
  /// Not zero, and not valid.
  case annotated
  /// A leaf of the last level.
  case page
  /// A leaf of an earlier level.
  case block
  /// A pointer to the next level's table.
  case table

  /// Whether the hardware may use, and so cache, what it reads.
  @inlinable public var isValid: Bool { rawValue >= EntryKind.page.rawValue }
  /// Whether it is a block or a page.
  @inlinable public var isLeaf: Bool { self == .page || self == .block }
}
