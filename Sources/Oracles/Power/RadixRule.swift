/// A rule that the keeping of a partition-scoped radix tree can break.
public enum RadixRule: String, Sendable, Hashable, CaseIterable {
  /// A valid entry became another valid one.
  case noBreak = "no-break"
  /// A valid entry was written where what was there may still be cached.
  case makeBeforeInvalidate = "make-before-invalidate"
  /// A leaf that the hardware may be changing was overwritten.
  case plainStore = "plain-store"
  /// A leaf was taken away and given back.
  case needlessBreak = "needless-break"
  /// A translation that is no more may still be cached.
  case staleTranslation = "stale-translation"
  /// A permission that is no more may still be cached.
  case stalePermission = "stale-permission"
  /// A change bit that was cleared may still be cached as set.
  case staleChange = "stale-change"
  /// An entry that led to a table may still be cached.
  case staleTable = "stale-table"
  /// An invalidation came before the change was visible.
  case invalidateWithoutBarrier = "invalidate-without-barrier"
  /// An invalidation is about other entries than the partition's own.
  case foreignInvalidation = "foreign-invalidation"
  /// An invalidation was not waited for.
  case incompleteInvalidation = "incomplete-invalidation"
  /// A table was changed by somebody who has not its lock.
  case storeOutsideLock = "store-outside-lock"
  /// A table was changed on the strength of answers that may be out of date.
  case changeUnasked = "change-unasked"
  /// Memory for a table was asked for under the lock.
  case allocateUnderLock = "allocate-under-lock"
  /// An entry that maps nothing is not zero.
  case entryNotCleared = "entry-not-cleared"
  /// A change was recorded where no store is permitted.
  case changeWithoutWrite = "change-without-write"
  /// A leaf has bits that mean nothing in a partition's tables.
  case foreignBits = "foreign-bits"
  /// A freed table was used.
  case useAfterFree = "use-after-free"
  /// Something else than an entry of a table was used.
  case accessOutsideTable = "access-outside-table"
  /// A page was freed that was not in use.
  case doubleFree = "double-free"
  /// A table was freed to which an entry leads.
  case freedWhileLinked = "freed-while-linked"
  /// A table was freed to which a cached entry may lead.
  case freedWhileWalkable = "freed-while-walkable"
  /// A table was freed of which a TLB may hold a leaf.
  case freedWhileCached = "freed-while-cached"
  /// An entry was made to lead to what is no table of its own.
  case badLink = "bad-link"
  /// A new table was made reachable by a store that is not ordered after its zeros.
  case plainLink = "plain-link"
  /// A table leads nowhere, and was not given back.
  case lostTable = "lost-table"
  /// A page was not freed.
  case leak = "leak-after-destroy"
  /// The walker reached what its author thought impossible.
  case unexpectedWarning = "unexpected-warning"
  /// A call did not end.
  case runaway

  /// The rule, in a sentence.
  public var statement: String {
    switch self {
    case .noBreak:
      "a valid entry is made invalid before it becomes one with another translation, and on a DD1"
        + " before it becomes any other"
    case .makeBeforeInvalidate:
      "a valid entry is written only when no CPU can hold what was there before"
    case .plainStore:
      "a valid leaf is changed by one atomic update, as the hardware may set its reference and"
        + " change bits at any moment"
    case .needlessBreak:
      "a fault on a page that is mapped already adds permissions and takes nothing away"
    case .staleTranslation:
      "when a call returns, no CPU can hold a translation that the tables no longer have"
    case .stalePermission:
      "when a call returns, no CPU can hold permissions that the tables no longer have"
    case .staleChange:
      "when a call returns, no CPU can hold a change bit that was cleared, or stores go unseen"
    case .staleTable:
      "when a call returns, no walk cache can hold an entry that the tables no longer have"
    case .invalidateWithoutBarrier: "a change is ordered by ptesync before its tlbie is issued"
    case .foreignInvalidation:
      "a tlbie is about the partition's own entries, in a page size that there is, and nobody else's"
    case .incompleteInvalidation:
      "a tlbie is completed by eieio, tlbsync and ptesync before the call returns"
    case .storeOutsideLock:
      "the tables are changed under their lock, until nobody uses them any more"
    case .changeUnasked:
      "a fault changes the tables only after it was asked under the lock whether there was an"
        + " invalidation, and there was none"
    case .allocateUnderLock: "memory for tables is asked for before their lock is taken"
    case .entryNotCleared:
      "an entry that was taken away is zero when the call returns, as if it had never been"
    case .changeWithoutWrite:
      "a fault records a change only in a leaf that permits stores"
    case .foreignBits: "a partition-scoped leaf has bits of its own scope only"
    case .useAfterFree: "a freed table is neither read nor written"
    case .accessOutsideTable: "only entries of tables are read and written as such"
    case .doubleFree: "a table is freed once"
    case .freedWhileLinked: "a table is freed only when no entry leads to it"
    case .freedWhileWalkable:
      "a table is freed only when no walk cache can hold an entry that leads to it"
    case .freedWhileCached:
      "a table is freed only when no TLB can hold a leaf of it, whose bits the hardware would set"
        + " there"
    case .plainLink: "an entry that leads to a new table is stored after the table's own entries"
    case .lostTable:
      "when a call returns, each table that it made or took out leads somewhere or was given back"
    case .badLink: "an entry leads to a table of its own, aligned to its size"
    case .leak: "free gives every table back"
    case .unexpectedWarning: "the walker does not reach what its author thought impossible"
    case .runaway: "a call ends"
    }
  }

  /// Where the rule comes from.
  public var reference: String {
    switch self {
    case .noBreak, .makeBeforeInvalidate, .staleTranslation, .stalePermission, .staleTable,
      .invalidateWithoutBarrier, .incompleteInvalidation:
      "Power ISA 3.0B, Book III, \"Translation Table Update Synchronization Requirements\""
    case .plainStore, .staleChange, .changeWithoutWrite, .freedWhileCached:
      "Power ISA 3.0B, Book III, \"Reference and Change Recording\""
    case .foreignBits, .badLink: "Power ISA 3.0B, Book III, \"Radix Tree Translation\""
    case .freedWhileWalkable, .foreignInvalidation:
      "Power ISA 3.0B, Book III, \"TLB Management Instructions\""
    default: "the calls' own contract"
    }
  }
}

/// One breach of a rule.
public struct RadixViolation: Sendable, Hashable {
  /// The rule.
  public var rule: RadixRule
  /// What happened, in plain words.
  public var message: String
  /// The same for every instance of one fault.
  public var fingerprint: String
  /// The real address of the entry concerned; nil for none.
  public var entryAddress: UInt64?
  /// The first guest real address concerned; nil for none.
  public var inputAddress: UInt64?
}
