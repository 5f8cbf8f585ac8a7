public import Machines

extension ListedPfnCache {
  /// Puts a cache that is not in use on the list, and then into use.
  @inlinable
  public func activate<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ start: PfnCacheStart<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Errno {
    guard accepts(&machine, bytes) else { return .invalid }
    return machine.withLock(PfnCacheRecord.refreshLock, of: cache.record, .mutex) { machine in
      if !isActive(&machine, cache) { use(&machine, cache, start) }
      return refreshAlone(&machine, cache, bytes, willWrite: start.willWrite)
    }
  }

  @inlinable
  func isActive<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) -> Bool {
    machine.withLock(PfnCacheRecord.lock, of: cache.record, .readIRQ) { machine in
      let isActive = machine.read(PfnCacheRecord.isActive, of: cache.record, .plain)
      return machine.holds(isActive .!= M.W(0))
    }
  }

  @inlinable
  func use<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ start: PfnCacheStart<M>
  ) {
    let record = cache.record
    if faults.contains(.lockMadeAnew) { machine.initialise(PfnCacheRecord.lock, of: record) }
    PfnCacheList.insert(&machine, cache)
    machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
    machine.write(M.W(start.use), PfnCacheRecord.use, of: record, .plain)
    let vcpu = start.vcpu.map { machine.address(of: $0) } ?? M.W(0)
    machine.write(vcpu, PfnCacheRecord.vcpu, of: record, .plain)
    machine.write(M.W(1), PfnCacheRecord.isActive, of: record, .plain)
    machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
  }

  /// Takes frame and mapping out under the lock, and gives them up after it.
  @inlinable
  public func unmap<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    machine.withLock(PfnCacheRecord.refreshLock, of: cache.record, .mutex) { machine in
      machine.acquire(PfnCacheRecord.lock, of: cache.record, .writeIRQ)
      let old = HeldFrame(of: cache.record, &machine)
      empty(&machine, cache.record)
      machine.release(PfnCacheRecord.lock, of: cache.record, .writeIRQ)
      giveUp(&machine, cache, old)
    }
  }

  /// Takes a cache out of use, and then off the list.
  @inlinable
  public func deactivate<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    if faults.contains(.unlinkedInUse) { return deactivateUnguarded(&machine, cache) }
    machine.withLock(PfnCacheRecord.refreshLock, of: cache.record, .mutex) { machine in
      let record = cache.record
      machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
      let isActive = machine.read(PfnCacheRecord.isActive, of: record, .plain)
      guard machine.holds(isActive .!= M.W(0)) else {
        return machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
      }
      let old = HeldFrame(of: record, &machine)
      if faults.contains(.keepsEarlierUse) {
        machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .plain)
      } else {
        empty(&machine, record)
        machine.write(
          M.W(HostMemory.noAddress),
          PfnCacheRecord.hostAddress,
          of: record,
          .plain
        )
      }
      machine.write(M.W(0), PfnCacheRecord.isActive, of: record, .plain)
      machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
      PfnCacheList.remove(&machine, cache)
      giveUp(&machine, cache, old)
    }
  }

  /// Takes a cache off the list first: a refresh in between makes valid what no invalidation finds.
  @inlinable
  func deactivateUnguarded<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>
  ) {
    guard isActive(&machine, cache) else { return }
    PfnCacheList.remove(&machine, cache)
    unmap(&machine, cache)
    machine.withLock(PfnCacheRecord.lock, of: cache.record, .writeIRQ) { machine in
      machine.write(M.W(0), PfnCacheRecord.isActive, of: cache.record, .plain)
    }
  }
}
