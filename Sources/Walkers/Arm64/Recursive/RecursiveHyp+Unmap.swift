public import Machines

extension RecursiveHyp {
  /// Unmaps leaf by leaf, until one is missing or only partly in the range, and frees empty tables.
  /// - Returns: how many bytes were unmapped.
  @inlinable
  public func unmap(address: M.W, sizeInBytes: M.W, on machine: inout M) -> M.W {
    var unmapped = M.W(0)
    // Where the walk stops shows in the bytes unmapped.
    _ = walker.walk(address, sizeInBytes, [.leaf, .tablePost], on: &machine) { visit, machine in
      unmap(visit, &unmapped, on: &machine)
    }
    if faults.contains(.barrierAtEnd) {
      machine.barrier(.dsbISHST)
      machine.invalidate(TLBInvalidation(.alle2))
      machine.barrier(.dsbISH)
      machine.barrier(.isb)
    }
    return unmapped
  }

  @inlinable
  func unmap(
    _ visit: RecursiveWalk<M>.Visit,
    _ unmapped: inout M.W,
    on machine: inout M
  ) -> Errno {
    let descriptor = machine.load(visit.table, at: visit.index)
    guard machine.holds(Encoding.isValid(descriptor)) else { return .invalid }
    guard visit.kind == .leaf else { return unmapTable(descriptor, visit, on: &machine) }
    let span = M.W(geometry.span(at: visit.level))
    if !faults.contains(.blockPastEnd) {
      let starts = (visit.cursor & (span &- M.W(1))) .== M.W(0)
      let ends = span .<= visit.end &- visit.cursor
      let isWhole = faults.contains(.hypUnmapFromInside) ? ends : starts .& ends
      if machine.holds(.!isWhole) { return .invalid }
    }
    machine.store(M.W(0), to: visit.table, at: visit.index, order: .relaxed)
    invalidate(visit, .vale2, level: visit.level, on: &machine)
    machine.release(visit.table)
    unmapped = unmapped &+ span
    return .ok
  }

  @inlinable
  func unmapTable(
    _ descriptor: M.W,
    _ visit: RecursiveWalk<M>.Visit,
    on machine: inout M
  ) -> Errno {
    if faults.contains(.tablesKept) || faults.contains(.barrierAtEnd) { return .ok }
    let child = child(of: descriptor, at: visit, on: &machine)
    let count = machine.count(of: child)
    let isEmpty =
      faults.contains(.freesTableInUse)
      ? count .<= M.W(2) : count .== M.W(faults.contains(.keepsEmptyTable) ? 0 : 1)
    guard machine.holds(isEmpty) else { return .ok }
    if faults.contains(.countDroppedEarly) { machine.release(child) }
    machine.store(M.W(0), to: visit.table, at: visit.index, order: .relaxed)
    invalidate(
      visit,
      .vae2,
      level: faults.contains(.tableLevelHint) ? visit.level : nil,
      on: &machine
    )
    machine.release(visit.table)
    if !faults.contains(.countDroppedEarly) { machine.release(child) }
    return .ok
  }

  @inlinable
  func invalidate(
    _ visit: RecursiveWalk<M>.Visit,
    _ operation: TLBInvalidation<M.W>.Operation,
    level: LookupLevel?,
    on machine: inout M
  ) {
    if faults.contains(.breakNotInvalidated) || faults.contains(.barrierAtEnd) { return }
    if !faults.contains(.invalidateWithoutBarrier) { machine.barrier(.dsbISHST) }
    let isBroadcast = !faults.contains(.invalidateLocally)
    if faults.contains(.wholeVMID) {
      machine.invalidate(TLBInvalidation(.alle2, isBroadcast: isBroadcast))
    } else {
      machine.invalidate(
        TLBInvalidation(
          operation,
          address: visit.cursor,
          levelHint: level,
          isBroadcast: isBroadcast
        )
      )
    }
    machine.barrier(.dsbISH)
    machine.barrier(.isb)
  }
}
