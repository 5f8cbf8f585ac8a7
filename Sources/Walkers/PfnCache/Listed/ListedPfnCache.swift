public import Machines

/// The cache the way the kernel came to write it: a list that every invalidation goes through, and what
/// others may see under one lock.
///
/// A refresh excludes others by a mutex, and calls the cache valid only if no invalidation went by since
/// it began. With faults it is a museum variant.
public struct ListedPfnCache: PfnCacheWalker {
  /// What is wrong with it.
  public let faults: FaultsOf<PfnCacheFault>

  /// A cache with these faults.
  @inlinable
  public init(faults: FaultsOf<PfnCacheFault> = []) { self.faults = faults }

  /// Nothing is shared but the list, which is empty.
  @inlinable
  public func prepare<M: HostMemoryMachine>(_ machine: inout M, _ owner: M.Record) {}

  /// Makes both locks, and fields that name nothing.
  @inlinable
  public func construct<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    machine.initialise(PfnCacheRecord.lock, of: cache.record)
    machine.initialise(PfnCacheRecord.refreshLock, of: cache.record)
    machine.write(
      M.W(HostMemory.noAddress),
      PfnCacheRecord.hostAddress,
      of: cache.record,
      .plain
    )
    machine.write(M.W(HostMemory.noFrame), PfnCacheRecord.frame, of: cache.record, .plain)
  }

  /// Whether the bytes are a cache's business at all.
  @inlinable @inline(__always)
  func accepts<M: HostMemoryMachine>(_ machine: inout M, _ bytes: GuestBytes<M.W>) -> Bool {
    guard faults.contains(.lengthWraps) else { return machine.holds(bytes.areInOnePage) }
    return machine.holds(bytes.offset &+ bytes.length .<= M.W(HostMemory.pageSize))
  }

  /// Compares the address and the generation with the cache's.
  @inlinable @inline(__always)
  public func check<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Bool {
    guard accepts(&machine, bytes) else { return false }
    let isActive = machine.read(PfnCacheRecord.isActive, of: cache.record, .plain)
    guard machine.holds(isActive .!= M.W(0)) else { return false }
    let address = machine.read(PfnCacheRecord.guestAddress, of: cache.record, .plain)
    guard machine.holds(address .== bytes.address) else { return false }
    guard let slots = machine.follow(PfnMachineRecord.slots, of: cache.owner, .acquire) else {
      return false
    }
    let generation = machine.read(PfnCacheRecord.generation, of: cache.record, .plain)
    let current = machine.read(SlotsRecord.generation, of: slots, .plain)
    guard machine.holds(generation .== current) else { return false }
    return machine.holds(
      machine.read(PfnCacheRecord.isValid, of: cache.record, .plain) .!= M.W(0)
    )
  }

  /// Checks under the lock; an invalidation that comes later finds the vCPU in guest mode.
  @inlinable
  public func frameInGuestMode<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> M.W? {
    machine.withLock(PfnCacheRecord.lock, of: cache.record, .readIRQ) { machine in
      guard check(&machine, cache, bytes) else { return nil }
      return machine.read(PfnCacheRecord.frame, of: cache.record, .plain)
    }
  }

  /// Enters the page in the dirty log.
  @inlinable
  public func noteWrite<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) {
    guard !faults.contains(.dirtyAtUnmap) else { return }
    machine.markDirty(bytes.frameNumber)
  }
}
