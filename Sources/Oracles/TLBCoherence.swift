import Architecture
public import Machines

/// TLB coherence: when a call returns, no TLB of either CPU can hold what the tables no longer say,
/// unless the API makes its caller owe the invalidation.
///
/// Reference: Arm ARM DDI 0487 M.b, RFFWJK and RRVJDB (what may be cached, and for how long),
/// RGPPYH (what has to be invalidated). Only permissions and the access flag can be owed; a debt
/// ends when its entry changes in anything else.
///
/// Does not establish: that the caller pays; when a CPU sees a *new* translation; anything about
/// what the guest's own stage-1 tables say.
enum TLBCoherence {
  /// Judges what is stale at the end of a call; returns whether there was a violation.
  static func judgeReturn(_ cache: TranslationCache, _ findings: inout Findings) -> Bool {
    guard cache.count > cache.debtCount else { return false }
    var unpaid = cache.staleEntries.filter { !$0.isDebt }
    unpaid.sort { ($0.brokenAt, $0.inputAddress) < ($1.brokenAt, $1.inputAddress) }
    var seen: Set<String> = []
    for entry in unpaid {
      let rule = entry.rule(otherwise: ordinaryRule(entry))
      // With a context the same cause may be several faults, which only their fingerprints tell.
      let isNew = seen.insert("\(rule.name)\(entry.cause)\(entry.kind)").inserted
      guard isNew || findings.context != nil else { continue }
      let others = unpaid.count > 1 ? ", one of \(unpaid.count) such entries" : ""
      findings.add(
        rule,
        "the call returned while the \(entry.kind) \(entry.raw.hexadecimal), replaced at event"
          + " \(entry.brokenAt)\(others), may still be cached: it \(entry.explanation)",
        at: Place(
          entryAddress: entry.entryAddress,
          inputAddress: entry.inputAddress,
          level: entry.level
        ),
        detail: "\(entry.kind)/\(entry.cause)",
        decidedAt: entry.brokenAt
      )
    }
    return true
  }

  private static func ordinaryRule(_ entry: StaleEntry) -> Rule {
    entry.kind == .table
      ? .staleTable : entry.isPermissionOnly ? .stalePermission : .staleTranslation
  }
}

extension Rule {
  /// A translation that is no more may still be cached.
  public static let staleTranslation = Rule(
    "stale-translation",
    "when a call returns, no TLB can hold a translation that the tables no longer have",
    reference: "Arm ARM DDI 0487 M.b, RGPPYH, RFFWJK and RRVJDB",
    oracle: "TLBCoherence"
  )

  /// A permission or an access flag that is no more may still be cached.
  public static let stalePermission = Rule(
    "stale-permission",
    "when a call that owes no invalidation returns, no TLB can hold permissions of before",
    reference: "Arm ARM DDI 0487 M.b, RGPPYH, RFFWJK and RRVJDB",
    oracle: "TLBCoherence"
  )

  /// An entry that led to a table may still be cached.
  public static let staleTable = Rule(
    "stale-table",
    "when a call returns, no TLB can hold a table entry that the tables no longer have",
    reference: "Arm ARM DDI 0487 M.b, RGPPYH, RFFWJK and RRVJDB",
    oracle: "TLBCoherence"
  )
}

extension TLBCoherence {
  /// The rules that are judged here.
  static let rules: [Rule] = [.staleTranslation, .stalePermission, .staleTable]
}
