import Oracles

extension Finding {
  /// The rules by how near to the cause they are: of what one call breaks, those that come first
  /// explain the others.
  ///
  /// First that the walker is gone, which explains everything; then the rules about the order of
  /// stores, barriers and invalidations; then what is stale when the call returns, and the memory
  /// that caches hide; then tables that are freed too early, and what is done with them afterwards;
  /// then counts and tables that are lost; then warnings and steps; then what callers see of it, the
  /// result and the entries; last what was done in vain, and the judges' own account.
  static let explanatoryOrder: [[Rule]] = [
    [.lost, .runaway],
    [
      .noBreak, .makeBeforeInvalidate, .wrongLevelHint, .invalidateWithoutBarrier,
      .incompleteInvalidation, .plainLink, .plainLeaf, .storeWithoutBarrier, .rootWithoutBarrier,
      .contextNotSynchronised, .missingFeature, .unbalancedSection, .storeOutsideSection,
    ],
    [
      .staleTranslation, .stalePermission, .staleTable, .notCleanedBeforeInstall,
      .instructionsNotInvalidated, .notCleanedAfterUnmap, .notFlushed,
    ],
    [.freedWhileLinked, .freedWhileWalkable, .freedWhileShared, .rootMismatch],
    [
      .useAfterFree, .accessOutsideMemory, .doubleFree, .countBelowZero, .linkedFreedTable,
      .linkedTwice,
    ],
    [.countMismatch, .lostTable, .leakAfterDestroy],
    [.tooManySteps, .unexpectedWarning, .yieldNotPermitted, .needlessRewrite, .yieldAmiss],
    [.wrongResult],
    [.wrongEntry],
    [.needlessClean, .needlessInstructionInvalidation],
    [.auditMismatch],
  ]

  /// Where a rule stands in that order; one that does not comes last.
  private static func explanatoryRank(of rule: Rule) -> Int {
    explanatoryOrder.firstIndex { $0.contains(rule) } ?? explanatoryOrder.count
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
