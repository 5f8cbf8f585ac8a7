/// How a table of the kernel's older walkers is made.
///
/// They name four levels, pgd, pud, pmd and pte, and fold those that the hardware's tree has not into
/// the one above. Plain values: what follows from them is derived on each side by itself.
public struct ArmUnmapConfiguration: Sendable, Hashable {
  /// Which levels there are.
  public enum Layout: UInt8, Sendable, Hashable, CaseIterable {
    /// 32-bit Arm with LPAE: three levels of 4 KiB tables, pud folded.
    case lpae
    /// 64-bit Arm with 4 KiB granules and 39-bit addresses: three levels, pud folded.
    case threeLevels
    /// 64-bit Arm with 4 KiB granules and 48-bit addresses: four levels.
    case fourLevels
    /// 64-bit Arm with 64 KiB granules and 42-bit addresses: two levels, pmd and pud folded.
    case twoLevels
  }

  /// Which levels there are.
  public var layout: Layout
  /// A hypervisor's own table, of virtual addresses, and not a guest's stage 2.
  public var isHyp: Bool
  /// The CPU has range TLB invalidation, FEAT_TLBIRANGE.
  public var hasRangeInvalidation: Bool
  /// How many pages the allocator gave to others before it is asked for the root.
  public var pagesBeforeRoot = 0

  /// A guest's stage 2 in three levels by default.
  public init(
    layout: Layout = .threeLevels,
    isHyp: Bool = false,
    hasRangeInvalidation: Bool = false
  ) {
    self.layout = layout
    self.isHyp = isHyp
    self.hasRangeInvalidation = hasRangeInvalidation
  }

  /// The translation granule.
  public var granule: Granule { layout == .twoLevels ? .size64K : .size4K }

  /// The size of the input address space in bits.
  public var inputAddressBits: UInt64 {
    switch layout {
    case .lpae: isHyp ? 32 : 40
    case .threeLevels: isHyp ? 39 : 40
    case .fourLevels: 48
    case .twoLevels: 42
    }
  }

  /// The size of the output address space in bits.
  public var outputAddressBits: UInt64 { layout == .lpae ? 40 : 48 }
}

/// A range of guest memory and what is behind it.
public struct MemorySlot: Sendable, Hashable {
  /// The first intermediate physical address; a multiple of the granule.
  public var base: UInt64
  /// Its size in bytes; a multiple of the granule.
  public var sizeInBytes: UInt64
  /// The physical address of its first byte; a multiple of the granule.
  public var physical: UInt64
  /// The host has huge pages behind it wherever they fit.
  public var isHugeBacked: Bool

  /// The slot of these addresses and this size.
  public init(base: UInt64, sizeInBytes: UInt64, physical: UInt64, isHugeBacked: Bool) {
    self.base = base
    self.sizeInBytes = sizeInBytes
    self.physical = physical
    self.isHugeBacked = isHugeBacked
  }
}
