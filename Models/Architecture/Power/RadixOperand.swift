public import Machines

/// What a `tlbie` of radix translation asks for, as the hardware reads its operands.
///
/// Reference: Power ISA 3.0B, Book III, "TLB Management Instructions".
public struct RadixOperand: Sendable, Hashable {
  /// Which entries the IS field selects.
  public enum Selection: Sendable, Hashable {
    /// Those of one page.
    case page(address: UInt64, size: RadixPageSize)
    /// All of one partition, or of every one.
    case all
    /// Those of a process, or none that the architecture defines.
    case other
  }

  private static let address = PowerField(0, 51)
  private static let selector = PowerField(52, 53)
  private static let pageSize = PowerField(56, 58)

  /// Translations are meant.
  public let dropsTranslations: Bool
  /// The page-walk cache is meant.
  public let dropsWalkCache: Bool
  /// Which entries are meant.
  public let selection: Selection
  /// Entries of other partitions are meant too.
  public let isOfEveryPartition: Bool

  /// The operand of partition-scoped entries of `partition`; nil where the instruction is about
  /// others.
  public init?(_ invalidation: RadixInvalidation<UInt64>, ofPartition partition: UInt64) {
    let operand = invalidation.operand
    let selector = RadixOperand.selector.value(in: operand)
    guard !invalidation.isProcessScoped else { return nil }
    guard selector == 0b11 || invalidation.partition == partition else { return nil }
    dropsTranslations = invalidation.target != .walkCache
    dropsWalkCache = invalidation.target != .translations
    isOfEveryPartition = selector == 0b11
    switch selector {
    case 0b00:
      let encoding = RadixOperand.pageSize.value(in: operand)
      let size = RadixPageSize.allCases.first { $0.actualPageSize == encoding }
      guard let size else { return nil }
      selection = .page(address: operand & RadixOperand.address.mask, size: size)
    case 0b10, 0b11: selection = .all
    default: selection = .other
    }
  }

  /// Whether the translation by the leaf of 2^`shift` bytes at `base` is certainly removed.
  ///
  /// The size has to be the leaf's own, and the address that of its first byte: what an address with
  /// bits inside the page removes is not defined.
  public func drops(leafAt base: UInt64, shift: UInt64) -> Bool {
    guard dropsTranslations else { return false }
    switch selection {
    case .page(let address, let size): return size.rawValue == 1 << shift && address == base
    case .all: return true
    case .other: return false
    }
  }

  /// Whether the page-walk cache's entries are certainly removed; none are by page.
  public var dropsDirectories: Bool { dropsWalkCache && selection == .all }
}
