import Checking
import Machines
import Oracles
import Testing

@testable import Systems

/// Of what one call broke, what explains the others comes first.
@Suite struct FindingOrderTests {
  private func finding(_ rule: Rule, _ fingerprint: String, at ordinal: Int = .max) -> Finding {
    var finding = Finding(rule, "")
    finding.fingerprint = fingerprint
    finding.eventOrdinal = ordinal
    return finding
  }

  @Test func `a missing invalidation explains the table freed too early and what callers see`() {
    let findings = [
      finding(.wrongEntry, "e"), finding(.wrongResult, "r"),
      finding(.useAfterFree, "u", at: 9),
      finding(.freedWhileWalkable, "f", at: 8), finding(.staleTranslation, "s", at: 12),
      finding(.wrongLevelHint, "h", at: 13),
    ]
    let combined = Finding.combined(findings, rank: Finding.explanatoryRank)
    #expect(combined?.rule == .wrongLevelHint)
    #expect(
      combined?.others.map(\.rule) == [
        .staleTranslation, .freedWhileWalkable, .useAfterFree, .wrongResult,
        .wrongEntry,
      ]
    )
  }

  @Test func `of one rank the earlier event comes first, and each fingerprint once`() {
    let findings = [
      finding(.noBreak, "b", at: 7), finding(.plainLink, "a", at: 3),
      finding(.noBreak, "b", at: 9), finding(.lost, "gone", at: 11),
    ]
    let combined = Finding.combined(findings, rank: Finding.explanatoryRank)
    #expect(combined?.fingerprint == "gone")
    #expect(combined?.others.map(\.fingerprint) == ["a", "b"])
    #expect(Finding.combined([], rank: Finding.explanatoryRank) == nil)
  }

  @Test func `every rule of Arm's tables has its place in the order`() {
    let rules = [System.arm64Stage2, .arm64Hyp, .armUnmap].flatMap(\.rules)
    let ordered = Finding.explanatoryOrder.flatMap { $0 }
    #expect(Set(ordered) == Set(rules))
    #expect(Set(ordered).count == ordered.count)
  }
}
