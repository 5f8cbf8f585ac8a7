public import Machines

extension RecursiveStage2 {
  /// Whether a table page's count includes this entry.
  @inlinable
  func isCounted(_ descriptor: M.W, on machine: inout M) -> Bool {
    machine.holds(
      faults.contains(.ownerNotCounted) ? Encoding.isValid(descriptor) : descriptor .!= M.W(0)
    )
  }

  @inlinable
  func isCacheable(_ descriptor: M.W) -> M.W.Condition {
    (descriptor & M.W(Encoding.stage2MemoryAttributes))
      .== M.W(Encoding.stage2Normal(forcesWriteBack: forcesWriteBack))
  }

  @inlinable
  func child(
    of descriptor: M.W,
    at visit: RecursiveWalk<M>.Visit,
    on machine: inout M
  ) -> M.Table {
    machine.table(at: encoding.output(of: descriptor), linkedFrom: visit.table, index: visit.index)
  }

  /// Takes an entry out: clears and invalidates it if it is valid, and drops its count.
  @inlinable
  func breakEntry(_ descriptor: M.W, _ visit: RecursiveWalk<M>.Visit, on machine: inout M) {
    let isValid = machine.holds(Encoding.isValid(descriptor))
    if isValid, !faults.contains(.noBreak) || !visit.isUpdate {
      machine.store(M.W(0), to: visit.table, at: visit.index, order: .relaxed)
      if !faults.contains(.makeBeforeInvalidate) || !visit.isUpdate {
        invalidate(descriptor, visit, on: &machine)
      }
    }
    if isValid, faults.contains(.validUpdateReferenceLeak), visit.isUpdate { return }
    machine.release(visit.table)
  }

  /// Invalidates what any TLB may hold of a broken entry.
  @inlinable
  func invalidate(_ descriptor: M.W, _ visit: RecursiveWalk<M>.Visit, on machine: inout M) {
    if faults.contains(.breakNotInvalidated) { return }
    if faults.contains(.barrierAtEnd) || defersInvalidation, !visit.isUpdate { return }
    if faults.contains(.wholeVMID) { return invalidateAll(on: &machine) }
    let isTable = walker.isTable(descriptor, level: visit.level, on: &machine)
    if defersLeaves, !isTable, !visit.isUpdate { return }
    var level: LookupLevel? = visit.level
    if isTable, !faults.contains(.tableLevelHint) { level = nil }
    if !isTable, faults.contains(.leafLevelHint) { level = visit.level - 1 }
    invalidate(visit.cursor, level: level, on: &machine)
  }

  /// Invalidates one address: stage 2 first, then what was combined from it.
  @inlinable
  func invalidate(_ ipa: M.W, level: LookupLevel?, on machine: inout M) {
    let isBroadcast = !faults.contains(.invalidateLocally)
    if !faults.contains(.invalidateWithoutBarrier) { machine.barrier(.dsbISHST) }
    machine.invalidate(
      TLBInvalidation(.ipas2e1, address: ipa, levelHint: level, isBroadcast: isBroadcast)
    )
    machine.barrier(.dsbISH)
    if !faults.contains(.combinedNotInvalidated) {
      machine.invalidate(TLBInvalidation(.vmalle1, isBroadcast: isBroadcast))
      machine.barrier(.dsbISH)
    }
    machine.barrier(.isb)
  }

  /// Invalidates the translations of a range: stage 2 first, then what was combined from it.
  @inlinable
  func invalidateRange(from ipa: M.W, sizeInBytes: M.W, on machine: inout M) {
    machine.barrier(.dsbISHST)
    machine.invalidate(TLBInvalidation(.ripas2e1, address: ipa, sizeInBytes: sizeInBytes))
    machine.barrier(.dsbISH)
    machine.invalidate(TLBInvalidation(.vmalle1))
    machine.barrier(.dsbISH)
    machine.barrier(.isb)
  }

  /// Invalidates every translation of the VMID.
  @inlinable
  func invalidateAll(on machine: inout M) {
    if !faults.contains(.invalidateWithoutBarrier) { machine.barrier(.dsbISHST) }
    machine.invalidate(
      TLBInvalidation(.vmalls12e1, isBroadcast: !faults.contains(.invalidateLocally))
    )
    machine.barrier(.dsbISH)
    machine.barrier(.isb)
  }
}
