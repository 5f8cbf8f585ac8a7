public import Machines

/// Tables with fewer entries than a granule has room for, so that every schedule of walks can be gone
/// through: which input addresses an entry covers.
///
/// Descriptors are those of a regime with 4 KiB granules; only the number of entries differs.
public struct SmallTables: Sendable, Hashable {
  /// How many input-address bits each level resolves.
  public let bitsPerLevel: UInt64
  /// The level of the root.
  public let startLevel: LookupLevel

  /// Tables of 2^`bitsPerLevel` entries, from a level on.
  public init(bitsPerLevel: UInt64, startLevel: LookupLevel) {
    self.bitsPerLevel = bitsPerLevel
    self.startLevel = startLevel
  }

  /// How many entries a table has.
  public var entryCount: Int { 1 << Int(bitsPerLevel) }
  /// How many pages the root resolves.
  public var pageCount: Int { entryCount * pageSpan(at: startLevel) }

  /// How many pages an entry of a level covers.
  public func pageSpan(at level: LookupLevel) -> Int {
    1 << (Int(bitsPerLevel) * (LookupLevel.last.number - level.number))
  }

  /// What an entry of a level covers, in bytes.
  public func span(at level: LookupLevel) -> UInt64 { UInt64(pageSpan(at: level)) << 12 }

  /// The entry for a page in the table of a level on its way.
  public func index(ofPage page: Int, at level: LookupLevel) -> Int {
    page / pageSpan(at: level) % entryCount
  }
}
