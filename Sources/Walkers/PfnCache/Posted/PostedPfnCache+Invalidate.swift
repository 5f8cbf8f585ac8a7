public import Machines

extension PostedPfnCache {
  /// Makes locks and some of the fields anew, and puts the cache on the list.
  @inlinable
  public func activate<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ start: PfnCacheStart<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Errno {
    let record = cache.record
    if machine.holds(machine.read(PfnCacheRecord.isActive, of: record, .plain) .== M.W(0)) {
      machine.initialise(PfnCacheRecord.lock, of: record)
      machine.write(M.W(0), PfnCacheRecord.mapping, of: record, .plain)
      machine.write(M.W(HostMemory.noFrame), PfnCacheRecord.frame, of: record, .plain)
      machine.write(M.W(HostMemory.noAddress), PfnCacheRecord.hostAddress, of: record, .plain)
      let vcpu = start.vcpu.map { machine.address(of: $0) } ?? M.W(0)
      machine.write(vcpu, PfnCacheRecord.vcpu, of: record, .plain)
      machine.write(M.W(start.use), PfnCacheRecord.use, of: record, .plain)
      machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .plain)
      machine.write(M.W(1), PfnCacheRecord.isActive, of: record, .plain)
      PfnCacheList.insert(&machine, cache)
    }
    return refresh(&machine, cache, bytes, willWrite: start.willWrite)
  }

  /// Takes a cache off the list, then empties it, and then takes it out of use.
  @inlinable
  public func deactivate<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    let isActive = machine.read(PfnCacheRecord.isActive, of: cache.record, .plain)
    guard machine.holds(isActive .!= M.W(0)) else { return }
    PfnCacheList.remove(&machine, cache)
    unmap(&machine, cache)
    machine.write(M.W(0), PfnCacheRecord.isActive, of: cache.record, .plain)
  }

  /// Goes through the list, leaves vCPUs a request, and tells the tables after that.
  @inlinable
  public func beginInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>,
    maySleep: Bool
  ) {
    var vcpus = VCPUSet<M.W>()
    machine.acquire(PfnMachineRecord.listLock, of: owner, .spin)
    var next = machine.read(PfnMachineRecord.first, of: owner, .plain)
    while let record = machine.turn(of: next, carrying: &vcpus.bits) {
      machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
      if isIn(&machine, record, range) {
        machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .plain)
        vcpus.insertUser(of: record, &machine)
      }
      machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
      next = machine.read(PfnCacheRecord.next, of: record, .plain)
    }
    machine.release(PfnMachineRecord.listLock, of: owner, .spin)
    let wasInside = vcpus.leaveGuestMode(
      of: owner,
      &machine,
      request: M.W(32),
      isAwaited: maySleep
    )
    if wasInside, !maySleep { machine.warn(Site("a vCPU in guest mode is not waited for")) }
    TableInvalidation.begin(&machine, owner, range)
  }

  /// Whether a cache is valid, has a frame, and lies in a range.
  @inlinable
  func isIn<M: HostMemoryMachine>(
    _ machine: inout M,
    _ record: M.Record,
    _ range: HostRange<M.W>
  ) -> Bool {
    let isValid = machine.read(PfnCacheRecord.isValid, of: record, .plain)
    guard machine.holds(isValid .!= M.W(0)) else { return false }
    let frame = machine.read(PfnCacheRecord.frame, of: record, .plain)
    guard machine.holds(frame .!= M.W(HostMemory.noFrame)) else { return false }
    let address = machine.read(PfnCacheRecord.hostAddress, of: record, .plain)
    return machine.holds(range.contains(address))
  }

  /// Tells the tables.
  @inlinable
  public func endInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>
  ) {
    machine.withLock(PfnMachineRecord.tableLock, of: owner, .write) { machine in
      let sequence = machine.read(PfnMachineRecord.sequence, of: owner, .plain)
      machine.write(sequence &+ M.W(1), PfnMachineRecord.sequence, of: owner, .plain)
      machine.fence(.smpWMB)
      let count = machine.read(PfnMachineRecord.tableCount, of: owner, .plain)
      machine.write(count &- M.W(1), PfnMachineRecord.tableCount, of: owner, .plain)
    }
  }
}

/// The invalidations that the guest's tables know of, under their lock.
@usableFromInline
enum TableInvalidation {
  /// One reaches them.
  @inlinable
  static func begin<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>
  ) {
    machine.acquire(PfnMachineRecord.tableLock, of: owner, .write)
    let count = machine.read(PfnMachineRecord.tableCount, of: owner, .plain)
    let around = InvalidationCount.grown(&machine, owner, by: range, count: count)
    machine.write(count &+ M.W(1), PfnMachineRecord.tableCount, of: owner, .plain)
    machine.write(around.start, PfnMachineRecord.rangeStart, of: owner, .plain)
    machine.write(around.end, PfnMachineRecord.rangeEnd, of: owner, .plain)
    machine.release(PfnMachineRecord.tableLock, of: owner, .write)
  }

  /// Whether one covers an address; their lock is held.
  @inlinable
  static func covers<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ address: M.W
  ) -> Bool {
    let count = machine.read(PfnMachineRecord.tableCount, of: owner, .plain)
    guard machine.holds(count .!= M.W(0)) else { return false }
    let range = HostRange(
      start: machine.read(PfnMachineRecord.rangeStart, of: owner, .plain),
      end: machine.read(PfnMachineRecord.rangeEnd, of: owner, .plain)
    )
    return machine.holds(range.contains(address))
  }
}
