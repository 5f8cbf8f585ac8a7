public import Machines

extension Rule {
  /// A valid descriptor becomes another by way of an invalid one.
  public static let sharedNoBreak = Rule(
    "no-break",
    "a valid descriptor becomes another that demands a break by way of an invalid one, whoever"
      + " writes",
    reference: "Arm ARM DDI 0487 M.b, D8.17.1, RWHZWS",
    oracle: "TableSharing"
  )

  /// Nothing is made valid before what was broken there is gone from every CPU's TLBs.
  public static let madeBeforeInvalidated = Rule(
    "made-before-invalidated",
    "no descriptor is made valid while any CPU's TLBs may hold what anybody had broken there",
    reference: "Arm ARM DDI 0487 M.b, D8.17.1, RDDMVT",
    oracle: "TableSharing"
  )

  /// What a call has broken is in no CPU's TLBs when it returns.
  public static let staleShared = Rule(
    "stale-translation",
    "when a call returns, no CPU's TLBs hold what it has broken or write-protected",
    reference: "Arm ARM DDI 0487 M.b, RGPPYH",
    oracle: "TableSharing"
  )

  /// A fault of a CPU leaves its TLBs nothing that permits less than the fault saw.
  public static let outdatedPermission = Rule(
    "outdated-permission",
    "when a fault's permissions are dealt with, the CPU's TLBs hold nothing that permits less than"
      + " the call saw in memory",
    oracle: "TableSharing"
  )

  /// No table is freed that a walk may come to.
  public static let freedWhileWalked = Rule(
    "freed-while-walkable",
    "no table is freed to which a walk comes, from the root or by what any CPU's TLBs hold",
    reference: "Arm ARM DDI 0487 M.b, RRVJDB",
    oracle: "TableSharing"
  )

  /// No fault takes permissions away.
  public static let permissionTaken = Rule(
    "permission-taken",
    "only a write protection takes permissions from a leaf that stays mapped",
    oracle: "TableSharing"
  )

  /// Nobody but who ages clears access flags.
  public static let accessLost = Rule(
    "access-lost",
    "only an ageing clears the access flag of a leaf that stays mapped",
    oracle: "TableSharing"
  )

  /// Who takes an entry for a change gives it back.
  public static let entryLeftLocked = Rule(
    "entry-left-locked",
    "no entry is taken for a change when nobody is in a call",
    oracle: "TableSharing"
  )

  /// Every table that was handed out is in the tree or was freed.
  public static let sharedTableLeaked = Rule(
    "table-leaked",
    "when nobody is in a call, every table that was not freed hangs from the root",
    oracle: "TableSharing"
  )

  /// Counts are right when nobody is in a call.
  public static let sharedCount = Rule(
    "wrong-count",
    "when nobody is in a call, a table's count is 1 and its entries that are not empty",
    oracle: "TableSharing"
  )
}

extension TableSharing {
  /// The rules that are judged here.
  public static let rules: [Rule] = [
    .sharedNoBreak, .madeBeforeInvalidated, .staleShared, .outdatedPermission, .freedWhileWalked,
    .permissionTaken, .accessLost, .entryLeftLocked, .sharedTableLeaked, .sharedCount,
  ]
}
