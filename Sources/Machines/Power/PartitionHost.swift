/// Where pages that a guest wrote are logged, a bit each, counted from a slot's first frame.
public protocol DirtyLog {
  /// Sets bits in a word of a slot's own log, in which they wait for a harvest.
  mutating func mark(_ bits: UInt64, slot: Int, word: Int)
  /// Takes what waits in a word of a slot's own log.
  mutating func take(slot: Int, word: Int) -> UInt64
  /// Sets bits in a word of what a harvest hands out.
  mutating func report(_ bits: UInt64, slot: Int, word: Int)
}

/// What a fault handler asks of the host whose memory stands behind a guest.
///
/// Others run between one question and the next, so an answer may be out of date when the next comes;
/// that is why each is given the machine.
public protocol PartitionHost: DirtyLog {
  /// The machine that the tables are on.
  associatedtype M: PowerMachine

  /// How many invalidations there were.
  mutating func invalidationCount(on machine: inout M) -> UInt64
  /// The slot that holds a guest frame; nil for none.
  mutating func slot(holding frame: UInt64, on machine: inout M) -> GuestSlot?
  /// Holds the page at a host address; nil where there is none that permits the access.
  mutating func pin(_ address: UInt64, forWrite: Bool, on machine: inout M) -> HostPage?
  /// Lets a page go.
  mutating func unpin(_ page: HostPage)
  /// What a host address maps without there being a page; nil for nothing.
  mutating func device(at address: UInt64, on machine: inout M) -> HostDevice?
  /// The host's own entry for an address; nil where there is none at this moment.
  mutating func entry(at address: UInt64, on machine: inout M) -> HostEntry?
  /// Marks a page as one that has to be written back.
  mutating func setDirty(_ page: HostPage)
  /// Takes the lock of the guest's tables.
  mutating func lock(on machine: inout M)
  /// Gives the lock back.
  mutating func unlock(on machine: inout M)
  /// Whether there was an invalidation after `count` of them; asked under the lock.
  mutating func mustRetry(since count: UInt64) -> Bool
  /// Takes note of an invalidation; done under the lock.
  mutating func countInvalidation()
}

/// A page of host memory.
public struct HostPage: Sendable, Hashable {
  /// The real address of the byte that was asked for, aligned to the smallest page.
  public let realAddress: UInt64
  /// The base-2 logarithm of the size of the compound page that it is part of, in bytes.
  ///
  /// The host may map a part of it, or map it piece by piece: what is behind the next address is the
  /// host's entry's to say.
  public let shift: UInt64

  /// A page.
  public init(realAddress: UInt64, shift: UInt64) {
    self.realAddress = realAddress
    self.shift = shift
  }
}

/// Memory of a device, which has no pages.
public struct HostDevice: Sendable, Hashable {
  /// The real address, which may be 0.
  public let realAddress: UInt64
  /// Stores are permitted.
  public let isWritable: Bool
  /// The bits that the host's own entries for it have, the real address aside.
  public let protection: UInt64

  /// A device's memory.
  public init(realAddress: UInt64, isWritable: Bool, protection: UInt64) {
    self.realAddress = realAddress
    self.isWritable = isWritable
    self.protection = protection
  }
}

/// What the host's own entry for an address says.
public struct HostEntry: Sendable, Hashable {
  /// Stores are permitted.
  public var isWritable: Bool
  /// It was accessed.
  public var isYoung: Bool
  /// It was written.
  public var isDirty: Bool
  /// The base-2 logarithm of how much it maps, in bytes.
  public var shift: UInt64

  /// An entry.
  public init(isWritable: Bool, isYoung: Bool, isDirty: Bool, shift: UInt64) {
    self.shift = shift
    self.isWritable = isWritable
    self.isYoung = isYoung
    self.isDirty = isDirty
  }
}
