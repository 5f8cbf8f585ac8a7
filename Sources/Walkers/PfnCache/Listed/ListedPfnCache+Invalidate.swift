public import Machines

extension ListedPfnCache {
  /// Announces the range, goes through the list, and has vCPUs leave guest mode.
  @inlinable
  public func beginInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>,
    maySleep: Bool
  ) {
    if !faults.contains(.announcedLate) { InvalidationCount.begin(&machine, owner, range) }
    var vcpus = VCPUSet<M.W>()
    machine.acquire(PfnMachineRecord.listLock, of: owner, .spin)
    var next = machine.read(PfnMachineRecord.first, of: owner, .plain)
    while let record = machine.turn(of: next, carrying: &vcpus.bits) {
      invalidate(&machine, record, range, &vcpus)
      next = machine.read(PfnCacheRecord.next, of: record, .plain)
    }
    machine.release(PfnMachineRecord.listLock, of: owner, .spin)
    if faults.contains(.announcedLate) { InvalidationCount.begin(&machine, owner, range) }
    _ = vcpus.leaveGuestMode(
      of: owner,
      &machine,
      request: M.W(faults.contains(.leavesRequest) ? 32 : 0),
      isAwaited: maySleep
    )
  }

  /// Invalidates one cache, where its host address is in the range.
  @inlinable
  func invalidate<M: HostMemoryMachine>(
    _ machine: inout M,
    _ record: M.Record,
    _ range: HostRange<M.W>,
    _ vcpus: inout VCPUSet<M.W>
  ) {
    machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
    let address = machine.read(PfnCacheRecord.hostAddress, of: record, .plain)
    if machine.holds(range.contains(address)) {
      let isValid = machine.read(PfnCacheRecord.isValid, of: record, .plain)
      let wasValid = machine.holds(isValid .!= M.W(0))
      if wasValid {
        machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .plain)
      }
      // Who made it invalid before may not have got the vCPU out of guest mode yet.
      if wasValid || !faults.contains(.kicksOnlyIfValid) {
        vcpus.insertUser(of: record, &machine)
      }
      if wasValid || !faults.contains(.skipsRefreshing) {
        machine.write(M.W(1), PfnCacheRecord.wasInvalidated, of: record, .plain)
      }
    }
    machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
  }

  /// Takes the announcement back.
  @inlinable
  public func endInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>
  ) {
    InvalidationCount.end(&machine, owner)
  }

  /// Whether what is at a host address may be on its way.
  @inlinable
  func isUnderInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ hostAddress: M.W
  ) -> Bool {
    InvalidationCount.covers(&machine, owner, hostAddress)
  }

  /// How many invalidations have ended, where a refresh begins again for any.
  @inlinable
  func ended<M: HostMemoryMachine>(_ machine: inout M, _ owner: M.Record) -> M.W {
    guard faults.contains(.retriesForAny) else { return M.W(0) }
    return machine.withLock(PfnMachineRecord.notifierLock, of: owner, .spin) { machine in
      machine.read(PfnMachineRecord.sequence, of: owner, .plain)
    }
  }

  /// Whether an invalidation went by, in a cache whose lock is held.
  @inlinable
  func isOutdated<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    since sequence: M.W
  ) -> Bool {
    if faults.contains(.retriesForAny) {
      return machine.withLock(PfnMachineRecord.notifierLock, of: cache.owner, .spin) { machine in
        let now = machine.read(PfnMachineRecord.sequence, of: cache.owner, .plain)
        let count = machine.read(PfnMachineRecord.activeCount, of: cache.owner, .plain)
        return machine.holds((now .!= sequence) .| (count .!= M.W(0)))
      }
    }
    let was = machine.read(PfnCacheRecord.wasInvalidated, of: cache.record, .plain)
    return machine.holds(was .!= M.W(0))
  }
}
