public import Machines

extension RadixLayout {
  /// The page was accessed.
  @inlinable public static var reference: UInt64 { 0x100 }
  /// The page was written.
  @inlinable public static var change: UInt64 { 0x80 }
  /// How the memory behaves: idempotent or not.
  @inlinable public static var attributes: UInt64 { 0x30 }
  /// In a `tlbie`'s operand: all entries of a partition.
  @inlinable public static var allOfPartition: UInt64 { 2 << 10 }

  /// What a `tlbie`'s operand calls the size of a leaf of 2^`pageShift` bytes or of a level above.
  @inlinable @inline(__always)
  public static func sizeName(level: RadixLevel, pageShift: UInt64) -> UInt64 {
    switch level {
    case 0: pageShift == 16 ? 5 : 0
    case 1: 1
    default: 2
    }
  }

  /// A `tlbie`'s operand for the leaf of 2^`shift` bytes that translates an address.
  @inlinable @inline(__always)
  public static func operand<W: Word>(of address: W, shift: UInt64, sizeName: UInt64) -> W {
    address & W(~(1 &<< shift &- 1)) | W(sizeName &<< 5)
  }

  /// The first doubleword of the partition-table entry that leads to a root of 2^`rootBits` entries,
  /// which translates addresses of `addressBits` bits.
  @inlinable
  public static func partitionEntry<W: Word>(
    root: W,
    rootBits: UInt64,
    addressBits: UInt64
  ) -> W {
    let size = addressBits &- 31
    return root | W((size &>> 3) &<< 61 | (size & 7) &<< 5 | rootBits)
  }

  /// An entry that leads to a table of 2^`bits` entries.
  @inlinable @inline(__always)
  public static func link<W: Word>(to table: W, bits: UInt64) -> W { table | W(present | bits) }
}
