public import Machines

/// What a page-table walk depends on: stage, granule, sizes, first level and size of the root.
///
/// Derived from a configuration by the architecture's rules alone. Reference: Arm ARM DDI 0487,
/// "Translation granules", "Concatenated translation tables" and the definition of VTCR_EL2.
///
/// Limits: no FEAT_LPA2 (no 52-bit addresses with 4 and 16 KiB granules, no level -1), no
/// FEAT_TTST (no start at level 3), no level-1 blocks with 64 KiB granules, no 128-bit descriptors.
public struct TranslationRegime: Sendable, Hashable {
  /// Whose translations they are.
  public enum Stage: Sendable, Hashable {
    /// A guest's intermediate physical addresses, by VMID.
    case stage2
    /// The hypervisor's own virtual addresses.
    case el2Stage1
  }

  /// Whose translations they are.
  public let stage: Stage
  /// The granule of tables and pages.
  public let granule: Granule
  /// How many bits of input address are translated.
  public let inputAddressBits: UInt64
  /// How many bits an output address may have.
  public let outputAddressBits: UInt64
  /// Whether stage-2 memory attributes are read as FEAT_S2FWB has them.
  public let forcesWriteBack: Bool
  /// Whether the hypervisor's addresses are of the EL2&0 regime, where what EL0 may do has bits of its
  /// own.
  public let hasUnprivilegedAccess: Bool
  /// Whether stage 2 permits execution to EL1 and to EL0 each for itself, in two bits (FEAT_XNX).
  public let hasExecutionByPrivilege: Bool
  /// Whether leaves say if branches to them are guarded (FEAT_BTI).
  public let hasBranchTargets: Bool
  /// Whether who keeps a stage 2 has to maintain caches for what it maps.
  public let maintainsCaches: Bool
  /// Whether the CPU has the instructions that invalidate a range (FEAT_TLBIRANGE).
  public let hasRangeInvalidation: Bool
  /// The level of the root.
  public let startLevel: LookupLevel
  /// How many tables are concatenated to make the root: 1 to 16.
  public let rootTableCount: Int

  /// The regime of a guest's stage-2 table: the fewest levels, but two at least, that a root of at
  /// most 16 concatenated tables allows.
  public init(_ configuration: Stage2Configuration) {
    self.init(
      stage: .stage2,
      granule: configuration.granule,
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits,
      forcesWriteBack: configuration.hasForceWriteBack && !configuration.disablesForceWriteBack,
      hasRangeInvalidation: configuration.hasRangeInvalidation,
      hasExecutionByPrivilege: configuration.hasExecutionByPrivilege,
      maintainsCaches: configuration.maintainsCaches
    )
  }

  /// The regime of a hypervisor's own table: as many levels as one root table demands.
  public init(_ configuration: HypConfiguration) {
    self.init(
      stage: .el2Stage1,
      granule: configuration.granule,
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits,
      forcesWriteBack: false,
      hasRangeInvalidation: configuration.hasRangeInvalidation,
      hasUnprivilegedAccess: configuration.hasUnprivilegedAccess,
      hasBranchTargets: configuration.hasBranchTargets
    )
  }

  /// The regime of an older walker's table, by the same rules.
  public init(_ configuration: ArmUnmapConfiguration) {
    self.init(
      stage: configuration.isHyp ? .el2Stage1 : .stage2,
      granule: configuration.granule,
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits,
      forcesWriteBack: false,
      hasRangeInvalidation: configuration.hasRangeInvalidation
    )
  }

  private init(
    stage: Stage,
    granule: Granule,
    inputAddressBits: UInt64,
    outputAddressBits: UInt64,
    forcesWriteBack: Bool,
    hasRangeInvalidation: Bool,
    hasUnprivilegedAccess: Bool = false,
    hasExecutionByPrivilege: Bool = false,
    hasBranchTargets: Bool = false,
    maintainsCaches: Bool = true
  ) {
    let legal = (0...2).reversed().lazy.compactMap { number -> (LookupLevel, Int)? in
      let level = LookupLevel(number)
      return Self.rootTableCount(
        stage: stage,
        granule: granule,
        inputAddressBits: inputAddressBits,
        startLevel: level
      ).map { (level, $0) }
    }.first
    guard let (startLevel, rootTableCount) = legal else {
      preconditionFailure("no walk of \(granule) tables translates \(inputAddressBits) bits")
    }
    self.stage = stage
    self.granule = granule
    self.inputAddressBits = inputAddressBits
    self.outputAddressBits = outputAddressBits
    self.forcesWriteBack = forcesWriteBack
    self.hasRangeInvalidation = hasRangeInvalidation
    self.hasUnprivilegedAccess = hasUnprivilegedAccess
    self.hasExecutionByPrivilege = hasExecutionByPrivilege
    self.hasBranchTargets = hasBranchTargets
    self.maintainsCaches = maintainsCaches
    self.startLevel = startLevel
    self.rootTableCount = rootTableCount
  }

  /// How many tables the root has when the walk starts at `startLevel`; nil if it may not.
  ///
  /// The first lookup resolves every bit above the level's entries. Stage 2 may concatenate up to
  /// 16 tables for it, stage 1 none; level 0 does not exist with 64 KiB granules, nor, without
  /// FEAT_LPA2, in stage 2 with 16 KiB ones.
  public static func rootTableCount(
    stage: Stage,
    granule: Granule,
    inputAddressBits: UInt64,
    startLevel: LookupLevel
  ) -> Int? {
    if startLevel.number == 0, granule == .size64K { return nil }
    if startLevel.number == 0, granule == .size16K, stage == .stage2 { return nil }
    let shift = entryShift(at: startLevel, granule: granule)
    guard inputAddressBits > shift, inputAddressBits <= 48 else { return nil }
    let indexBits = inputAddressBits - shift
    if indexBits <= granule.bitsPerLevel { return 1 }
    let concatenatedBits = indexBits - granule.bitsPerLevel
    return stage == .stage2 && concatenatedBits <= 4 ? 1 << concatenatedBits : nil
  }

  @inlinable
  static func entryShift(at level: LookupLevel, granule: Granule) -> UInt64 {
    granule.shift &+ granule.bitsPerLevel &* UInt64(truncatingIfNeeded: 3 &- level.number)
  }

  /// The base-2 logarithm of the bytes of input address that one descriptor of `level` covers.
  @inlinable
  public func entryShift(at level: LookupLevel) -> UInt64 {
    Self.entryShift(at: level, granule: granule)
  }

  /// The bytes of input address that one descriptor of `level` covers.
  @inlinable
  public func entrySizeInBytes(at level: LookupLevel) -> UInt64 { 1 &<< entryShift(at: level) }

  /// How many descriptors a table page holds.
  @inlinable public var entryCount: Int { 1 &<< Int(truncatingIfNeeded: granule.bitsPerLevel) }

  /// Whether a descriptor of `level` may be a block.
  @inlinable
  public func allowsBlocks(at level: LookupLevel) -> Bool {
    level.number == 2 || (level.number == 1 && granule == .size4K)
  }

  /// The first byte of the input range that the descriptor over `inputAddress` at `level` covers.
  @inlinable
  public func entryBase(of inputAddress: UInt64, at level: LookupLevel) -> UInt64 {
    inputAddress & ~(entrySizeInBytes(at: level) &- 1)
  }
}
