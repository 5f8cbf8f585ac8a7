public import Machines

/// The calls of a guest-frame cache and of its invalidation.
///
/// Every call that takes a guest address is made inside a section of the machine's `slotsDomain`.
public protocol PfnCacheWalker: Sendable {
  /// Makes what the caches of a machine share, once, before there are any.
  func prepare<M: HostMemoryMachine>(_ machine: inout M, _ owner: M.Record)
  /// Makes a cache's locks, once in its life; every field is 0.
  func construct<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>)
  /// Takes a cache into use and refreshes it; one that is in use is refreshed only.
  func activate<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ start: PfnCacheStart<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Errno
  /// Whether `check` may be called without the cache's lock.
  static var checksWithoutLock: Bool { get }
  /// Whether the cache is valid for these bytes; called with its lock held to read, or without it where
  /// `checksWithoutLock` says so.
  func check<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Bool
  /// The frame of these bytes, for a vCPU that is in guest mode, until it leaves it; nil where the cache
  /// is not valid for them.
  ///
  /// Where `checksWithoutLock` says so it is asked outside guest mode too, without the lock: the frame is then
  /// what it was at some moment of the call, and may be gone.
  func frameInGuestMode<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> M.W?
  /// Takes a cache's lock to read and checks it.
  /// - Returns: where the bytes are mapped, with the lock held until `endAccess`; nil, without the lock,
  ///   where the cache is not valid for them.
  func beginAccess<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> M.W?
  /// Says that these bytes were written, before the lock is given back or once guest mode was left.
  func noteWrite<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  )
  /// Makes a cache valid for these bytes, which may be in another page than before; sleeps.
  ///
  /// It may be invalid again by the time the call returns.
  /// - Returns: `invalid` for bytes that are in no one page, or a cache that is not in use; `fault` where
  ///   there is no frame, or no mapping of it.
  func refresh<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>,
    willWrite: Bool
  ) -> Errno
  /// Gives up frame and mapping, but not the cache; sleeps.
  func unmap<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>)
  /// Takes a cache out of use; sleeps.
  func deactivate<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>)
  /// Invalidates what lies in a range of host addresses, before its pages are taken away.
  ///
  /// What is found between this and `endInvalidation` may be old. Sleeps where it may.
  func beginInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>,
    maySleep: Bool
  )
  /// Says that the pages of a range are gone, or are where they were.
  func endInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>
  )
}

/// A cache, and the machine that it belongs to.
public struct PfnCacheHandle<M: HostMemoryMachine> {
  /// A `PfnMachineRecord`.
  public let owner: M.Record
  /// A `PfnCacheRecord`.
  public let record: M.Record

  /// A cache of a machine.
  @inlinable
  public init(owner: M.Record, record: M.Record) {
    self.owner = owner
    self.record = record
  }
}

/// What a cache is taken into use with.
public struct PfnCacheStart<M: HostMemoryMachine> {
  /// Who uses it: `PfnCacheUse`, as bits.
  public let use: UInt64
  /// The vCPU that uses it in guest mode; nil for none.
  public let vcpu: M.Record?
  /// Whether its user will write.
  public let willWrite: Bool

  /// For some uses.
  @inlinable
  public init(use: UInt64, vcpu: M.Record?, willWrite: Bool) {
    self.use = use
    self.vcpu = vcpu
    self.willWrite = willWrite
  }
}

/// Bytes of guest memory.
public struct GuestBytes<W: Word> {
  /// The guest address of the first.
  public let address: W
  /// How many.
  public let length: W

  /// Bytes from an address on.
  @inlinable
  public init(address: W, length: W) {
    self.address = address
    self.length = length
  }

  /// The page that the first is in.
  @inlinable @inline(__always)
  public var page: W { address & ~W(HostMemory.offsetMask) }
  /// The number of that page.
  @inlinable @inline(__always)
  public var frameNumber: W { address &>> HostMemory.pageShift }
  /// Where in the page the first is.
  @inlinable @inline(__always)
  public var offset: W { address & W(HostMemory.offsetMask) }

  /// Whether there is one at least, and all are in one page.
  @inlinable @inline(__always)
  public var areInOnePage: W.Condition {
    // What is left of the page is 1 to 4096, so that nothing wraps.
    (W(0) .< length) .& (length .<= W(HostMemory.pageSize) &- offset)
  }
}

/// Host addresses from `start`, up to and without `end`.
public struct HostRange<W: Word> {
  /// The first.
  public let start: W
  /// The first that is not in it.
  public let end: W

  /// A range.
  @inlinable
  public init(start: W, end: W) {
    self.start = start
    self.end = end
  }

  /// Whether an address is in it.
  @inlinable @inline(__always)
  public func contains(_ address: W) -> W.Condition { (start .<= address) .& (address .< end) }
}

extension PfnCacheWalker {
  /// It may not.
  @inlinable public static var checksWithoutLock: Bool { false }

  /// Takes the lock and calls `check`.
  @inlinable @inline(__always)
  public func beginAccess<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> M.W? {
    machine.acquire(PfnCacheRecord.lock, of: cache.record, .readIRQ)
    if check(&machine, cache, bytes) {
      return machine.read(PfnCacheRecord.mapping, of: cache.record, .plain)
    }
    machine.release(PfnCacheRecord.lock, of: cache.record, .readIRQ)
    return nil
  }

  /// Ends what `beginAccess` began.
  @inlinable @inline(__always)
  public func endAccess<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>,
    isWritten: Bool
  ) {
    if isWritten { noteWrite(&machine, cache, bytes) }
    machine.release(PfnCacheRecord.lock, of: cache.record, .readIRQ)
  }
}
