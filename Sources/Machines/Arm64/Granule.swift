/// The size of the smallest page, which is also that of a table.
///
/// Reference: Arm ARM DDI 0487, "Translation granules".
public enum Granule: UInt64, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// 4 KiB: 512 descriptors a table, levels 0 to 3.
  case size4K = 12
  /// 16 KiB: 2048 descriptors a table.
  case size16K = 14
  /// 64 KiB: 8192 descriptors a table.
  case size64K = 16

  /// The base-2 logarithm of the size in bytes.
  @inlinable public var shift: UInt64 { rawValue }
  /// The size in bytes.
  @inlinable public var sizeInBytes: UInt64 { 1 << rawValue }
  /// The input-address bits that one level resolves: a table holds 2^this descriptors.
  @inlinable public var bitsPerLevel: UInt64 { rawValue - 3 }
  /// As the manual writes it: `4K`, `16K`, `64K`.
  public var description: String { "\(1 << (rawValue - 10))K" }
}
