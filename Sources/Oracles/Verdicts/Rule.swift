/// A rule that an oracle applies.
///
/// Its raw value is its name in reports, and does not change.
public enum Rule: String, Sendable, Hashable, CaseIterable {
  // Break-before-make.
  case noBreak = "no-break"
  case makeBeforeInvalidate = "make-before-invalidate"
  // TLB coherence.
  case staleTranslation = "stale-translation"
  case stalePermission = "stale-permission"
  case staleTable = "stale-table"
  // Level hints.
  case wrongLevelHint = "wrong-level-hint"
  // Barriers.
  case plainLink = "plain-link"
  case invalidateWithoutBarrier = "invalidate-without-barrier"
  case incompleteInvalidation = "incomplete-invalidation"
  case storeWithoutBarrier = "store-without-barrier"
  case rootWithoutBarrier = "root-without-barrier"
  case plainLeaf = "plain-leaf"
  case contextNotSynchronised = "context-not-synchronised"
  // Table lifetime.
  case useAfterFree = "use-after-free"
  case accessOutsideMemory = "access-outside-memory"
  case doubleFree = "double-free"
  case countBelowZero = "count-below-zero"
  case freedWhileLinked = "freed-while-linked"
  case freedWhileWalkable = "freed-while-walkable"
  case linkedFreedTable = "linked-freed-table"
  case linkedTwice = "linked-twice"
  case rootMismatch = "root-mismatch"
  case lostTable = "lost-table"
  case leakAfterDestroy = "leak-after-destroy"
  // Locks.
  case unbalancedSection = "unbalanced-section"
  case storeOutsideSection = "store-outside-section"
  case freedWhileShared = "freed-while-shared"
  case yieldNotPermitted = "yield-not-permitted"
  // Reference counts.
  case countMismatch = "count-mismatch"
  // Cache maintenance.
  case notCleanedBeforeInstall = "not-cleaned-before-install"
  case instructionsNotInvalidated = "instructions-not-invalidated"
  case needlessClean = "needless-clean"
  case needlessInstructionInvalidation = "needless-instruction-invalidation"
  case notCleanedAfterUnmap = "not-cleaned-after-unmap"
  case notFlushed = "not-flushed"
  // Progress and warnings.
  case tooManySteps = "too-many-steps"
  case runaway = "runaway"
  case lost = "lost"
  case unexpectedWarning = "unexpected-warning"
  // The judges' own account against memory.
  case auditMismatch = "audit-mismatch"
}

extension Rule {
  /// The oracle that applies the rule.
  public var oracle: String {
    switch self {
    case .noBreak, .makeBeforeInvalidate: "BreakBeforeMake"
    case .staleTranslation, .stalePermission, .staleTable: "TLBCoherence"
    case .wrongLevelHint: "LevelHints"
    case .plainLink, .invalidateWithoutBarrier, .incompleteInvalidation, .storeWithoutBarrier,
      .rootWithoutBarrier, .plainLeaf, .contextNotSynchronised:
      "BarrierDiscipline"
    case .useAfterFree, .accessOutsideMemory, .doubleFree, .countBelowZero, .freedWhileLinked,
      .freedWhileWalkable, .linkedFreedTable, .linkedTwice, .rootMismatch, .lostTable,
      .leakAfterDestroy:
      "TableLifetime"
    case .unbalancedSection, .storeOutsideSection, .freedWhileShared, .yieldNotPermitted:
      "LockDiscipline"
    case .countMismatch: "ReferenceCounts"
    case .notCleanedBeforeInstall, .instructionsNotInvalidated, .needlessClean,
      .needlessInstructionInvalidation, .notCleanedAfterUnmap, .notFlushed:
      "CacheMaintenance"
    case .tooManySteps, .runaway, .lost: "Progress"
    case .unexpectedWarning: "Warnings"
    case .auditMismatch: "Audit"
    }
  }

  /// The rule's name in words.
  public var title: String { rawValue.split(separator: "-").joined(separator: " ") }

  /// What the rule demands, in a sentence.
  public var statement: String {
    switch self {
    case .noBreak:
      "a valid descriptor becomes another one with a different address, size, kind, memory type or"
        + " shareability only by way of an invalid one"
    case .makeBeforeInvalidate:
      "a descriptor is made valid only when no TLB can hold what its entry translated before"
    case .staleTranslation:
      "when a call returns, no TLB can hold a translation that the tables no longer have"
    case .stalePermission:
      "when a call that owes no invalidation returns, no TLB can hold permissions of before"
    case .staleTable:
      "when a call returns, no TLB can hold a table entry that the tables no longer have"
    case .wrongLevelHint:
      "an invalidation promises a level only where what may be cached is a leaf of that level"
    case .plainLink:
      "a new table is linked after its contents are visible: by a release, or after a barrier"
    case .invalidateWithoutBarrier:
      "a change is made visible by dsb ishst before the invalidation of what it replaced is issued"
    case .incompleteInvalidation:
      "an invalidation is completed by dsb ish before the call returns"
    case .storeWithoutBarrier:
      "a call that maps, or makes a mapping usable, orders its last store by dsb ishst before it"
        + " returns, whatever it returns"
    case .rootWithoutBarrier:
      "a guest's root is given to its user after a dsb ishst has made its zeroes visible"
    case .plainLeaf:
      "memory is mapped by a release, or after a barrier of the call, so that what was written to it"
        + " before is what is seen through the mapping"
    case .contextNotSynchronised:
      "a call that changes the tables its own CPU walks ends with an isb after its last dsb"
    case .useAfterFree: "a freed table page is neither read nor written"
    case .accessOutsideMemory: "only table pages are read and written as tables"
    case .doubleFree: "a page is freed once, and its count is not touched afterwards"
    case .countBelowZero: "a page's count never falls below zero"
    case .freedWhileLinked: "a table is freed only when no table entry leads to it"
    case .freedWhileWalkable:
      "a table is freed only when no TLB can hold a table entry that leads to it"
    case .linkedFreedTable: "a table entry leads to a live table page"
    case .linkedTwice: "a table page is linked at one place"
    case .rootMismatch:
      "a root is as many aligned concatenated tables as the sizes demand, and freed as it was made"
    case .lostTable:
      "when a call returns, every table page that is not free, nor given away to be freed later, is"
        + " part of the tree"
    case .leakAfterDestroy: "destroy frees every table page"
    case .unbalancedSection:
      "a section in which tables are kept for other walks is left as often as it is entered, and"
        + " before the call returns"
    case .storeOutsideSection:
      "a call beside which other walks may run writes tables only inside a section that keeps them"
    case .freedWhileShared:
      "a call beside which other walks may run frees no table that they may be reading"
    case .yieldNotPermitted: "a call lets others run only where its caller can wait"
    case .countMismatch:
      "a table page's count is 1 plus the number of its entries that are not zero"
    case .notCleanedBeforeInstall:
      "memory is cleaned to the point of coherency before it is mapped cacheable without FWB"
    case .instructionsNotInvalidated:
      "the instruction cache is invalidated before memory becomes executable"
    case .needlessClean: "the data cache is maintained for valid cacheable leaves only"
    case .needlessInstructionInvalidation:
      "the instruction cache is maintained for valid executable leaves only"
    case .notCleanedAfterUnmap:
      "memory that was mapped cacheable without FWB is cleaned after its translation is gone"
    case .notFlushed: "a flush cleans the memory of every cacheable leaf of its range"
    case .tooManySteps: "a call takes no more loads and stores than its range allows"
    case .runaway: "a call ends"
    case .lost: "a call comes back to its caller"
    case .unexpectedWarning: "the walker does not reach what its author thought impossible"
    case .auditMismatch: "the tables in memory are what the stores that were seen make of them"
    }
  }

  /// Where the rule comes from.
  public var reference: String {
    switch self {
    case .noBreak: "Arm ARM DDI 0487 M.b, D8.17.1, RWHZWS"
    case .makeBeforeInvalidate: "Arm ARM DDI 0487 M.b, RDDMVT, and D8.17.1, RWHZWS"
    case .staleTranslation, .stalePermission, .staleTable:
      "Arm ARM DDI 0487 M.b, RGPPYH, RFFWJK and RRVJDB"
    case .wrongLevelHint: "Arm ARM DDI 0487, TLBI instructions, the TTL field"
    case .invalidateWithoutBarrier, .incompleteInvalidation:
      "Arm ARM DDI 0487 M.b, RDDMVT"
    case .contextNotSynchronised:
      "Arm ARM DDI 0487, \"Context synchronization event\", and RDDMVT"
    case .plainLink, .storeWithoutBarrier, .rootWithoutBarrier, .plainLeaf:
      "Arm ARM DDI 0487, \"Ordering of memory accesses from translation table walks\""
    case .notCleanedBeforeInstall, .notCleanedAfterUnmap, .notFlushed:
      "Arm ARM DDI 0487, \"Mismatched memory attributes\""
    case .instructionsNotInvalidated:
      "Arm ARM DDI 0487, \"Synchronization and coherency issues between data and instruction"
        + " accesses\""
    default: "the calls' own contract"
    }
  }
}
