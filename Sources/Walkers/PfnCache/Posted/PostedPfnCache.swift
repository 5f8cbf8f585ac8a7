public import Machines

/// The cache as it was first posted, with everything that is wrong with it.
///
/// It keeps a reference to the frame, calls itself valid before it is, and looks for invalidations in
/// the count that the guest's tables have of them.
public struct PostedPfnCache: PfnCacheWalker {
  /// The cache as posted.
  @inlinable
  public init() {}

  /// Nothing but a list.
  @inlinable
  public func prepare<M: HostMemoryMachine>(_ machine: inout M, _ owner: M.Record) {}

  /// Nothing: locks are made when the cache is taken into use.
  @inlinable
  public func construct<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {}

  /// Whether the bytes end in their page, by a sum that may wrap.
  @inlinable
  func accepts<M: HostMemoryMachine>(_ machine: inout M, _ bytes: GuestBytes<M.W>) -> Bool {
    machine.holds(bytes.offset &+ bytes.length .<= M.W(HostMemory.pageSize))
  }

  /// Compares address, generation and host address; whether the cache is in use is not asked.
  @inlinable
  public func check<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Bool {
    guard let slots = machine.follow(PfnMachineRecord.slots, of: cache.owner, .acquire),
      accepts(&machine, bytes), isCurrent(&machine, cache.record, slots, bytes)
    else { return false }
    return machine.holds(
      machine.read(PfnCacheRecord.isValid, of: cache.record, .plain) .!= M.W(0)
    )
  }

  /// Whether the cache has the address by the slots as they are.
  @inlinable
  func isCurrent<M: HostMemoryMachine>(
    _ machine: inout M,
    _ record: M.Record,
    _ slots: M.Record,
    _ bytes: GuestBytes<M.W>
  ) -> Bool {
    let address = machine.read(PfnCacheRecord.guestAddress, of: record, .plain)
    guard machine.holds(address .== bytes.address) else { return false }
    let generation = machine.read(PfnCacheRecord.generation, of: record, .plain)
    let current = machine.read(SlotsRecord.generation, of: slots, .plain)
    guard machine.holds(generation .== current) else { return false }
    let hostAddress = machine.read(PfnCacheRecord.hostAddress, of: record, .plain)
    return machine.holds(hostAddress .!= M.W(HostMemory.noAddress))
  }

  /// Checks without the lock.
  @inlinable
  public func frameInGuestMode<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> M.W? {
    guard check(&machine, cache, bytes) else { return nil }
    return machine.read(PfnCacheRecord.frame, of: cache.record, .plain)
  }

  /// Nothing: who writes said so when the cache was refreshed.
  @inlinable
  public func noteWrite<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) {}
}
