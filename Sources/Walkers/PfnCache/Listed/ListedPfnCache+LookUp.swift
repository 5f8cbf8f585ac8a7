public import Machines

extension ListedPfnCache {
  /// Looks the frame up and maps it, without the lock, until no invalidation came in between.
  ///
  /// The lock is held when this begins, and not when it ends.
  @inlinable
  func lookUp<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>,
    _ hostAddress: M.W,
    _ old: HeldFrame<M.W>
  ) -> Errno {
    let record = cache.record
    while true {
      prepareLookUp(&machine, record)
      machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
      let sequence = ended(&machine, cache.owner)
      if isUnderInvalidation(&machine, cache.owner, hostAddress) {
        machine.yield()
        machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
        continue
      }
      let frame = machine.lookUp(hostAddress)
      if machine.holds(frame .== M.W(HostMemory.noFrame)) {
        machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
        return fail(&machine, cache, old)
      }
      let isKept = machine.holds((frame .== old.frame) .& (old.base .!= M.W(0)))
      guard let base = map(&machine, record, frame, old, isKept: isKept) else {
        machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
        return fail(&machine, cache, old)
      }
      machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
      if isOutdated(&machine, cache, since: sequence) {
        machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
        discard(&machine, frame, base, isKept: isKept)
        machine.yield()
        machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
        continue
      }
      publish(&machine, record, frame, base, bytes, old, isKept: isKept)
      machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
      if !isKept { giveUp(&machine, cache, old) }
      return .ok
    }
  }

  /// Says that the cache is nothing yet, and that no invalidation went by.
  @inlinable
  func prepareLookUp<M: HostMemoryMachine>(_ machine: inout M, _ record: M.Record) {
    machine.write(M.W(0), PfnCacheRecord.wasInvalidated, of: record, .plain)
    if faults.contains(.validWithoutMapping) {
      machine.write(M.W(HostMemory.noFrame), PfnCacheRecord.frame, of: record, .plain)
      machine.write(M.W(0), PfnCacheRecord.mapping, of: record, .plain)
      machine.write(M.W(1), PfnCacheRecord.isValid, of: record, .plain)
    } else if !faults.contains(.validForOldAddress) {
      machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .plain)
    }
  }

  /// Maps a frame for the kernel, where it uses the cache, and gives the look-up's reference back: from
  /// here on invalidations tell what becomes of the frame.
  /// - Returns: where it is mapped, 0 for nowhere; nil where it should be and is not.
  @inlinable
  func map<M: HostMemoryMachine>(
    _ machine: inout M,
    _ record: M.Record,
    _ frame: M.W,
    _ old: HeldFrame<M.W>,
    isKept: Bool
  ) -> M.W? {
    var base = old.base
    var hasFailed = false
    if !isKept {
      base = M.W(0)
      let use = machine.read(PfnCacheRecord.use, of: record, .plain)
      if machine.holds(use & M.W(PfnCacheUse.kernel) .!= M.W(0)) {
        base = machine.mapAny(frame)
        hasFailed = machine.holds(base .== M.W(0))
      }
    }
    if hasFailed {
      if !faults.contains(.mapFailureLeaks) { machine.put(frame) }
      return nil
    }
    let keepsReference = isKept ? faults.contains(.extraReference) : faults.contains(.pinsPage)
    if !keepsReference { machine.put(frame) }
    return base
  }

  /// Takes back what was mapped in vain.
  @inlinable
  func discard<M: HostMemoryMachine>(
    _ machine: inout M,
    _ frame: M.W,
    _ base: M.W,
    isKept: Bool
  ) {
    guard !isKept else { return }
    if machine.holds(base .!= M.W(0)) { machine.unmapAny(frame, at: base) }
    if faults.contains(.pinsPage) { machine.put(frame) }
  }

  /// Puts a frame into a cache whose lock is held.
  @inlinable
  func publish<M: HostMemoryMachine>(
    _ machine: inout M,
    _ record: M.Record,
    _ frame: M.W,
    _ base: M.W,
    _ bytes: GuestBytes<M.W>,
    _ old: HeldFrame<M.W>,
    isKept: Bool
  ) {
    machine.write(frame, PfnCacheRecord.frame, of: record, .plain)
    place(&machine, record, base, bytes, isKept: isKept)
    machine.write(M.W(1), PfnCacheRecord.isValid, of: record, .plain)
  }
}
