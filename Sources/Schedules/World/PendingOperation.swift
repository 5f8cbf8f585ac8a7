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

  /// Whether it makes others wait, or waits.
  public enum Role: UInt8, Sendable, Hashable {
    /// Neither.
    case free
    /// It is not made before others let it.
    case waits
    /// It lets others go on that wait, and keeps nobody.
    case enables
  }

  /// What it is.
  public var kind: Kind
  /// Whether it waits, or lets others go on.
  public var role: Role
  /// Whether it is a full fence besides, where memory is weak.
  public var isFence = false
  /// Whether its order matters against all others of which that is said: hardware is told something, or
  /// may see it at any moment.
  public var isAnnounced = false
  /// Whether its order matters against others that touch the same word without changing it.
  public var isWrite: Bool
  /// The word that it touches; 0 for none.
  public var word: UInt32
  /// The word that stands for the record as a whole; 0 for none.
  public var record: UInt32

  /// An operation on a word of a record.
  @inlinable @inline(__always)
  public init(
    _ kind: Kind,
    _ role: Role = .free,
    isWrite: Bool = false,
    word: UInt32 = 0,
    record: UInt32 = 0
  ) {
    self.kind = kind
    self.role = role
    self.isWrite = isWrite
    self.word = word
    self.record = record
  }
}

extension PendingOperation {
  /// Whether the order of two operations of different threads can matter.
  ///
  /// Letting others run matters to nobody: what a thread does when it goes on is judged by itself.
  @inlinable
  public func conflicts(with other: PendingOperation) -> Bool {
    if word != 0, word == other.word { return isWrite || other.isWrite }
    if isFree, record == other.record { return true }
    if other.isFree, other.record == record { return true }
    if isAnnounced, other.isAnnounced { return true }
    return touchesFence && other.touchesFence
  }

  /// Whether it may change a field that is no lock.
  @inlinable var isStore: Bool { kind == .write || kind == .update }
  /// Whether it frees a record as a whole.
  @inlinable var isFree: Bool { word != 0 && word == record }
  /// Whether it is a full fence.
  @inlinable var touchesFence: Bool { isFence || word == ReservedWord.fence }
}

/// Words below the first record, which stand for what is no record's.
public enum ReservedWord {
  /// RCU, as a domain.
  public static let rcu: UInt32 = 1
  /// `smp_mb`, where memory is weak.
  public static let fence: UInt32 = 2
  /// How much memory is left.
  public static let allocator: UInt32 = 3
  /// What hardware is told, or may see at any moment.
  public static let announced: UInt32 = 4
  /// How many there are.
  public static let count: UInt32 = 16
}
