import Oracles

extension Finding {
  /// How near to the cause a rule is: of what one call breaks, the rules with the lowest number
  /// explain the others.
  ///
  /// First that the walker is gone, which explains everything; then the rules about the order of
  /// stores, barriers and invalidations; then what is stale when the call returns, and the memory
  /// that caches hide; then tables that are freed too early, and what is done with them afterwards;
  /// then counts and tables that are lost; then warnings and steps; then what callers see of it, the
  /// result and the entries; last what was done in vain, and the judges' own account.
  static func explanatoryRank(of rule: Rule) -> Int {
    switch rule {
    case .lost, .runaway: return 0
    case .noBreak, .makeBeforeInvalidate, .wrongLevelHint, .invalidateWithoutBarrier,
      .incompleteInvalidation, .plainLink, .plainLeaf, .storeWithoutBarrier, .rootWithoutBarrier,
      .contextNotSynchronised, .unbalancedSection, .storeOutsideSection:
      return 1
    case .staleTranslation, .stalePermission, .staleTable, .notCleanedBeforeInstall,
      .instructionsNotInvalidated, .notCleanedAfterUnmap, .notFlushed:
      return 2
    case .freedWhileLinked, .freedWhileWalkable, .freedWhileShared, .rootMismatch: return 3
    case .useAfterFree, .accessOutsideMemory, .doubleFree, .countBelowZero, .linkedFreedTable,
      .linkedTwice:
      return 4
    case .countMismatch, .lostTable, .leakAfterDestroy: return 5
    case .wrongResult: return 7
    case .wrongEntry: return 8
    case .needlessClean, .needlessInstructionInvalidation: return 9
    case .auditMismatch: return 10
    // Too many steps, warnings, others let run.
    default: return 6
    }
  }

  /// All that one call broke as one finding: what explains the others, with the others in it.
  ///
  /// By rank, then by the number of the event at which each was seen, then as they were given. Each
  /// fingerprint once.
  static func combined(_ findings: [Finding]) -> Finding? {
    var seen: Set<String> = []
    let ordered = findings.filter { seen.insert($0.fingerprint).inserted }.enumerated().sorted {
      let (a, b) = ($0.element, $1.element)
      let (first, second) = (explanatoryRank(of: a.rule), explanatoryRank(of: b.rule))
      return (first, a.eventOrdinal, $0.offset) < (second, b.eventOrdinal, $1.offset)
    }
    guard var first = ordered.first?.element else { return nil }
    first.others = ordered.dropFirst().map(\.element)
    return first
  }
}
