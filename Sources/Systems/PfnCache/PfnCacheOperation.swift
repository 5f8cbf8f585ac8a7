/// A call of a case on caches, or what the host does beside them.
public struct PfnCacheOperation: Sendable, Hashable {
  /// What is done.
  public enum Kind: Sendable, Hashable {
    /// Checks a cache and reads or writes by its mapping, under its lock.
    case access(cache: Int, Bytes, isWrite: Bool)
    /// Checks a cache.
    case check(cache: Int, Bytes)
    /// Refreshes a cache.
    case refresh(cache: Int, Bytes, willWrite: Bool)
    /// Takes a cache into use.
    case activate(cache: Int, Bytes, willWrite: Bool)
    /// Empties a cache.
    case unmap(cache: Int)
    /// Takes a cache out of use.
    case deactivate(cache: Int)
    /// Enters guest mode and accesses the frame there, refreshing the cache first where it has to.
    case enterGuest(cache: Int, Bytes, accessCount: Int, isWrite: Bool)
    /// Takes host pages away, or seems to.
    case invalidate(first: Int, count: Int, PageChange, maySleep: Bool)
    /// Changes the slots.
    case changeSlots(page: Int, SlotChange)
    /// Takes the dirty log.
    case harvest
    /// Waits until all threads have come to the end of what they were given.
    case join
  }

  /// Bytes of guest memory.
  public struct Bytes: Sendable, Hashable {
    /// The guest address of the first.
    public var address: UInt64
    /// How many.
    public var length: UInt64

    /// Bytes from an address on.
    public init(address: UInt64, length: UInt64) {
      self.address = address
      self.length = length
    }
  }

  /// What becomes of host pages that are invalidated.
  public enum PageChange: UInt8, Sendable, CaseIterable {
    /// Nothing.
    case nothing
    /// They go to another frame.
    case move
    /// They are written out, and read in when they are looked up.
    case swap
    /// They are unmapped.
    case free
  }

  /// What becomes of a guest page's slot.
  public enum SlotChange: Sendable, Hashable {
    /// Nothing, but the generation is another.
    case touch
    /// It is at another host page.
    case move(to: Int)
    /// There is none.
    case remove
  }

  /// Who does it beside all others that were given something; nil where it is done alone.
  public var thread: Int?
  /// What is done.
  public var kind: Kind

  /// Something that a thread does; nil for what is done alone.
  public init(thread: Int?, kind: Kind) {
    self.thread = thread
    self.kind = kind
  }

  /// Its name, and the number that it is counted by.
  public static let names = [
    "access", "check", "refresh", "activate", "unmap", "deactivate", "enterGuest", "invalidate",
    "changeSlots", "harvest", "join",
  ]

  /// The number of its kind.
  public var number: Int {
    switch kind {
    case .access: 0
    case .check: 1
    case .refresh: 2
    case .activate: 3
    case .unmap: 4
    case .deactivate: 5
    case .enterGuest: 6
    case .invalidate: 7
    case .changeSlots: 8
    case .harvest: 9
    case .join: 10
    }
  }
}

extension PfnCacheOperation: CustomStringConvertible {
  /// The call as a person writes it, behind whose it is.
  public var description: String {
    let call = "\(Self.names[number])(\(arguments))"
    return thread.map { "thread \($0): \(call)" } ?? call
  }

  private var arguments: String {
    switch kind {
    case .access(let cache, let bytes, let isWrite):
      "cache \(cache), \(bytes)\(isWrite ? ", write" : "")"
    case .check(let cache, let bytes): "cache \(cache), \(bytes)"
    case .refresh(let cache, let bytes, let willWrite),
      .activate(let cache, let bytes, let willWrite):
      "cache \(cache), \(bytes)\(willWrite ? ", to write" : "")"
    case .unmap(let cache), .deactivate(let cache): "cache \(cache)"
    case .enterGuest(let cache, let bytes, let count, let isWrite):
      "cache \(cache), \(bytes), \(count) \(isWrite ? "writes" : "reads")"
    case .invalidate(let first, let count, let change, let maySleep):
      "host pages \(first)..<\(first + count), \(change)\(maySleep ? "" : ", without sleeping")"
    case .changeSlots(let page, let change): "guest page \(page), \(change)"
    case .harvest, .join: ""
    }
  }
}

extension PfnCacheOperation.Bytes: CustomStringConvertible {
  /// The first byte's address, and how many there are.
  public var description: String {
    "0x\(String(address, radix: 16)), \(length > 1 << 63 ? "-\(0 &- length)" : "\(length)")"
  }
}

extension PfnCacheOperation.SlotChange: CustomStringConvertible {
  /// The change in words.
  public var description: String {
    switch self {
    case .touch: "touch"
    case .move(let page): "to host page \(page)"
    case .remove: "remove"
    }
  }
}

extension PfnCacheOperation: ThreadedOperation {
  var isJoin: Bool { kind == .join }
}
