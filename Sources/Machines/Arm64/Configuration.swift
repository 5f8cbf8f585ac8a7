/// How a guest stage-2 table is made, and what the pretended CPU has.
///
/// Plain values: what follows from them (levels, roots, encodings) is derived on each side by
/// itself.
public struct Stage2Configuration: Sendable, Hashable {
  /// When a mapping may not use blocks; stands for the caller's force-page callback.
  public enum PageForcing: Sendable, Hashable {
    /// Blocks wherever they fit.
    case never
    /// Pages only.
    case always
    /// Pages only, except for mappings with exactly this protection.
    case unless(protection: UInt64)
  }

  /// The translation granule.
  public var granule: Granule
  /// The size of the intermediate physical address space: 32 to 48 bits.
  public var inputAddressBits: UInt64
  /// The size of the output address space: 48 bits, or 52 with 64 KiB granules.
  public var outputAddressBits: UInt64
  /// The CPU has FEAT_S2FWB.
  public var hasForceWriteBack: Bool
  /// The CPU has range TLB invalidation, FEAT_TLBIRANGE.
  public var hasRangeInvalidation: Bool
  /// This table does not use forced write-back even where the CPU has it.
  public var disablesForceWriteBack: Bool
  /// Every mapping's output address is its input address.
  public var isIdentityMap: Bool
  /// When a mapping may not use blocks.
  public var pageForcing: PageForcing
  /// Maps are made as if other walks ran beside them, where the library knows the difference.
  public var sharesWalks = false
  /// Maps are made on behalf of faults, where the library knows the difference.
  public var mapsForFaults = true
  /// Tables that are taken out of the tree are freed later, when the caller says so.
  public var defersTableFrees = false
  /// The library maintains caches; for a caller whose memory they agree about it does not.
  public var maintainsCaches = true
  /// The CPU has FEAT_XNX: execution is permitted to EL1 and to EL0 each for itself.
  public var hasExecutionByPrivilege = false

  /// A configuration with 4 KiB granules, 40 bits in, 48 out, and no special features by default.
  public init(
    granule: Granule = .size4K,
    inputAddressBits: UInt64 = 40,
    outputAddressBits: UInt64 = 48,
    hasForceWriteBack: Bool = false,
    hasRangeInvalidation: Bool = false,
    disablesForceWriteBack: Bool = false,
    isIdentityMap: Bool = false,
    pageForcing: PageForcing = .never
  ) {
    self.granule = granule
    self.inputAddressBits = inputAddressBits
    self.outputAddressBits = outputAddressBits
    self.hasForceWriteBack = hasForceWriteBack
    self.hasRangeInvalidation = hasRangeInvalidation
    self.disablesForceWriteBack = disablesForceWriteBack
    self.isIdentityMap = isIdentityMap
    self.pageForcing = pageForcing
  }
}

/// How a hypervisor's own stage-1 (EL2) table is made, and what the pretended CPU has.
public struct HypConfiguration: Sendable, Hashable {
  /// The translation granule.
  public var granule: Granule
  /// The size of the virtual address space: 32 to 48 bits.
  public var inputAddressBits: UInt64
  /// The size of the output address space: 48 bits, or 52 with 64 KiB granules.
  public var outputAddressBits: UInt64
  /// The CPU has range TLB invalidation, FEAT_TLBIRANGE.
  public var hasRangeInvalidation: Bool
  /// The table is of the EL2&0 regime (hVHE), where what EL0 may do has bits of its own.
  public var hasUnprivilegedAccess: Bool
  /// The CPU has FEAT_BTI: branches to what the table lets execute are guarded.
  public var hasBranchTargets = false

  /// A configuration with 4 KiB granules, 48 bits in and out by default.
  public init(
    granule: Granule = .size4K,
    inputAddressBits: UInt64 = 48,
    outputAddressBits: UInt64 = 48,
    hasRangeInvalidation: Bool = false,
    hasUnprivilegedAccess: Bool = false
  ) {
    self.granule = granule
    self.inputAddressBits = inputAddressBits
    self.outputAddressBits = outputAddressBits
    self.hasRangeInvalidation = hasRangeInvalidation
    self.hasUnprivilegedAccess = hasUnprivilegedAccess
  }
}

/// The bits of a protection as callers pass it.
public enum Protection {
  /// Execute.
  public static let execute: UInt64 = 1 << 0
  /// Write.
  public static let write: UInt64 = 1 << 1
  /// Read.
  public static let read: UInt64 = 1 << 2
  /// Device memory (nGnRE) instead of normal write-back memory.
  public static let device: UInt64 = 1 << 3
  /// The four software bits, which the hardware ignores, in their place in the descriptor.
  public static let software: UInt64 = 0b1111 << 55
  /// Execute at EL1 alone, with FEAT_XNX.
  public static let executePrivileged: UInt64 = 1 << 5
  /// Execute at EL0 alone, with FEAT_XNX.
  public static let executeUnprivileged: UInt64 = 1 << 6
  /// Every bit a caller may set whatever the CPU has.
  public static let all: UInt64 = execute | write | read | device | software
}
