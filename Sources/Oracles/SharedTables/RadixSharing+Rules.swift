public import Machines

extension Rule {
  /// A valid entry becomes another by way of an invalid one.
  public static let sharedRadixNoBreak = Rule(
    "no-break",
    "a valid entry becomes one with another translation by way of an invalid one, whoever writes",
    reference: updates,
    oracle: "RadixSharing"
  )

  /// Nothing is made valid before what was there is gone from every CPU.
  public static let sharedRadixMadeEarly = Rule(
    "made-before-invalidated",
    "no entry is made valid while any CPU may hold what anybody had made invalid there",
    reference: updates,
    oracle: "RadixSharing"
  )

  /// What a call has taken away no CPU holds when it returns.
  public static let sharedRadixStale = Rule(
    "stale-translation",
    "when a call returns, no CPU holds what it has made invalid",
    reference: updates,
    oracle: "RadixSharing"
  )

  /// A change bit that was cleared is cleared for every CPU.
  public static let sharedStaleChange = Rule(
    "stale-change",
    "when a call returns that cleared a change bit, no CPU writes the page without setting it again",
    reference: "Power ISA 3.0B, Book III, \"Reference and Change Recording\"",
    oracle: "RadixSharing"
  )

  /// A page that the host gives up is nobody's.
  public static let sharedGivenUpMapped = Rule(
    "given-up-page-mapped",
    "no entry maps a page that the host has given up, and no CPU holds a translation to one",
    reference: "the contract of MMU notifiers",
    oracle: "RadixSharing"
  )

  /// Entries change under the lock.
  public static let sharedOutsideLock = Rule(
    "changed-outside-lock",
    "software changes entries that walks come to under the lock of the tables alone",
    oracle: "RadixSharing"
  )

  /// No table is freed that a walk may come to.
  public static let sharedFreedWalkable = Rule(
    "freed-while-walkable",
    "no table is freed to which a walk comes, from the root or by what any CPU holds",
    reference: updates,
    oracle: "RadixSharing"
  )

  /// Every table that was handed out is in the tree or was freed.
  public static let sharedRadixLeaked = Rule(
    "table-leaked",
    "when nobody is in a call, every table that was not freed hangs from the root",
    oracle: "RadixSharing"
  )

  /// A fault gives nothing back that it took away itself.
  public static let sharedNeedlessBreak = Rule(
    "needless-break",
    "a fault on a page that is mapped already adds to its leaf, and never makes it invalid meanwhile",
    oracle: "RadixSharing"
  )

  /// Nobody but who ages clears reference bits.
  public static let sharedReferenceLost = Rule(
    "reference-lost",
    "only an ageing clears the reference bit of a leaf that stays mapped",
    oracle: "RadixSharing"
  )

  /// What was written is in the leaf, in the log or reported.
  public static let sharedChangeLost = Rule(
    "change-lost",
    "who clears a change bit of a logged slot logs or reports its pages before it returns",
    oracle: "RadixSharing"
  )

  /// A harvest reports what was written before it began.
  public static let sharedMissingReport = Rule(
    "missing-report",
    "nothing that was written before a harvest began waits in a leaf or in the log when it returns",
    oracle: "RadixSharing"
  )

  /// A harvest reports nothing else.
  public static let sharedNeedlessReport = Rule(
    "needless-report",
    "a harvest reports only pages whose change bits it has cleared or that waited in the log",
    oracle: "RadixSharing"
  )

  private static let updates =
    "Power ISA 3.0B, Book III, \"Translation Table Update Synchronization Requirements\""
}

extension RadixSharing {
  /// The rules that are judged here.
  public static let rules: [Rule] = [
    .sharedRadixNoBreak, .sharedRadixMadeEarly, .sharedRadixStale, .sharedStaleChange,
    .sharedGivenUpMapped, .sharedOutsideLock, .sharedFreedWalkable, .sharedRadixLeaked,
    .sharedNeedlessBreak, .sharedReferenceLost, .sharedChangeLost, .sharedMissingReport,
    .sharedNeedlessReport,
  ]
}
