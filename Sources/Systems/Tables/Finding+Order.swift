import Checking
import Machines
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
    [.lost, .runaway, .unsteady],
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
  static func explanatoryRank(of rule: Rule) -> Int {
    explanatoryOrder.firstIndex { $0.contains(rule) } ?? explanatoryOrder.count
  }
}
