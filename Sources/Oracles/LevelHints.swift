import Architecture
public import Machines

/// Level hints: an invalidation may promise the level of the leaf only where that is true.
///
/// Reference: Arm ARM DDI 0487, the TTL field of the TLBI instructions: if the promise is wrong for
/// an entry, that entry need not be removed. So a hint removes leaves of exactly its level and no
/// table entries; and where what may be cached was only ever covered by hints that exclude it, the
/// hint is to blame. A hint that is wrong for one entry and right for another, the first being
/// invalidated otherwise, is no fault.
///
/// A hint that no level has, such as one that was never set, promises what nobody decided.
///
/// Does not establish: that a hint is given where it could be; that a hint for a place where nothing
/// is cached is true.
enum LevelHints {
  /// Judges the hint itself: level 0 gives none, and beyond 3 there is no level.
  static func judge(_ invalidation: TLBInvalidation<UInt64>, _ findings: inout Findings) {
    guard let hint = invalidation.levelHint, !(0...3).contains(hint) else { return }
    findings.add(
      .wrongLevelHint,
      "an invalidation promises level \(hint), and there is no such level",
      detail: "no-such-level"
    )
  }

  /// Whether a hint is what kept the entry from being forgotten.
  static func isToBlame(for entry: StaleEntry) -> Bool { entry.cause == "wrong-level" }
}

extension StaleEntry {
  /// The rule that the maintenance broke, if some was tried; else what its absence breaks.
  func rule(otherwise rule: Rule) -> Rule {
    if BarrierDiscipline.isTooEarly(self) { return .invalidateWithoutBarrier }
    if BarrierDiscipline.isIncomplete(self) { return .incompleteInvalidation }
    return LevelHints.isToBlame(for: self) ? .wrongLevelHint : rule
  }
}

extension Rule {
  /// An invalidation excludes what it should remove by the level that it promises.
  public static let wrongLevelHint = Rule(
    "wrong-level-hint",
    "an invalidation promises a level only where what may be cached is a leaf of that level",
    reference: "Arm ARM DDI 0487, TLBI instructions, the TTL field",
    oracle: "LevelHints"
  )
}

extension LevelHints {
  /// The rules that are judged here.
  static let rules: [Rule] = [.wrongLevelHint]
}
