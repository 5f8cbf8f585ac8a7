public import Machines

extension Stage2 {
  /// Notes page by page who owns `sizeInBytes` from `ipa`, over whatever is there.
  ///
  /// Owner 0 is the table's own, whose pages are simply unmapped. A block that the range touches is
  /// replaced by a table; the rest of it is mapped again when it is next needed.
  /// - Returns: `invalid` for an owner above 1, `range`, or `noMemory`.
  @inlinable
  public func setOwner(
    ipa: M.W,
    sizeInBytes: M.W,
    owner: M.W,
    on machine: inout M
  ) -> Errno {
    guard machine.holds(owner .<= M.W(1)) else { return .invalid }
    guard let (start, end) = tree.range(from: ipa, sizeInBytes: sizeInBytes, on: &machine)
    else { return .range }
    var visitor = Stage2SetOwner(table: self, annotation: Encoding.annotation(owner: owner))
    return tree.walk(from: start, to: end, visiting: &visitor, on: &machine)
  }
}

/// The callbacks of a change of owner.
///
/// An annotated descriptor is invalid, so writing it is the break; the invalidations are gathered
/// as in an unmap.
@usableFromInline
struct Stage2SetOwner<M: ArmMachine>: Visitor {
  @usableFromInline let table: Stage2<M>
  @usableFromInline let annotation: M.W
  @usableFromInline var run = BrokenRun<M>()
  /// Entries filled, less entries emptied, in the current table page and not yet counted.
  @usableFromInline var uncounted = 0

  @inlinable
  init(table: Stage2<M>, annotation: M.W) {
    self.table = table
    self.annotation = annotation
  }

  @inlinable @inline(__always)
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    guard entry.level == Geometry.lastLevel else {
      return link(entry, cursor: cursor, on: &machine)
    }
    guard machine.holds(entry.descriptor .!= annotation) else {
      run.hasGap = true
      return .next
    }
    machine.store(annotation, to: entry.table, at: entry.index, order: .relaxed)
    if machine.holds(entry.descriptor .== M.W(0)) { uncounted &+= 1 }
    if machine.holds(annotation .== M.W(0)) { uncounted &-= 1 }
    if machine.holds(Encoding.isValid(entry.descriptor)) {
      if run.isOpen, run.hasGap, !table.invalidation.usesRanges { retire(on: &machine) }
      run.extend(over: cursor, span: table.tree.geometry.pageSize, level: entry.level)
    } else {
      run.hasGap = true
    }
    return .next
  }

  /// Puts an empty table in the place of an invalid entry or of a block.
  @inlinable
  mutating func link(_ entry: Entry<M>, cursor: M.W, on machine: inout M) -> Step<M.Table> {
    guard let child = machine.allocateTable(level: entry.level &+ 1) else {
      return .stop(.noMemory)
    }
    table.link(child, at: entry, cursor: cursor, on: &machine)
    return .descend(child)
  }

  /// Ends the run with its table: pages are annotated in tables of the last level only, and no walk
  /// stops inside one.
  @inlinable @inline(__always)
  mutating func tablePost(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    if run.isOpen { retire(on: &machine) }
    return .next
  }

  @inlinable @inline(__always)
  mutating func leave(_ table: M.Table, on machine: inout M) {
    if uncounted > 0 { machine.retain(table, by: uncounted) }
    if uncounted < 0 { machine.release(table, by: 0 &- uncounted) }
    uncounted = 0
  }

  /// Ends the run.
  @inlinable
  mutating func retire(on machine: inout M) {
    table.retire(&run, level: run.level, on: &machine)
  }
}
