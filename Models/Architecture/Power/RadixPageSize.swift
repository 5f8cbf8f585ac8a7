/// The page sizes of radix translation, with their names in TLB maintenance.
///
/// Reference: Power ISA 3.0B, Book III, "TLB Management Instructions", the AP field for radix.
public enum RadixPageSize: UInt64, Sendable, Hashable, CaseIterable {
  /// 4 KiB.
  case size4K = 0x1000
  /// 64 KiB.
  case size64K = 0x1_0000
  /// 2 MiB.
  case size2M = 0x20_0000
  /// 1 GiB.
  case size1G = 0x4000_0000

  /// The actual page size as three bits of the instruction's operand.
  public var actualPageSize: UInt64 {
    switch self {
    case .size4K: 0b000
    case .size64K: 0b101
    case .size2M: 0b001
    case .size1G: 0b010
    }
  }
}
