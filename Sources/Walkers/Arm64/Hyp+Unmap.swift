public import Machines

extension Hyp {
  /// Unmaps from `address` on, up to `sizeInBytes`, and frees the tables that are left empty.
  ///
  /// Stops at the first address that is not mapped, and at a block that is not wholly in the range.
  ///
  /// - Returns: how many bytes were unmapped; 0 for a range beyond the input address space.
  @inlinable
  public func unmap(address: M.W, sizeInBytes: M.W, on machine: inout M) -> M.W {
    guard let (start, end) = tree.range(from: address, sizeInBytes: sizeInBytes, on: &machine)
    else { return M.W(0) }
    var visitor = HypUnmap(table: self)
    // Where the walk stops shows in the bytes unmapped; the walk's own result adds nothing.
    _ = tree.walk(from: start, to: end, visiting: &visitor, on: &machine)
    if visitor.run.isOpen { visitor.retire(level: visitor.run.level, on: &machine) }
    return visitor.unmapped
  }
}

/// The callbacks of an unmap.
///
/// Broken leaves are gathered into runs, which have no gaps here.
@usableFromInline
struct HypUnmap<M: ArmMachine>: Visitor {
  @usableFromInline let table: Hyp<M>
  @usableFromInline var run = BrokenRun<M>()
  /// Bytes unmapped so far.
  @usableFromInline var unmapped = M.W(0)
  /// Entries cleared in the current table page and not yet uncounted.
  @usableFromInline var uncounted = 0

  @inlinable
  init(table: Hyp<M>) { self.table = table }

  @inlinable @inline(__always)
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    let span = table.tree.geometry.span(at: entry.level)
    let isWhole = ((cursor & M.W(span &- 1)) .== M.W(0)) .& (M.W(span) .<= end &- cursor)
    guard machine.holds(Encoding.isValid(entry.descriptor) .& isWhole) else {
      return .stop(.invalid)
    }
    machine.store(M.W(0), to: entry.table, at: entry.index, order: .relaxed)
    uncounted &+= 1
    unmapped = unmapped &+ M.W(span)
    run.extend(over: cursor, span: span, level: entry.level)
    return .next
  }

  @inlinable @inline(__always)
  mutating func tablePre(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    leave(entry.table, on: &machine)
    if run.isOpen { retire(level: run.level, on: &machine) }
    return .descend(child)
  }

  /// Frees a table that holds nothing, with one invalidation for its leaves and its own entry.
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
      retire(level: nil, on: &machine)
      machine.release(entry.table)
      machine.release(child)
    } else if run.isOpen {
      retire(level: run.level, on: &machine)
    }
    return .next
  }

  @inlinable @inline(__always)
  mutating func leave(_ table: M.Table, on machine: inout M) {
    guard uncounted > 0 else { return }
    machine.release(table, by: uncounted)
    uncounted = 0
  }

  /// Invalidates what the run may have left in the TLBs, and ends it.
  @inlinable
  mutating func retire(level: LookupLevel?, on machine: inout M) {
    table.invalidation.invalidate(
      from: run.start,
      to: run.end,
      span: table.tree.geometry.span(at: run.level),
      level: level,
      on: &machine
    )
    run.close()
  }
}
