public import Machines

extension PostedPfnCache {
  /// Looks up what is not current, and gives up whatever was there before.
  @inlinable
  public func refresh<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>,
    willWrite: Bool
  ) -> Errno {
    let record = cache.record
    guard let slots = machine.follow(PfnMachineRecord.slots, of: cache.owner, .acquire),
      accepts(&machine, bytes)
    else { return .invalid }
    machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
    var old = PostedFrame(of: record, &machine)
    let wasValid = machine.read(PfnCacheRecord.isValid, of: record, .plain)
    let oldHostAddress = machine.read(PfnCacheRecord.hostAddress, of: record, .plain)
    var hostAddress = oldHostAddress
    if !isCurrent(&machine, record, slots, bytes) {
      hostAddress = locate(&machine, record, slots, bytes)
    }
    var result = Errno.ok
    if machine.holds(hostAddress .== M.W(HostMemory.noAddress)) {
      result = .fault
    } else if machine.holds((wasValid .== M.W(0)) .| (oldHostAddress .!= hostAddress)) {
      result = replace(&machine, cache, bytes, hostAddress, &old)
    }
    let isDirty = willWrite && result == .ok
    machine.write(M.W(isDirty ? 1 : 0), PfnCacheRecord.isDirty, of: record, .plain)
    machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
    old.giveUp(&machine)
    return result
  }

  /// Notes the address, and the host address with the place in the page.
  @inlinable
  func locate<M: HostMemoryMachine>(
    _ machine: inout M,
    _ record: M.Record,
    _ slots: M.Record,
    _ bytes: GuestBytes<M.W>
  ) -> M.W {
    machine.write(M.W(0), PfnCacheRecord.isDirty, of: record, .plain)
    machine.write(bytes.address, PfnCacheRecord.guestAddress, of: record, .plain)
    let generation = machine.read(SlotsRecord.generation, of: slots, .plain)
    machine.write(generation, PfnCacheRecord.generation, of: record, .plain)
    let page = machine.hostAddress(of: bytes.frameNumber, in: slots)
    let none = M.W(HostMemory.noAddress)
    let address = M.W.select(page .== none, none, page | bytes.offset)
    machine.write(address, PfnCacheRecord.hostAddress, of: record, .plain)
    return address
  }

  /// Looks up and maps without the lock, which is held before and after.
  @inlinable
  func replace<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>,
    _ hostAddress: M.W,
    _ old: inout PostedFrame<M.W>
  ) -> Errno {
    let record = cache.record
    machine.write(M.W(HostMemory.noFrame), PfnCacheRecord.frame, of: record, .plain)
    machine.write(M.W(0), PfnCacheRecord.mapping, of: record, .plain)
    machine.write(M.W(1), PfnCacheRecord.isValid, of: record, .plain)
    machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
    let frame = lookUp(&machine, cache.owner, hostAddress)
    var result = Errno.ok
    var base = M.W(0)
    if machine.holds(frame .== M.W(HostMemory.noFrame)) {
      result = .fault
    } else {
      let use = machine.read(PfnCacheRecord.use, of: record, .plain)
      if machine.holds(use & M.W(PfnCacheUse.kernel) .!= M.W(0)) {
        base = map(&machine, frame, bytes, &old)
        if machine.holds(base .== M.W(0)) { result = .fault }
      }
    }
    machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
    if result == .ok {
      // Invalidations since then should have made it invalid.
      machine.write(frame, PfnCacheRecord.frame, of: record, .plain)
      machine.write(base &+ bytes.offset, PfnCacheRecord.mapping, of: record, .plain)
    } else {
      machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .plain)
      machine.write(M.W(HostMemory.noFrame), PfnCacheRecord.frame, of: record, .plain)
      machine.write(M.W(0), PfnCacheRecord.mapping, of: record, .plain)
    }
    return result
  }

  /// Looks up until the tables' count of invalidations has not changed meanwhile.
  @inlinable
  func lookUp<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ hostAddress: M.W
  ) -> M.W {
    while true {
      let sequence = machine.read(PfnMachineRecord.sequence, of: owner, .plain)
      machine.fence(.smpRMB)
      let frame = machine.lookUp(hostAddress)
      if machine.holds(frame .== M.W(HostMemory.noFrame)) { return frame }
      let isOutdated = machine.withLock(PfnMachineRecord.tableLock, of: owner, .read) { machine in
        TableInvalidation.covers(&machine, owner, hostAddress)
          || machine.holds(
            machine.read(PfnMachineRecord.sequence, of: owner, .plain) .!= sequence
          )
      }
      guard isOutdated else { return frame }
      // The reference of a look-up in vain is nobody's any more.
      machine.yield()
    }
  }

  /// Maps a frame, or takes over the old mapping of the same.
  @inlinable
  func map<M: HostMemoryMachine>(
    _ machine: inout M,
    _ frame: M.W,
    _ bytes: GuestBytes<M.W>,
    _ old: inout PostedFrame<M.W>
  ) -> M.W {
    guard machine.holds(frame .== old.frame) else { return machine.mapAny(frame) }
    let base = old.mapping &- bytes.offset
    old.frame = M.W(HostMemory.noFrame)
    old.mapping = M.W(0)
    return base
  }

  /// Takes frame and mapping out under the lock, and gives them up after it.
  @inlinable
  public func unmap<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    let record = cache.record
    machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
    machine.write(M.W(0), PfnCacheRecord.isValid, of: record, .plain)
    let old = PostedFrame(of: record, &machine)
    machine.write(M.W(0), PfnCacheRecord.mapping, of: record, .plain)
    machine.write(M.W(HostMemory.noFrame), PfnCacheRecord.frame, of: record, .plain)
    machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
    old.giveUp(&machine)
  }
}

/// What the posted cache held, once it is out of it.
@usableFromInline
struct PostedFrame<W: Word> {
  @usableFromInline var frame: W
  @usableFromInline var mapping: W
  @usableFromInline var isDirty: W
  @usableFromInline var guestAddress: W

  /// Reads what a cache holds, under its lock.
  @inlinable
  init<M: HostMemoryMachine>(of cache: M.Record, _ machine: inout M) where M.W == W {
    frame = machine.read(PfnCacheRecord.frame, of: cache, .plain)
    mapping = machine.read(PfnCacheRecord.mapping, of: cache, .plain)
    isDirty = machine.read(PfnCacheRecord.isDirty, of: cache, .plain)
    guestAddress = machine.read(PfnCacheRecord.guestAddress, of: cache, .plain)
  }

  /// Unmaps a frame, whether or not it was mapped, puts it, and enters it in the dirty log.
  @inlinable
  func giveUp<M: HostMemoryMachine>(_ machine: inout M) where M.W == W {
    guard machine.holds(frame .!= W(HostMemory.noFrame)) else { return }
    machine.unmapAny(frame, at: mapping)
    machine.put(frame)
    if machine.holds(isDirty .!= W(0)) {
      machine.markDirty(guestAddress &>> HostMemory.pageShift)
    }
  }
}
