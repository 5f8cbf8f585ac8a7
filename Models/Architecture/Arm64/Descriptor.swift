public import Machines

/// A descriptor as the hardware reads it.
public enum Descriptor: Sendable, Hashable {
  /// Nothing the hardware may use: bit 0 is clear, or the encoding is reserved at its level.
  ///
  /// Software may keep an annotation in `raw`.
  case invalid(raw: UInt64)
  /// The next level's table is at this physical address.
  case table(address: UInt64)
  /// The translation itself.
  case leaf(DecodedLeaf)
}

/// A block or page descriptor's contents.
public struct DecodedLeaf: Sendable, Hashable {
  /// How accesses to the memory behave.
  public enum MemoryType: Sendable, Hashable {
    /// Normal memory, inner and outer write-back cacheable.
    case normalWriteBack
    /// Device memory, nGnRE.
    case deviceNGnRE
    /// Anything else, by its encoding in the descriptor.
    case other(UInt8)
  }

  /// The level of the descriptor, and so its size.
  public var level: LookupLevel
  /// The first byte of the physical range.
  public var outputAddress: UInt64
  /// Loads are permitted.
  public var isReadable: Bool
  /// Stores are permitted.
  public var isWritable: Bool
  /// Instruction fetches are permitted: of EL1, or of EL2 in its own stage 1.
  public var isExecutable: Bool
  /// Instruction fetches of EL0 are permitted, where that is told apart: in the EL2&0 regime, and in
  /// stage 2 with FEAT_XNX; nil in others.
  public var isExecutableByEL0: Bool?
  /// EL0 may load, and store where the leaf is writable, where the regime is EL2&0; nil in others.
  public var isAccessibleByEL0: Bool?
  /// How accesses to the memory behave.
  public var memoryType: MemoryType
  /// The shareability field, SH: 0 none, 2 outer, 3 inner.
  public var shareability: UInt8
  /// The access flag; where it is clear an access faults and nothing is cached.
  public var isAccessed: Bool
  /// The four bits 58:55, in their place, that the hardware ignores.
  public var softwareBits: UInt64
  /// Branches to it are guarded, where there are such: GP, bit 50; nil in other regimes.
  public var isGuarded: Bool?
  /// The hint that neighbours form one contiguous run.
  public var isContiguous: Bool

  /// Whether it is a page, not a block.
  public var isPage: Bool { level == .last }
}

extension TranslationRegime {
  /// The kind of the descriptor `raw` at `level`.
  ///
  /// Reference: Arm ARM DDI 0487, "VMSAv8-64 descriptor formats": bit 0 says valid; bit 1 set says
  /// table, or page at level 3; clear says block, and is reserved where the level has no blocks.
  @inlinable
  public func kind(of raw: UInt64, at level: LookupLevel) -> EntryKind {
    if raw & 1 == 0 { return raw == 0 ? .invalid : .annotated }
    if raw & 2 != 0 { return level == .last ? .page : .table }
    return allowsBlocks(at: level) ? .block : .annotated
  }

  /// The physical address in a descriptor whose address field begins at bit `shift`: up to bit 47,
  /// and with 64 KiB granules bits 15:12 stand for bits 51:48.
  @inlinable
  func address(in raw: UInt64, from shift: UInt64) -> UInt64 {
    let low = raw & TranslationRegime.addressField(from: shift)
    return granule == .size64K ? low | (raw &>> 12 & 0xf) &<< 48 : low
  }

  /// The bits from `shift` to 47.
  @inlinable
  static func addressField(from shift: UInt64) -> UInt64 { (1 &<< 48 &- 1) & ~(1 &<< shift &- 1) }

  /// The table address in a table descriptor.
  @inlinable
  public func tableAddress(in raw: UInt64) -> UInt64 { address(in: raw, from: granule.shift) }

  /// The output address in a leaf descriptor of `level`.
  @inlinable
  public func outputAddress(in raw: UInt64, at level: LookupLevel) -> UInt64 {
    address(in: raw, from: entryShift(at: level))
  }

  /// The descriptor `raw` as the hardware reads it at `level`.
  public func decode(_ raw: UInt64, at level: LookupLevel) -> Descriptor {
    switch kind(of: raw, at: level) {
    case .invalid, .annotated: .invalid(raw: raw)
    case .table: .table(address: tableAddress(in: raw))
    case .page, .block: .leaf(leaf(raw, at: level))
    }
  }

  /// The block or page descriptor `raw` of `level`.
  func leaf(_ raw: UInt64, at level: LookupLevel) -> DecodedLeaf {
    DecodedLeaf(
      level: level,
      outputAddress: outputAddress(in: raw, at: level),
      isReadable: stage == .el2Stage1 || raw & (1 << 6) != 0,
      isWritable: (raw & (1 << 7) != 0) == (stage == .stage2),
      isExecutable: isExecutableByPrivileged(raw),
      isExecutableByEL0: tellsPrivilegesApart ? raw & (1 << 54) == 0 : nil,
      isAccessibleByEL0: hasUnprivilegedAccess ? raw & (1 << 6) != 0 : nil,
      memoryType: memoryType(in: raw),
      shareability: UInt8(raw >> 8 & 0b11),
      isAccessed: raw & TranslationRegime.accessFlag != 0,
      softwareBits: raw & 0b1111 << 55,
      isGuarded: hasBranchTargets ? raw & (1 << 50) != 0 : nil,
      isContiguous: raw & (1 << 52) != 0
    )
  }

  /// The bits of the table or leaf `raw` of `level` that mean something here which nobody can ask for,
  /// or nothing: set where they should be 0, or clear where they should be 1.
  ///
  /// Reference: Arm ARM DDI 0487, "VMSAv8-64 descriptor formats": RES0 fields; DBM, bit 51; what a table
  /// imposes on all beneath it, bits 63:59; AP[1], bit 6, which is RES1 where there is one privilege
  /// level; GP, bit 50, where branches are not guarded. Bits that the hardware ignores are left out.
  public func misplacedBits(in raw: UInt64, at level: LookupLevel) -> UInt64 {
    let kind = kind(of: raw, at: level)
    let shift = kind == .table ? granule.shift : entryShift(at: level)
    let high: UInt64 = granule == .size64K ? 0xf000 : 0
    let address = TranslationRegime.addressField(from: shift) | high
    switch kind {
    case .invalid, .annotated: return 0
    case .table:
      let ignored: UInt64 = 0xff << 51 | 0x3ff << 2
      return raw & ~(address | ignored | 0b11)
    case .page, .block:
      let ignored: UInt64 = 0x1ff << 55
      let executeNever: UInt64 = tellsPrivilegesApart ? 0b11 << 53 : 1 << 54
      let fields: UInt64 = executeNever | 1 << 52 | 0x7ff
      guard stage == .el2Stage1 else { return raw & ~(address | ignored | fields) }
      let guarded: UInt64 = hasBranchTargets ? 1 << 50 : 0
      let isOne: UInt64 = hasUnprivilegedAccess ? 0 : 1 << 6
      return raw & ~(address | ignored | fields | guarded) | ~raw & isOne
    }
  }

  /// The access flag's bit.
  @inlinable public static var accessFlag: UInt64 { 1 << 10 }

  /// Whether a leaf has two bits that say who may fetch instructions, 54 and 53.
  @inlinable public var tellsPrivilegesApart: Bool {
    hasUnprivilegedAccess || hasExecutionByPrivilege
  }

  /// Whether the leaf `raw` lets instructions be fetched, by whomever.
  @inlinable
  public func isExecutable(_ raw: UInt64) -> Bool {
    isExecutableByPrivileged(raw) || tellsPrivilegesApart && raw & 1 << 54 == 0
  }

  /// Whether the leaf `raw` lets EL1, or the hypervisor itself, fetch instructions.
  ///
  /// XN, bit 54, is clear. In the EL2&0 regime it is PXN, bit 53, that is; and in stage 2 with FEAT_XNX
  /// XN is bits 54:53, of which 0b00 permits it to both, 0b01 to EL0, 0b10 to none and 0b11 to EL1.
  ///
  /// Reference: Arm ARM DDI 0487, "Instruction execution permissions"; XN[1:0] of stage 2.
  @inlinable
  func isExecutableByPrivileged(_ raw: UInt64) -> Bool {
    if hasUnprivilegedAccess { return raw & 1 << 53 == 0 }
    return (hasExecutionByPrivilege ? raw ^ raw << 1 : raw) & 1 << 54 == 0
  }

  /// The memory type of the leaf `raw`.
  ///
  /// Stage 2 has it in MemAttr, bits 5:2, by the two encodings of the manual ("Stage 2 memory region
  /// type and cacheability attributes", with and without FEAT_S2FWB). EL2 stage 1 has an index into
  /// MAIR_EL2, bits 4:2, which is read as Linux programs it: 0 normal write-back, 4 device nGnRE.
  public func memoryType(in raw: UInt64) -> DecodedLeaf.MemoryType {
    let normal: UInt64 = stage == .el2Stage1 ? 0 : forcesWriteBack ? 0b0110 : 0b1111
    let device: UInt64 = stage == .el2Stage1 ? 4 : 0b0001
    let field = raw >> 2 & (stage == .el2Stage1 ? 0b111 : 0b1111)
    return field == normal
      ? .normalWriteBack : field == device ? .deviceNGnRE : .other(UInt8(field))
  }

  /// Whether the leaf `raw` is normal write-back cacheable memory.
  @inlinable
  public func isCacheable(_ raw: UInt64) -> Bool {
    switch stage {
    case .el2Stage1: raw & 0b1_1100 == 0
    case .stage2: raw & 0b11_1100 == (forcesWriteBack ? 0b01_1000 : 0b11_1100)
    }
  }
}
