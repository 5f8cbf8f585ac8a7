/// Threads, by their numbers.
public struct ThreadSet: Sendable, Hashable {
  /// How many threads there may be beside the one that sets up: numbers 0 to 14.
  public static let limit = 15
  /// The number of who sets everything up and looks at it afterwards, alone.
  public static let setup = 15

  /// A bit a thread.
  public var bits: UInt32

  /// The threads whose bits are set.
  @inlinable @inline(__always)
  public init(bits: UInt32 = 0) { self.bits = bits }

  /// The first `count` threads.
  @inlinable
  public init(count: Int) { bits = (1 &<< UInt32(count)) &- 1 }

  /// Nobody.
  @inlinable public var isEmpty: Bool { bits == 0 }
  /// How many.
  @inlinable public var count: Int { bits.nonzeroBitCount }
  /// The lowest number; there must be one.
  @inlinable public var first: Int { bits.trailingZeroBitCount }

  /// Whether a thread is among them.
  @inlinable @inline(__always)
  public func contains(_ thread: Int) -> Bool {
    bits &>> UInt32(truncatingIfNeeded: thread) & 1 != 0
  }
  /// Adds one.
  @inlinable @inline(__always)
  public mutating func insert(_ thread: Int) { bits |= 1 &<< UInt32(truncatingIfNeeded: thread) }
  /// Takes one out.
  @inlinable @inline(__always)
  public mutating func remove(_ thread: Int) { bits &= ~(1 &<< UInt32(truncatingIfNeeded: thread)) }

  /// How many of them have lower numbers.
  @inlinable
  public func index(of thread: Int) -> Int {
    (bits & ((1 &<< UInt32(thread)) &- 1)).nonzeroBitCount
  }

  /// The one with so many others before it.
  @inlinable
  public func member(_ index: Int) -> Int {
    var rest = bits
    for _ in 0..<index { rest &= rest &- 1 }
    return rest.trailingZeroBitCount
  }
}

extension ThreadSet: Sequence {
  /// From the lowest number on.
  public struct Iterator: IteratorProtocol {
    @usableFromInline var rest: UInt32
    @inlinable
    init(rest: UInt32) { self.rest = rest }
    /// The next thread.
    @inlinable
    public mutating func next() -> Int? {
      guard rest != 0 else { return nil }
      defer { rest &= rest &- 1 }
      return rest.trailingZeroBitCount
    }
  }

  /// From the lowest number on.
  @inlinable
  public func makeIterator() -> Iterator { Iterator(rest: bits) }
}
