public import Machines

extension Rule {
  /// A cache may hide memory that is mapped now.
  public static let notCleanedBeforeInstall = Rule(
    "not-cleaned-before-install",
    "memory is cleaned to the point of coherency before it is mapped cacheable without FWB",
    reference: "Arm ARM DDI 0487, \"Mismatched memory attributes\"",
    oracle: "CacheMaintenance"
  )

  /// An instruction cache may hold what was in memory before.
  public static let instructionsNotInvalidated = Rule(
    "instructions-not-invalidated",
    "the instruction cache is invalidated before memory becomes executable",
    reference:
      "Arm ARM DDI 0487, \"Synchronization and coherency issues between data and instruction"
      + " accesses\"",
    oracle: "CacheMaintenance"
  )

  /// The data cache was maintained for what needs it not.
  public static let needlessClean = Rule(
    "needless-clean",
    "the data cache is maintained for valid cacheable leaves only",
    oracle: "CacheMaintenance"
  )

  /// The instruction cache was maintained for what needs it not.
  public static let needlessInstructionInvalidation = Rule(
    "needless-instruction-invalidation",
    "the instruction cache is maintained for valid executable leaves only",
    oracle: "CacheMaintenance"
  )

  /// A cache may hide memory that was unmapped.
  public static let notCleanedAfterUnmap = Rule(
    "not-cleaned-after-unmap",
    "memory that was mapped cacheable without FWB is cleaned after its translation is gone",
    reference: "Arm ARM DDI 0487, \"Mismatched memory attributes\"",
    oracle: "CacheMaintenance"
  )

  /// A flush left out what it is asked for.
  public static let notFlushed = Rule(
    "not-flushed",
    "a flush cleans the memory of every cacheable leaf of its range",
    reference: "Arm ARM DDI 0487, \"Mismatched memory attributes\"",
    oracle: "CacheMaintenance"
  )
}

extension CacheMaintenance {
  /// The rules that are judged here.
  static let rules: [Rule] = [
    .notCleanedBeforeInstall, .instructionsNotInvalidated, .needlessClean,
    .needlessInstructionInvalidation, .notCleanedAfterUnmap, .notFlushed,
  ]
}
