public import Machines

/// Calls on a guest's stage 2 that may run at once, as a check drives them.
///
/// The faults' calls (`map`, `relaxPermissions`, `makeYoung`) and `age` hold the table's lock shared with
/// each other, or need none where `age` only looks; `unmap` and `writeProtect` hold it alone. Addresses
/// and sizes are in bytes; a table is given as its levels and its root.
public protocol SharedStage2Walker: Sendable {
  /// Whether an unmap and a write protection hold the lock alone.
  var changesAlone: Bool { get }

  /// Maps a range on behalf of a fault, in the largest blocks that fit.
  /// - Returns: what `Stage2.map` does; `again` also where another fault was faster at an entry.
  func map<M: SharedTableMachine>(
    ipa: M.W,
    sizeInBytes: M.W,
    physical: M.W,
    protection: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno
  /// Adds permissions to the leaf at `ipa`, and takes what this CPU's TLBs hold of it away: others take a
  /// fault, and look again.
  /// - Returns: what `Stage2.relaxPermissions` does.
  func relaxPermissions<M: SharedTableMachine>(
    ipa: M.W,
    protection: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno
  /// Sets the access flag of the leaf at `ipa`.
  /// - Returns: the descriptor before; 0 where there is none.
  func makeYoung<M: SharedTableMachine>(
    ipa: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> M.W
  /// Whether the access flag of the leaf at `ipa` is set; if `clears`, it is so no more.
  func age<M: SharedTableMachine>(
    ipa: M.W,
    clears: Bool,
    in table: Stage2<M>,
    on machine: inout M
  ) -> M.W.Condition
  /// Unmaps a range; see `Stage2.unmap`.
  func unmap<M: SharedTableMachine>(
    ipa: M.W,
    sizeInBytes: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno
  /// Takes write permission from a range; see `Stage2.writeProtect`.
  func writeProtect<M: SharedTableMachine>(
    ipa: M.W,
    sizeInBytes: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno
  /// Frees a table that was unlinked, and all beneath it, when no walk can see it any more.
  func freeUnlinked<M: SharedTableMachine>(
    _ child: M.Table,
    level: LookupLevel,
    in table: Stage2<M>,
    on machine: inout M
  )
}

extension SharedStage2Walker {
  /// They do.
  public var changesAlone: Bool { true }

  /// Frees it piece by piece.
  @inlinable
  public func freeUnlinked<M: SharedTableMachine>(
    _ child: M.Table,
    level: LookupLevel,
    in table: Stage2<M>,
    on machine: inout M
  ) {
    table.tree.free(child, level: level, on: &machine)
  }
}

extension Encoding {
  /// What an invalid descriptor holds while somebody changes it by way of an invalid one.
  @inlinable static var locked: UInt64 { 1 << 10 }

  /// Whether the descriptor, found at `level`, is a block or a page.
  @inlinable @inline(__always)
  static func isLeaf<M: ArmMachine>(
    _ descriptor: M.W,
    level: LookupLevel,
    on machine: inout M
  ) -> Bool {
    machine.holds(isValid(descriptor))
      && (level == Geometry.lastLevel || !machine.holds(isTable(descriptor)))
  }
}

extension Invalidation {
  /// Invalidates what this CPU's TLBs hold of an address, after a store that made its leaf at `level`
  /// permit more.
  @inlinable
  func invalidateLocally<M: ArmMachine>(_ address: M.W, level: LookupLevel, on machine: inout M) {
    machine.barrier(.dsbNSHST)
    machine.invalidate(
      TLBInvalidation(.ipas2e1, address: address, levelHint: level, isBroadcast: false)
    )
    machine.barrier(.dsbNSH)
    machine.invalidate(TLBInvalidation(.vmalle1, isBroadcast: false))
    machine.barrier(.dsbNSH)
    machine.barrier(.isb)
  }
}
