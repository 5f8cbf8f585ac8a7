public import Machines

/// Faults that are dealt with at once: the optimised walker of a shared table.
///
/// What was not mapped is filled by one compare-exchange, without locking the entry; what has to be
/// broken first is locked while it is. Whoever loses an exchange to one that left what it wants goes on
/// with that. A table's count is raised before an entry is filled, so that it is never too low.
public struct SharedStage2: SharedStage2Walker {
  /// The walker; it has no state.
  @inlinable
  public init() {}

  /// As the walker that is always alone does; a table that is left empty is freed later.
  @inlinable
  public func unmap<M: SharedTableMachine>(
    ipa: M.W,
    sizeInBytes: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno {
    table.unmap(ipa: ipa, sizeInBytes: sizeInBytes, on: &machine)
  }

  /// As the walker that is always alone does.
  @inlinable
  public func writeProtect<M: SharedTableMachine>(
    ipa: M.W,
    sizeInBytes: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno {
    table.writeProtect(ipa: ipa, sizeInBytes: sizeInBytes, on: &machine)
  }

  /// Exchanges the leaf at `ipa` for what `change` makes of it, again and again while others are faster
  /// and leave a leaf there.
  /// - Returns: the entry as it was before, or as it is where no leaf is; nil beyond the input address
  ///   space.
  @inlinable @inline(__always)
  func exchangeLeaf<M: SharedTableMachine>(
    at ipa: M.W,
    in table: Stage2<M>,
    on machine: inout M,
    _ change: (Entry<M>, inout M) -> M.W
  ) -> Entry<M>? {
    guard var entry = table.tree.leaf(at: ipa, on: &machine) else { return nil }
    while Encoding.isLeaf(entry.descriptor, level: entry.level, on: &machine) {
      let descriptor = change(entry, &machine)
      if machine.holds(descriptor .== entry.descriptor) { return entry }
      let found = machine.compareExchange(
        entry.descriptor,
        with: descriptor,
        in: entry.table,
        at: entry.index
      )
      if machine.holds(found .== entry.descriptor) { return entry }
      entry = Entry(table: entry.table, index: entry.index, level: entry.level, descriptor: found)
    }
    return entry
  }
}
