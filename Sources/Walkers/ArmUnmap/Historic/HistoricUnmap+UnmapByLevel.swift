public import Machines

extension HistoricUnmap {
  /// Unmaps a range by one function a level, each of which gives back what the one below leaves
  /// empty.
  ///
  /// Mirrors the functions that replaced the loop. A folded level's function would be called with the
  /// entry that its caller has, and go round once; here it is not called.
  @inlinable
  func unmapByLevel(from start: M.W, to end: M.W, yields: Bool, on machine: inout M) {
    var cursor = start
    var descriptor = load(top(cursor, on: &machine), on: &machine)
    repeat {
      let next = self.end(ofEntryAt: tree.geometry.startLevel, cursor, end)
      let pointer = top(cursor, on: &machine)
      let passed = unmapEntry(pointer, descriptor, from: cursor, to: next, on: &machine)
      cursor = machine.holds(end .< passed) ? end : passed
      guard machine.holds(cursor .!= end) || yields else { return }
      // What is read before others run may be gone afterwards.
      let stale = faults.contains(.staleTopEntry) ? nextTop(cursor, end, on: &machine) : nil
      if yields, leadsOn(descriptor, at: pointer.level, on: &machine) {
        machine.yield()
        guard faults.contains(.rootLostInYield) || hasRoot(on: &machine) else { return }
      }
      guard machine.holds(cursor .!= end) else { return }
      descriptor = stale ?? load(top(cursor, on: &machine), on: &machine)
    } while !hasGoneRound(cursor, from: start, on: &machine)
  }

  /// The top entry that a range goes on with; nil at its end.
  @inlinable
  func nextTop(_ cursor: M.W, _ end: M.W, on machine: inout M) -> M.W? {
    guard machine.holds(cursor .!= end) else { return nil }
    return load(top(cursor, on: &machine), on: &machine)
  }

  /// Unmaps what an entry above the last level, in which `descriptor` was found, has of a range.
  ///
  /// - Returns: where the range goes on.
  @inlinable
  func unmapEntry(
    _ pointer: EntryPointer<M>,
    _ descriptor: M.W,
    from start: M.W,
    to end: M.W,
    on machine: inout M
  ) -> M.W {
    if leadsOn(descriptor, at: pointer.level, on: &machine) {
      let child = below(pointer, descriptor, start, on: &machine)
      if child.level == Geometry.lastLevel {
        unmapPages(child, from: start, to: end, on: &machine)
      } else {
        unmapEntries(child, from: start, to: end, on: &machine)
      }
      if isEmptyTable(child, on: &machine) {
        clearTable(pointer, child.table, start, on: &machine)
      }
    } else if machine.holds(descriptor .!= M.W(0)) {
      clearLeaf(pointer, descriptor, start, on: &machine)
    } else if faults.contains(.unalignedStep) {
      return start &+ M.W(tree.geometry.span(at: pointer.level))
    }
    return end
  }

  /// Unmaps what the entries from `first` on, of one table above the last level, have of a range.
  @inlinable
  func unmapEntries(_ first: EntryPointer<M>, from start: M.W, to end: M.W, on machine: inout M) {
    var pointer = first
    var cursor = start
    repeat {
      let next = self.end(ofEntryAt: pointer.level, cursor, end)
      let descriptor = load(pointer, on: &machine)
      let passed = unmapEntry(pointer, descriptor, from: cursor, to: next, on: &machine)
      cursor = machine.holds(end .< passed) ? end : passed
      pointer.index = pointer.index &+ M.W(1)
    } while machine.holds(cursor .!= end)
  }

  /// Clears the entries of a range in a table of the last level.
  ///
  /// A range that is empty or not whole pages is never at its end where it is not rounded: then the
  /// real one goes on until it faults, and this one until it has left its table far behind.
  @inlinable
  func unmapPages(_ first: EntryPointer<M>, from start: M.W, to end: M.W, on machine: inout M) {
    var pointer = first
    var cursor = start
    var entriesLeft = 2 &* tree.geometry.entryCount
    repeat {
      let descriptor = load(pointer, on: &machine)
      if machine.holds(descriptor .!= M.W(0)) {
        clearLeaf(pointer, descriptor, cursor, on: &machine)
      }
      pointer.index = pointer.index &+ M.W(1)
      cursor = cursor &+ M.W(tree.geometry.pageSize)
      entriesLeft &-= 1
    } while entriesLeft > 0 && machine.holds(cursor .!= end)
  }
}
