public import Machines

extension TranslationRegime {
  /// The bits of a leaf that the hardware does not read: 58:55 for software, 63:59 ignored or
  /// implementation defined.
  @inlinable static var unreadLeafBits: UInt64 { 0x1ff &<< 55 }

  /// The bits of a leaf that may change while it is valid: permissions, the access flag, and what
  /// the hardware does not read.
  @inlinable var permissionBits: UInt64 {
    let permission: UInt64 = 0b11 << 6 | 1 << 10 | 1 << 51 | 0b11 << 53
    return permission | Self.unreadLeafBits
  }

  /// Whether the valid descriptor `old` may become the valid descriptor `new` of the same level only
  /// by way of an invalid one.
  ///
  /// Reference: Arm ARM DDI 0487 M.b, D8.17.1, RWHZWS: a change of output address, of block size or
  /// between leaf and table, of memory type, cacheability or shareability. A changed output address
  /// is taken to demand it always, without asking whether the contents differ; a changed
  /// contiguous bit is a change of size, as without FEAT_BBM. Every bit that is neither a
  /// permission nor unread counts. FEAT_BBM levels 1 and 2 are not known here.
  @inlinable
  public func demandsBreak(from old: UInt64, to new: UInt64, at level: LookupLevel) -> Bool {
    let oldKind = kind(of: old, at: level)
    guard oldKind == kind(of: new, at: level) else { return true }
    return oldKind == .table
      ? tableAddress(in: old) != tableAddress(in: new) : (old ^ new) & ~permissionBits != 0
  }

  /// Whether the hardware could tell the leaves apart.
  @inlinable
  public func differs(_ old: UInt64, _ new: UInt64) -> Bool {
    (old ^ new) & ~Self.unreadLeafBits != 0
  }

  /// Whether the valid descriptor `raw` may be cached.
  ///
  /// Reference: Arm ARM DDI 0487 M.b, IWZCBG: what gives an access flag fault is not cached. The
  /// hardware is taken not to set access flags itself.
  @inlinable
  public func mayBeCached(_ raw: UInt64, kind: EntryKind) -> Bool {
    kind == .table || (kind.isLeaf && raw & Self.accessFlag != 0)
  }
}
