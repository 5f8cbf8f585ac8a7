public import Machines

extension IndexedPfnCache {
  /// Returns at once where the cache is valid for these bytes; excludes other refreshes else.
  @inlinable
  public func refresh<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>,
    willWrite: Bool
  ) -> Errno {
    guard machine.holds(bytes.areInOnePage) else { return .invalid }
    if check(&machine, cache, bytes) { return .ok }
    return machine.withLock(PfnCacheRecord.refreshLock, of: cache.record, .mutex) { machine in
      let isActive = machine.read(PfnCacheRecord.isActive, of: cache.record, .plain)
      guard machine.holds(isActive .!= M.W(0)) else { return .invalid }
      return refreshAlone(&machine, cache, bytes)
    }
  }

  /// Refreshes a cache that is in use, under its mutex.
  @inlinable
  func refreshAlone<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Errno {
    let record = cache.record
    guard let slots = machine.follow(PfnMachineRecord.slots, of: cache.owner, .acquire) else {
      return .fault
    }
    let generation = machine.read(SlotsRecord.generation, of: slots, .plain)
    let hostAddress = machine.hostAddress(of: bytes.frameNumber, in: slots)
    // Who holds the mutex alone writes it.
    let known = machine.read(PfnCacheRecord.hostAddress, of: record, .plain)
    if machine.holds(hostAddress .!= known) {
      move(&machine, cache, from: known, to: hostAddress)
    }
    guard machine.holds(hostAddress .!= M.W(HostMemory.noAddress)) else {
      empty(&machine, record)
      return .fault
    }
    let isDone = change(&machine, record) { machine in
      machine.write(bytes.address, PfnCacheRecord.guestAddress, of: record, .once)
      machine.write(generation, PfnCacheRecord.generation, of: record, .once)
      let isValid = machine.read(PfnCacheRecord.isValid, of: record, .plain)
      if machine.holds(isValid .!= M.W(0)) {
        let old = machine.read(PfnCacheRecord.mapping, of: record, .plain)
        place(&machine, record, old & ~M.W(HostMemory.offsetMask), bytes)
        return true
      }
      machine.write(M.W(0), PfnCacheRecord.wasInvalidated, of: record, .plain)
      return false
    }
    return isDone ? .ok : lookUp(&machine, cache, bytes, hostAddress)
  }

  /// Makes a cache invalid, and takes it from the list of one host page to that of another.
  @inlinable
  func move<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    from old: M.W,
    to new: M.W
  ) {
    let record = cache.record
    let none = M.W(HostMemory.noAddress)
    change(&machine, record) { machine in
      machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .once)
    }
    if machine.holds(old .!= none) { index.remove(&machine, cache, old) }
    machine.write(new, PfnCacheRecord.hostAddress, of: record, .plain)
    if machine.holds(new .!= none) { index.insert(&machine, cache, new) }
  }

  /// Sets the mapping to the bytes' place in a page that is mapped at `base`; 0 stays nowhere.
  @inlinable
  func place<M: HostMemoryMachine>(
    _ machine: inout M,
    _ record: M.Record,
    _ base: M.W,
    _ bytes: GuestBytes<M.W>
  ) {
    let mapping = M.W.select(base .== M.W(0), base, base | bytes.offset)
    machine.write(mapping, PfnCacheRecord.mapping, of: record, .plain)
  }

  /// Looks the frame up and maps it, without the lock, until no invalidation came in between.
  @inlinable
  func lookUp<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>,
    _ hostAddress: M.W
  ) -> Errno {
    let record = cache.record
    // Who holds the mutex alone writes both.
    let oldFrame = machine.read(PfnCacheRecord.frame, of: record, .plain)
    let old =
      machine.read(PfnCacheRecord.mapping, of: record, .plain) & ~M.W(HostMemory.offsetMask)
    let use = machine.read(PfnCacheRecord.use, of: record, .plain)
    let isMapped = machine.holds(use & M.W(PfnCacheUse.kernel) .!= M.W(0))
    while true {
      while InvalidationCount.covers(&machine, cache.owner, hostAddress) { machine.yield() }
      let frame = machine.lookUp(hostAddress)
      guard machine.holds(frame .!= M.W(HostMemory.noFrame)) else { break }
      let isKept = machine.holds((old .!= M.W(0)) .& (frame .== oldFrame))
      var base = M.W.select(M.W.Condition(isKept), old, M.W(0))
      if isMapped, !isKept { base = machine.mapAny(frame) }
      // From here on invalidations tell what becomes of the frame.
      machine.put(frame)
      if isMapped, machine.holds(base .== M.W(0)) { break }
      if publish(&machine, record, frame, base, bytes) {
        if !isKept, machine.holds(old .!= M.W(0)) { machine.unmapAny(oldFrame, at: old) }
        return .ok
      }
      if !isKept, machine.holds(base .!= M.W(0)) { machine.unmapAny(frame, at: base) }
    }
    empty(&machine, record)
    return .fault
  }

  /// Puts a frame into the cache, unless an invalidation went by; then the next may not have.
  @inlinable
  func publish<M: HostMemoryMachine>(
    _ machine: inout M,
    _ record: M.Record,
    _ frame: M.W,
    _ base: M.W,
    _ bytes: GuestBytes<M.W>
  ) -> Bool {
    change(&machine, record) { machine in
      let was = machine.read(PfnCacheRecord.wasInvalidated, of: record, .plain)
      if machine.holds(was .!= M.W(0)) {
        machine.write(M.W(0), PfnCacheRecord.wasInvalidated, of: record, .plain)
        return false
      }
      machine.write(frame, PfnCacheRecord.frame, of: record, .once)
      place(&machine, record, base, bytes)
      machine.write(M.W(1), PfnCacheRecord.isValid, of: record, .once)
      return true
    }
  }

  /// Takes frame and mapping out of a cache, under its mutex, and gives the mapping up.
  @inlinable
  func empty<M: HostMemoryMachine>(_ machine: inout M, _ record: M.Record) {
    let frame = machine.read(PfnCacheRecord.frame, of: record, .plain)
    let mapping = machine.read(PfnCacheRecord.mapping, of: record, .plain)
    change(&machine, record) { machine in
      machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .once)
      machine.write(M.W(HostMemory.noFrame), PfnCacheRecord.frame, of: record, .once)
      machine.write(M.W(0), PfnCacheRecord.mapping, of: record, .plain)
    }
    if machine.holds(mapping .!= M.W(0)) {
      machine.unmapAny(frame, at: mapping & ~M.W(HostMemory.offsetMask))
    }
  }
}
