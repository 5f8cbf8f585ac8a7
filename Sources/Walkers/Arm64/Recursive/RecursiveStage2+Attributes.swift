public import Machines

extension RecursiveStage2 {
  /// Takes write permission from valid leaves; the caller owes an invalidation.
  @inlinable
  public func writeProtect(ipa: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno {
    let clear = M.W(Encoding.stage2Write)
    let result = update(ipa, sizeInBytes, set: M.W(0), clear: clear, on: &machine).result
    return faults.contains(.holeEndsRange) && result == .again ? .ok : result
  }

  /// Sets the access flag, unless another fault changed the entry first.
  @inlinable
  public func makeYoung(ipa: M.W, on machine: inout M) -> M.W {
    let flag = M.W(Encoding.accessFlag)
    let last = update(ipa, M.W(1), set: flag, clear: M.W(0), isFault: true, on: &machine)
    if !faults.contains(.youngWithoutBarrier) { machine.barrier(.dsbISHST) }
    return last.result == .again ? M.W(0) : last.descriptor
  }

  /// Clears the access flag; the caller owes an invalidation.
  @inlinable
  public func makeOld(ipa: M.W, on machine: inout M) -> M.W {
    let flag = M.W(Encoding.accessFlag)
    return update(ipa, M.W(1), set: M.W(0), clear: flag, on: &machine).descriptor
  }

  /// Whether the access flag is set.
  @inlinable
  public func isYoung(ipa: M.W, on machine: inout M) -> M.W.Condition {
    let last = update(ipa, M.W(1), set: M.W(0), clear: M.W(0), on: &machine)
    return (last.descriptor & M.W(Encoding.accessFlag)) .!= M.W(0)
  }

  /// Adds permissions, unless another fault changed the entry first, and invalidates.
  @inlinable
  public func relaxPermissions(ipa: M.W, protection: M.W, on machine: inout M) -> Errno {
    if machine.holds((protection & M.W(Protection.software)) .!= M.W(0)) { return .invalid }
    let set =
      (protection & M.W(Protection.read)) &<< 4 | (protection & M.W(Protection.write)) &<< 6
    let clear = (protection & M.W(Protection.execute)) &<< 54
    let last = update(
      ipa,
      M.W(1),
      set: set,
      clear: clear,
      isFault: true,
      adding: protection,
      on: &machine
    )
    guard last.result == .ok || last.result == .again else { return last.result }
    let isMapped = machine.holds(Encoding.isValid(last.descriptor))
    let isLost = last.result == .again
    if !faults.contains(.relaxNotInvalidated), !isLost || !faults.contains(.lostRaceNotInvalidated)
    {
      // Where nothing is mapped no level is known, and none is promised.
      let page = ipa & ~M.W(geometry.pageSize - 1)
      // What a compiler fills a variable with that is never set.
      let unset: LookupLevel? = faults.contains(.relaxLevelUnset) ? -86 : nil
      invalidate(page, level: isMapped ? last.level : unset, on: &machine)
    }
    return isLost || !isMapped && !faults.contains(.holeHandled) ? .again : .ok
  }

  /// Sets and clears bits in the valid leaves of a range, and adds the execution that a protection has
  /// where it is told by privilege.
  ///
  /// On behalf of a fault others' faults are dealt with beside it.
  /// - Returns: the last of the leaves as it was, with `again` where another fault changed an entry
  ///   first; then it is left as it is.
  @inlinable
  func update(
    _ ipa: M.W,
    _ sizeInBytes: M.W,
    set: M.W,
    clear: M.W,
    isFault: Bool = false,
    adding protection: M.W = M.W(0),
    on machine: inout M
  ) -> Leaf<M.W> {
    var last = Leaf<M.W>()
    last.result = walker.walk(ipa, sizeInBytes, .leaf, on: &machine) { visit, machine in
      let old = machine.load(visit.table, at: visit.index)
      guard machine.holds(Encoding.isValid(old)) else {
        return faults.contains(.holeEndsRange) ? .again : .ok
      }
      last.descriptor = old
      last.level = visit.level
      let new = execution(addedBy: protection, to: (old & ~clear) | set, on: &machine)
      guard machine.holds(old .!= new) else { return .ok }
      if machine.holds(isExecutable(new) .& .!isExecutable(old)),
        !faults.contains(.execNotInvalidated)
      {
        machine.invalidateInstructions(
          encoding.output(of: new),
          sizeInBytes: M.W(geometry.span(at: visit.level))
        )
      }
      guard isFault, !faults.contains(.rivalOverwritten) else {
        machine.store(new, to: visit.table, at: visit.index, order: .relaxed)
        return .ok
      }
      let found = machine.compareExchange(old, with: new, in: visit.table, at: visit.index)
      return machine.holds(found .== old) ? .ok : .again
    }
    return last
  }
}
