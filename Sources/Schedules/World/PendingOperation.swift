/// What a thread does when it goes on, so far as others can tell.
public struct PendingOperation: Sendable, Hashable {
  /// What it is.
  public enum Kind: UInt8, Sendable, Hashable {
    /// The thread begins.
    case start
    /// It reads.
    case read
    /// It writes.
    case write
    /// It reads and writes as one.
    case update
    /// It takes a lock, tries to, or gives it back.
    case lock
    /// It sleeps, wakes, or deals with a queue or a completion.
    case wait
    /// It enters or leaves a section, or waits for those of others.
    case section
    /// It allocates or frees.
    case record
    /// It has let others run.
    case yield
    /// A fence, or something of its own that nobody else sees.
    case local
  }

  /// What it is.
  public var kind: Kind
  /// Whether its order matters against others that touch the same word without changing it.
  public var isWrite: Bool
  /// The word that it touches; 0 for none.
  public var word: UInt32
  /// The word that stands for the record as a whole; 0 for none.
  public var record: UInt32

  /// An operation on a word of a record.
  @inlinable @inline(__always)
  public init(_ kind: Kind, isWrite: Bool = false, word: UInt32 = 0, record: UInt32 = 0) {
    self.kind = kind
    self.isWrite = isWrite
    self.word = word
    self.record = record
  }
}

/// Words below the first record, which stand for what is no record's.
public enum ReservedWord {
  /// RCU, as a domain.
  public static let rcu: UInt32 = 1
  /// `smp_mb`, where memory is weak.
  public static let fence: UInt32 = 2
  /// How much memory is left.
  public static let allocator: UInt32 = 3
  /// Whatever anybody writes, to who waits for any change.
  public static let anything: UInt32 = 4
  /// How many there are.
  public static let count: UInt32 = 16
}
