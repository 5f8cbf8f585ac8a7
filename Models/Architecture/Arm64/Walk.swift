public import Machines

/// What the hardware makes of an input address.
public enum WalkResult: Sendable, Hashable {
  /// A leaf was found and may be used.
  case translation(Translation)
  /// The access faults.
  case fault(WalkFault)
}

/// A translation that a walk found.
public struct Translation: Sendable, Hashable {
  /// The leaf; its level is that of the lookup that found it.
  public var leaf: DecodedLeaf
  /// The output address of the input address walked for, to the byte.
  public var outputAddress: UInt64
  /// The physical address of the leaf's descriptor.
  public var entryAddress: UInt64
}

/// Why a walk found no translation.
public struct WalkFault: Sendable, Hashable {
  /// The faults of a walk, permissions aside.
  public enum Kind: Sendable, Hashable {
    /// No valid descriptor, or an input address beyond the table.
    case translation
    /// An address in a descriptor has more bits than there are.
    case addressSize
    /// A leaf whose access flag is clear.
    case accessFlag
    /// A table address where there is no memory.
    case external
  }
  /// The fault.
  public var kind: Kind
  /// The level of the lookup that faulted; 0 for an input address beyond the table.
  public var level: LookupLevel
  /// The leaf that faulted, where there was one.
  public var leaf: DecodedLeaf?
  /// The physical address of the descriptor that faulted; nil where none was read.
  public var entryAddress: UInt64?

  /// A fault of `kind` at `level`.
  public init(
    kind: Kind,
    level: LookupLevel,
    leaf: DecodedLeaf? = nil,
    entryAddress: UInt64? = nil
  ) {
    self.kind = kind
    self.level = level
    self.leaf = leaf
    self.entryAddress = entryAddress
  }
}

extension TranslationRegime {
  /// Walks from the root at physical address `root` for `inputAddress`, reading descriptors by
  /// `read`, which returns nil where there is no memory.
  ///
  /// Reference: Arm ARM DDI 0487, "The translation table walk" and "MMU fault-checking sequence".
  /// Permissions are reported, not checked.
  @inlinable
  public func walk(
    _ inputAddress: UInt64,
    root: UInt64,
    read: (_ physicalAddress: UInt64) -> UInt64?
  ) -> WalkResult {
    if inputAddress &>> inputAddressBits != 0 {
      return .fault(WalkFault(kind: .translation, level: LookupLevel(0)))
    }
    return walk(inputAddress, table: root, level: startLevel, isRoot: true, read: read)
  }

  /// Continues a walk at the table of `level` at physical address `table`; a root may be several
  /// concatenated tables.
  @inlinable
  public func walk(
    _ inputAddress: UInt64,
    table: UInt64,
    level firstLevel: LookupLevel,
    isRoot: Bool = false,
    read: (_ physicalAddress: UInt64) -> UInt64?
  ) -> WalkResult {
    var (table, level, isRoot) = (table, firstLevel, isRoot)
    var hierarchicalBits: UInt64 = 0
    while true {
      let index = inputAddress &>> entryShift(at: level)
      let mask = isRoot ? .max : UInt64(truncatingIfNeeded: entryCount &- 1)
      let entryAddress = table &+ (index & mask) &<< 3
      guard let raw = read(entryAddress) else {
        return .fault(WalkFault(kind: .external, level: level, entryAddress: entryAddress))
      }
      let kind = kind(of: raw, at: level)
      guard kind.isValid else {
        return .fault(WalkFault(kind: .translation, level: level, entryAddress: entryAddress))
      }
      let address = kind == .table ? tableAddress(in: raw) : outputAddress(in: raw, at: level)
      guard address &>> outputAddressBits == 0 else {
        return .fault(WalkFault(kind: .addressSize, level: level, entryAddress: entryAddress))
      }
      guard kind == .table, let next = level.next else {
        return found(
          raw,
          at: level,
          for: inputAddress,
          entryAddress: entryAddress,
          hierarchicalBits: hierarchicalBits
        )
      }
      hierarchicalBits |= raw
      (table, level, isRoot) = (address, next, false)
    }
  }

  /// The result of a walk that ended at the leaf `raw`; in EL2 stage 1 the table descriptors passed
  /// may have taken permissions away (APTable[1], bit 62; XNTable, bit 60; in the EL2&0 regime PXNTable,
  /// bit 59, and from EL0 UXNTable, bit 60, and APTable[0], bit 61).
  @usableFromInline
  func found(
    _ raw: UInt64,
    at level: LookupLevel,
    for inputAddress: UInt64,
    entryAddress: UInt64,
    hierarchicalBits: UInt64
  ) -> WalkResult {
    var leaf = leaf(raw, at: level)
    if stage == .el2Stage1 {
      if hierarchicalBits & (1 << 62) != 0 { leaf.isWritable = false }
      let executeNever: UInt64 = hasUnprivilegedAccess ? 1 << 59 : 1 << 60
      if hierarchicalBits & executeNever != 0 { leaf.isExecutable = false }
      if hasUnprivilegedAccess {
        if hierarchicalBits & (1 << 60) != 0 { leaf.isExecutableByEL0 = false }
        if hierarchicalBits & (1 << 61) != 0 { leaf.isAccessibleByEL0 = false }
      }
    }
    guard leaf.isAccessed else {
      let fault = WalkFault(kind: .accessFlag, level: level, leaf: leaf, entryAddress: entryAddress)
      return .fault(fault)
    }
    let offset = inputAddress & (entrySizeInBytes(at: level) - 1)
    return .translation(
      Translation(
        leaf: leaf,
        outputAddress: leaf.outputAddress | offset,
        entryAddress: entryAddress
      )
    )
  }
}
