public import Machines

extension Stage2 {
  /// Unmaps `sizeInBytes` from `ipa`: drops leaves and annotations and frees the tables that are
  /// left empty.
  ///
  /// A block that the range touches goes as a whole.
  ///
  /// - Returns: `range` where the range leaves the input address space.
  @inlinable
  public func unmap(ipa: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno {
    guard let (start, end) = tree.range(from: ipa, sizeInBytes: sizeInBytes, on: &machine)
    else { return .range }
    var visitor = Stage2Unmap(table: self)
    let result = tree.walk(from: start, to: end, visiting: &visitor, on: &machine)
    if visitor.run.isOpen { visitor.retire(on: &machine) }
    return result
  }
}

/// The callbacks of an unmap.
///
/// Broken leaves are gathered into runs, so that one barrier, one invalidation and one cache clean
/// serve a whole run: a run goes on while input addresses rise in one table and, where the data
/// cache has to be cleaned, output addresses are contiguous.
@usableFromInline
struct Stage2Unmap<M: ArmMachine>: Visitor {
  @usableFromInline let table: Stage2<M>
  @usableFromInline var run = BrokenRun<M>()
  /// Entries cleared in the current table page and not yet uncounted.
  @usableFromInline var uncounted = 0

  @inlinable
  init(table: Stage2<M>) { self.table = table }

  @inlinable @inline(__always)
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    guard machine.holds(entry.descriptor .!= M.W(0)) else {
      run.hasGap = true
      return .next
    }
    machine.store(M.W(0), to: entry.table, at: entry.index, order: .relaxed)
    uncounted &+= 1
    if machine.holds(Encoding.isValid(entry.descriptor)) {
      gather(entry, cursor: cursor, on: &machine)
    } else {
      run.hasGap = true
    }
    return .next
  }

  /// Adds a broken leaf to the run, or ends the run and begins another with it.
  @inlinable @inline(__always)
  mutating func gather(_ entry: Entry<M>, cursor: M.W, on machine: inout M) {
    let span = table.tree.geometry.span(at: entry.level)
    if run.isOpen, run.hasGap, !table.invalidation.usesRanges { retire(on: &machine) }
    guard !table.forcesWriteBack, machine.holds(table.isCacheable(entry.descriptor)) else {
      if run.isCleaned { retire(on: &machine) }
      return run.extend(over: cursor, span: span, level: entry.level)
    }
    let output = table.encoding.output(of: entry.descriptor)
    if run.isOpen, !run.isCleaned || machine.holds(output .!= run.cleanEnd) {
      retire(on: &machine)
    }
    run.extend(over: cursor, span: span, level: entry.level)
    run.clean(output, span: span)
  }

  /// Before another table is entered, what was gathered in this one is dealt with.
  @inlinable @inline(__always)
  mutating func tablePre(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    leave(entry.table, on: &machine)
    if run.isOpen { retire(on: &machine) }
    return .descend(child)
  }

  /// Frees a table that holds nothing.
  ///
  /// What its leaves and its own entry left in the TLBs goes in one invalidation, which promises no
  /// level.
  @inlinable @inline(__always)
  mutating func tablePost(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    if machine.holds(machine.count(of: child) .== M.W(1)) {
      machine.store(M.W(0), to: entry.table, at: entry.index, order: .relaxed)
      if !run.isOpen {
        run.extend(over: cursor, span: table.tree.geometry.pageSize, level: Geometry.lastLevel)
      }
      table.retire(&run, level: nil, on: &machine)
      machine.release(entry.table)
      machine.releaseUnlinked(child, level: entry.level &+ 1)
    } else if run.isOpen {
      retire(on: &machine)
    }
    return .next
  }

  @inlinable @inline(__always)
  mutating func leave(_ table: M.Table, on machine: inout M) {
    guard uncounted > 0 else { return }
    machine.release(table, by: uncounted)
    uncounted = 0
  }

  /// Ends the run, all of whose leaves are of its level.
  @inlinable
  mutating func retire(on machine: inout M) {
    table.retire(&run, level: run.level, on: &machine)
  }
}

extension Stage2 {
  /// Invalidates what a run of broken leaves may have left in the TLBs, then cleans their memory.
  @inlinable
  func retire(_ run: inout BrokenRun<M>, level: LookupLevel?, on machine: inout M) {
    invalidation.invalidate(
      from: run.start,
      to: run.end,
      span: tree.geometry.span(at: run.level),
      level: level,
      on: &machine
    )
    if run.isCleaned {
      machine.clean(run.cleanStart, sizeInBytes: run.cleanEnd &- run.cleanStart)
    }
    run.close()
  }
}
