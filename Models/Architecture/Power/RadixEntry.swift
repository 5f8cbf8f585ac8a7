/// A field of a doubleword, by the manual's numbering: bit 0 is the highest.
public struct PowerField: Sendable, Hashable {
  /// The first bit, the highest of the field.
  public let first: UInt64
  /// The last bit.
  public let last: UInt64

  /// Bits `first` to `last`.
  public init(_ first: UInt64, _ last: UInt64) {
    precondition(first <= last && last < 64, "there is no field \(first):\(last)")
    self.first = first
    self.last = last
  }

  /// The field's bits, in place.
  public var mask: UInt64 {
    let width = last - first + 1
    let ones = width == 64 ? UInt64.max : (UInt64(1) << width) - 1
    return ones << (63 - last)
  }

  /// The field's value, as a number.
  public func value(in doubleword: UInt64) -> UInt64 { (doubleword & mask) >> (63 - last) }
}

/// Where the fields of radix translation are.
///
/// Reference: Power ISA 3.0B, Book III, "Partition Table", "Process Table" and "Radix Tree
/// Translation".
public enum RadixField {
  /// Process-table base, in the second doubleword of a partition-table entry.
  public static let processTableBase = PowerField(4, 51)
  /// Process-table size: the table has 2^(12 + this) bytes.
  public static let processTableSize = PowerField(59, 63)
  /// The first two bits of the radix-tree size, in the first doubleword of a process-table entry.
  public static let treeSizeHigh = PowerField(1, 2)
  /// The last three bits of the radix-tree size: the tree translates 2^(31 + size) bytes.
  public static let treeSizeLow = PowerField(56, 58)
  /// The root page directory's base.
  public static let rootBase = PowerField(4, 55)
  /// The root page directory's size: it has 2^this entries.
  public static let rootSize = PowerField(59, 63)
  /// Valid, in any entry of a page directory or page table.
  public static let valid = PowerField(0, 0)
  /// Leaf: the entry is a page-table entry.
  public static let leaf = PowerField(1, 1)
  /// The next level's base.
  public static let nextBase = PowerField(4, 55)
  /// The next level's size: it has 2^this entries.
  public static let nextSize = PowerField(59, 63)
  /// The real page number, of 4 KiB pages.
  public static let realPage = PowerField(7, 51)
  /// Reference.
  public static let reference = PowerField(55, 55)
  /// Change.
  public static let change = PowerField(56, 56)
  /// How the memory behaves: normal, strongly ordered, or I/O.
  public static let attributes = PowerField(58, 59)
  /// Encoded access authority: privileged.
  public static let privileged = PowerField(60, 60)
  /// Encoded access authority: loads.
  public static let read = PowerField(61, 61)
  /// Encoded access authority: stores.
  public static let write = PowerField(62, 62)
  /// Encoded access authority: instruction fetches.
  public static let execute = PowerField(63, 63)
  /// The bits of all accesses that a leaf permits.
  public static let rights = read.mask | write.mask | execute.mask
  /// The bits that mean something in a partition-scoped leaf.
  public static let partitionLeaf =
    valid.mask | leaf.mask | realPage.mask | reference.mask | change.mask | attributes.mask | rights
  /// Whether an entry is a valid leaf.
  public static func isLeaf(_ entry: UInt64) -> Bool {
    entry & (valid.mask | leaf.mask) == valid.mask | leaf.mask
  }
  /// Whether an entry is valid and leads to a table.
  public static func isTable(_ entry: UInt64) -> Bool {
    entry & (valid.mask | leaf.mask) == valid.mask
  }
  /// Key 0 of the AMR denies stores.
  public static let keyDeniesWrite = PowerField(0, 0)
  /// Key 0 of the AMR denies loads, and key 0 of the IAMR instruction fetches.
  public static let keyDeniesRead = PowerField(1, 1)
}
