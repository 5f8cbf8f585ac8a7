public import Machines

/// The optimised cache: an invalidation visits the caches of its own pages, a check and the refresh of
/// what is valid take no lock, and no page is kept from its owner.
///
/// What a check reads is written between two steps of a sequence count, odd meanwhile. A cache is on the
/// list of its host page from before it is looked up until after it is invalid. A refresh excludes
/// others by a mutex, and calls the cache valid only if no invalidation went by since it began.
public struct IndexedPfnCache: PfnCacheWalker {
  /// Where caches are found by host address.
  public let index: PfnIndex

  /// A cache among those of an index of some size.
  @inlinable
  public init(index: PfnIndex = PfnIndex()) { self.index = index }

  /// By the sequence count.
  @inlinable public static var checksWithoutLock: Bool { true }

  /// Makes the index.
  public func prepare<M: HostMemoryMachine>(_ machine: inout M, _ owner: M.Record) {
    index.make(&machine, owner)
  }

  /// Makes both locks, and fields that name nothing.
  @inlinable
  public func construct<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    let record = cache.record
    machine.initialise(PfnCacheRecord.lock, of: record)
    machine.initialise(PfnCacheRecord.refreshLock, of: record)
    machine.write(M.W(HostMemory.noAddress), PfnCacheRecord.hostAddress, of: record, .plain)
    machine.write(M.W(HostMemory.noFrame), PfnCacheRecord.frame, of: record, .plain)
  }

  /// Whether a snapshot of the cache is valid for these bytes.
  @inlinable
  public func check<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Bool {
    frameInGuestMode(&machine, cache, bytes) != nil
  }

  /// The frame of a snapshot that is valid for these bytes.
  @inlinable
  public func frameInGuestMode<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> M.W? {
    let record = cache.record
    guard machine.holds(bytes.areInOnePage) else { return nil }
    let before = machine.read(PfnCacheRecord.sequence, of: record, .acquire)
    let isValid = machine.read(PfnCacheRecord.isValid, of: record, .once)
    let address = machine.read(PfnCacheRecord.guestAddress, of: record, .once)
    let generation = machine.read(PfnCacheRecord.generation, of: record, .once)
    let frame = machine.read(PfnCacheRecord.frame, of: record, .once)
    machine.fence(.smpRMB)
    let after = machine.read(PfnCacheRecord.sequence, of: record, .once)
    guard let current = currentGeneration(&machine, cache.owner) else { return nil }
    let isSnapshot = (before .== after) .& (before & M.W(1) .== M.W(0))
    let isCurrent =
      (isValid .!= M.W(0)) .& (address .== bytes.address) .& (generation .== current)
    return machine.holds(isSnapshot .& isCurrent) ? frame : nil
  }

  @inlinable @inline(__always)
  func currentGeneration<M: HostMemoryMachine>(_ machine: inout M, _ owner: M.Record) -> M.W? {
    guard let slots = machine.follow(PfnMachineRecord.slots, of: owner, .acquire) else {
      return nil
    }
    return machine.read(SlotsRecord.generation, of: slots, .plain)
  }

  /// Compares under the lock, by which no snapshot is needed.
  ///
  /// A sequence count instead would tell too late: whoever uses the mapping may be writing to it, and an
  /// invalidation, which returns to an owner who takes the page away, has to wait until nobody does,
  /// without sleeping. By the lock its users can be waited for; by a count they cannot.
  @inlinable @inline(__always)
  public func beginAccess<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> M.W? {
    let record = cache.record
    guard machine.holds(bytes.areInOnePage) else { return nil }
    guard let current = currentGeneration(&machine, cache.owner) else { return nil }
    machine.acquire(PfnCacheRecord.lock, of: record, .readIRQ)
    let isValid = machine.read(PfnCacheRecord.isValid, of: record, .plain)
    let address = machine.read(PfnCacheRecord.guestAddress, of: record, .plain)
    let generation = machine.read(PfnCacheRecord.generation, of: record, .plain)
    let isCurrent =
      (isValid .!= M.W(0)) .& (address .== bytes.address) .& (generation .== current)
    if machine.holds(isCurrent) {
      return machine.read(PfnCacheRecord.mapping, of: record, .plain)
    }
    machine.release(PfnCacheRecord.lock, of: record, .readIRQ)
    return nil
  }

  /// Enters the page in the dirty log.
  @inlinable @inline(__always)
  public func noteWrite<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) {
    machine.markDirty(bytes.frameNumber)
  }

  /// Does `body` with the cache's lock held alone and its sequence count odd: no snapshot of it is taken.
  @inlinable @inline(__always)
  func change<M: HostMemoryMachine, Result>(
    _ machine: inout M,
    _ record: M.Record,
    _ body: (inout M) -> Result
  ) -> Result {
    machine.acquire(PfnCacheRecord.lock, of: record, .writeIRQ)
    let sequence = machine.read(PfnCacheRecord.sequence, of: record, .plain)
    machine.write(sequence &+ M.W(1), PfnCacheRecord.sequence, of: record, .once)
    machine.fence(.smpWMB)
    let result = body(&machine)
    machine.write(sequence &+ M.W(2), PfnCacheRecord.sequence, of: record, .release)
    machine.release(PfnCacheRecord.lock, of: record, .writeIRQ)
    return result
  }
}
