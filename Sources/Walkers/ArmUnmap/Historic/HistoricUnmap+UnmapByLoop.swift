public import Machines

extension HistoricUnmap {
  /// Unmaps a range page by page, and climbs from an entry that was cleared to the tables that it
  /// leaves empty.
  ///
  /// Mirrors the loop that was replaced, where it has its faults.
  @inlinable
  func unmapByLoop(from start: M.W, to end: M.W, on machine: inout M) {
    var cursor = start
    while machine.holds(cursor .< end), !hasGoneRound(cursor, from: start, on: &machine) {
      var pointer = top(cursor, on: &machine)
      var descriptor = load(pointer, on: &machine)
      while leadsOn(descriptor, at: pointer.level, on: &machine) {
        pointer = below(pointer, descriptor, cursor, on: &machine)
        descriptor = load(pointer, on: &machine)
      }
      let isClear = machine.holds(descriptor .== M.W(0))
      let isKept =
        faults.contains(.annotationsKept) && !machine.holds(Encoding.isValid(descriptor))
      if !isClear, !isKept { clearLeaf(pointer, descriptor, cursor, on: &machine) }
      var next =
        pointer.level == Geometry.lastLevel
        ? cursor &+ M.W(tree.geometry.pageSize)
        : self.end(ofEntryAt: pointer.level, cursor, end)
      // From an entry that was clear already the loop climbs only where it is the last level's.
      let climbs =
        !isClear || pointer.level == Geometry.lastLevel || !faults.contains(.emptyTablesKept)
      while climbs, isEmptyTable(pointer, on: &machine) {
        let child = pointer.table
        pointer = entry(at: pointer.level &- 1, cursor, on: &machine)
        clearTable(pointer, child, cursor, on: &machine)
        next = self.end(ofEntryAt: pointer.level, cursor, end)
      }
      cursor = next
    }
  }

  /// Whether an unchecked range has been through the whole space and begins again: the real walk goes
  /// on, for hours, and changes nothing more.
  @inlinable
  func hasGoneRound(_ cursor: M.W, from start: M.W, on machine: inout M) -> Bool {
    guard faults.contains(.rangeUnchecked) else { return false }
    return machine.holds(M.W(2 &<< tree.geometry.inputAddressBits) .< cursor &- start)
  }

  /// Whether the walk goes on below an entry.
  @inlinable
  func leadsOn(_ descriptor: M.W, at level: LookupLevel, on machine: inout M) -> Bool {
    level == 0 && faults.contains(.topUnchecked) || isTable(descriptor, at: level, on: &machine)
  }

  /// Whether the table that holds an entry has none in use, and is no root.
  @inlinable
  func isEmptyTable(_ pointer: EntryPointer<M>, on machine: inout M) -> Bool {
    guard pointer.level > tree.geometry.startLevel else { return false }
    if pointer.level == 1, faults.contains(.pudTablesKept) { return false }
    return machine.holds(machine.count(of: pointer.table) .== M.W(1))
  }

  /// The entry at `level` for an address, to which tables lead.
  @inlinable
  func entry(at level: LookupLevel, _ address: M.W, on machine: inout M) -> EntryPointer<M> {
    var pointer = top(address, on: &machine)
    while pointer.level < level {
      pointer = below(pointer, load(pointer, on: &machine), address, on: &machine)
    }
    return pointer
  }
}
