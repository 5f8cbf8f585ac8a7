public import Machines

extension IndexedPfnCache {
  /// Takes a cache into use, where it is not, and refreshes it.
  @inlinable
  public func activate<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ start: PfnCacheStart<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Errno {
    guard machine.holds(bytes.areInOnePage) else { return .invalid }
    return machine.withLock(PfnCacheRecord.refreshLock, of: cache.record, .mutex) { machine in
      let record = cache.record
      let isActive = machine.read(PfnCacheRecord.isActive, of: record, .plain)
      if machine.holds(isActive .== M.W(0)) {
        machine.write(M.W(start.use), PfnCacheRecord.use, of: record, .plain)
        let vcpu = start.vcpu.map { machine.address(of: $0) } ?? M.W(0)
        machine.write(vcpu, PfnCacheRecord.vcpu, of: record, .plain)
        machine.write(M.W(1), PfnCacheRecord.isActive, of: record, .plain)
      }
      return refreshAlone(&machine, cache, bytes)
    }
  }

  /// Empties a cache, which stays on the list of its page.
  @inlinable
  public func unmap<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    machine.withLock(PfnCacheRecord.refreshLock, of: cache.record, .mutex) { machine in
      empty(&machine, cache.record)
    }
  }

  /// Empties a cache and takes it off its list.
  @inlinable
  public func deactivate<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    machine.withLock(PfnCacheRecord.refreshLock, of: cache.record, .mutex) { machine in
      let record = cache.record
      empty(&machine, record)
      let known = machine.read(PfnCacheRecord.hostAddress, of: record, .plain)
      let none = M.W(HostMemory.noAddress)
      if machine.holds(known .!= none) { index.remove(&machine, cache, known) }
      machine.write(none, PfnCacheRecord.hostAddress, of: record, .plain)
      machine.write(M.W(0), PfnCacheRecord.isActive, of: record, .plain)
    }
  }

  /// Announces the range, visits the lists of its pages, and has vCPUs leave guest mode.
  @inlinable
  public func beginInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>,
    maySleep: Bool
  ) {
    InvalidationCount.begin(&machine, owner, range)
    var vcpus = VCPUSet<M.W>()
    var page = range.start &>> HostMemory.pageShift
    let last = (range.end &- M.W(1)) &>> HostMemory.pageShift
    // Each list once, however long the range.
    for _ in 0..<index.bucketCount {
      guard machine.holds(page .<= last) else { break }
      visit(&machine, index.bucket(&machine, owner, page), range, &vcpus)
      page = page &+ M.W(1)
    }
    _ = vcpus.leaveGuestMode(of: owner, &machine, request: M.W(0), isAwaited: maySleep)
  }

  /// Invalidates the caches of a list whose host address is in the range.
  @inlinable
  func visit<M: HostMemoryMachine>(
    _ machine: inout M,
    _ bucket: M.Record,
    _ range: HostRange<M.W>,
    _ vcpus: inout VCPUSet<M.W>
  ) {
    machine.acquire(PfnIndex.lock, of: bucket, .spin)
    var next = machine.read(PfnIndex.first, of: bucket, .plain)
    while let record = machine.turn(of: next, carrying: &vcpus.bits) {
      // Written only while the cache is on no list.
      let address = machine.read(PfnCacheRecord.hostAddress, of: record, .plain)
      if machine.holds(range.contains(address)) { invalidate(&machine, record, &vcpus) }
      next = machine.read(PfnCacheRecord.next, of: record, .plain)
    }
    machine.release(PfnIndex.lock, of: bucket, .spin)
  }

  /// Invalidates a cache, and tells a refresh that is under way.
  @inlinable
  func invalidate<M: HostMemoryMachine>(
    _ machine: inout M,
    _ record: M.Record,
    _ vcpus: inout VCPUSet<M.W>
  ) {
    machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
    machine.write(M.W(1), PfnCacheRecord.wasInvalidated, of: record, .plain)
    let isValid = machine.read(PfnCacheRecord.isValid, of: record, .plain)
    if machine.holds(isValid .!= M.W(0)) {
      // One field: no snapshot is torn by it.
      machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .once)
    }
    // Who made it invalid before may not have got the vCPU out of guest mode yet.
    vcpus.insertUser(of: record, &machine)
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
}
