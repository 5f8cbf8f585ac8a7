public import Machines

extension ListedPfnCache {
  /// Refreshes a cache, with other refreshes of it excluded.
  @inlinable
  public func refresh<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>,
    willWrite: Bool
  ) -> Errno {
    guard accepts(&machine, bytes) else { return .invalid }
    return machine.withLock(PfnCacheRecord.refreshLock, of: cache.record, .mutex) { machine in
      refreshAlone(&machine, cache, bytes, willWrite: willWrite)
    }
  }

  /// Refreshes a cache under its mutex.
  @inlinable
  func refreshAlone<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>,
    willWrite: Bool
  ) -> Errno {
    let record = cache.record
    machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
    let isActive = machine.read(PfnCacheRecord.isActive, of: record, .plain)
    guard machine.holds(isActive .!= M.W(0)) || faults.contains(.refreshesInactive) else {
      machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
      return .invalid
    }
    let old = HeldFrame(of: record, &machine)
    guard let hostAddress = locate(&machine, cache, bytes) else {
      return fail(&machine, cache, old)
    }
    if faults.contains(.dirtyAtUnmap) {
      machine.write(M.W(willWrite ? 1 : 0), PfnCacheRecord.isDirty, of: record, .plain)
    }
    machine.write(bytes.address, PfnCacheRecord.guestAddress, of: record, .plain)
    let isValid = machine.read(PfnCacheRecord.isValid, of: record, .plain)
    if machine.holds(isValid .!= M.W(0)), !faults.contains(.validForOldAddress) || hostAddress.isOld
    {
      place(&machine, record, old.base, bytes, isKept: true)
      machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
      if faults.contains(.noopRefreshReleases) { giveUp(&machine, cache, old) }
      return .ok
    }
    return lookUp(&machine, cache, bytes, hostAddress.address, old)
  }

  /// Finds the host address of the bytes' page, and notes it; what is of another page is valid no more.
  /// - Returns: it, and whether it is the one that was there before; nil where there is none.
  @inlinable
  func locate<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> (address: M.W, isOld: Bool)? {
    let record = cache.record
    guard let slots = machine.follow(PfnMachineRecord.slots, of: cache.owner, .acquire) else {
      return nil
    }
    let generation = machine.read(SlotsRecord.generation, of: slots, .plain)
    let old = machine.read(PfnCacheRecord.hostAddress, of: record, .plain)
    let known = machine.read(PfnCacheRecord.guestAddress, of: record, .plain)
    let knownBy = machine.read(PfnCacheRecord.generation, of: record, .plain)
    let isKnown =
      (known & ~M.W(HostMemory.offsetMask) .== bytes.page) .& (knownBy .== generation)
      .& (old .!= M.W(HostMemory.noAddress))
    if machine.holds(isKnown) { return (old, true) }
    let address = machine.hostAddress(of: bytes.frameNumber, in: slots)
    machine.write(generation, PfnCacheRecord.generation, of: record, .plain)
    machine.write(address, PfnCacheRecord.hostAddress, of: record, .plain)
    if machine.holds(address .== M.W(HostMemory.noAddress)) { return nil }
    let isOld = machine.holds(address .== old)
    if !isOld, !faults.contains(.validForOldAddress) {
      machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .plain)
    }
    return (address, isOld)
  }

  /// Sets the mapping to the bytes' place in a page that is mapped at `base`.
  @inlinable
  func place<M: HostMemoryMachine>(
    _ machine: inout M,
    _ record: M.Record,
    _ base: M.W,
    _ bytes: GuestBytes<M.W>,
    isKept: Bool
  ) {
    if faults.contains(.keepsOldOffset), isKept { return }
    if !faults.contains(.unmapsUnmapped), machine.holds(base .== M.W(0)) {
      machine.write(M.W(0), PfnCacheRecord.mapping, of: record, .plain)
    } else {
      machine.write(base | bytes.offset, PfnCacheRecord.mapping, of: record, .plain)
    }
  }

  /// Leaves a cache, whose lock is held, with nothing in it, and gives the lock back.
  @inlinable
  func fail<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ old: HeldFrame<M.W>
  ) -> Errno {
    empty(&machine, cache.record)
    machine.release(PfnCacheRecord.lock, of: cache.record, .writeIRQ)
    giveUp(&machine, cache, old)
    return .fault
  }

  /// Takes everything out of a cache whose lock is held.
  @inlinable
  func empty<M: HostMemoryMachine>(_ machine: inout M, _ record: M.Record) {
    machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .plain)
    machine.write(M.W(HostMemory.noFrame), PfnCacheRecord.frame, of: record, .plain)
    machine.write(M.W(0), PfnCacheRecord.mapping, of: record, .plain)
    machine.write(M.W(0), PfnCacheRecord.isDirty, of: record, .plain)
  }

  /// Undoes what was taken with a frame that no cache holds any more; sleeps.
  @inlinable
  func giveUp<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ old: HeldFrame<M.W>
  ) {
    guard machine.holds(old.frame .!= M.W(HostMemory.noFrame)) else { return }
    if machine.holds(old.base .!= M.W(0)) || faults.contains(.unmapsUnmapped) {
      machine.unmapAny(old.frame, at: old.base)
    }
    if faults.contains(.pinsPage) { machine.put(old.frame) }
    if faults.contains(.dirtyAtUnmap), machine.holds(old.isDirty .!= M.W(0)) {
      machine.markDirty(old.guestAddress &>> HostMemory.pageShift)
    }
  }
}
