import Testing

@testable import Systems

/// Of what one call broke, what explains the others comes first.
@Suite struct FindingOrderTests {
  private func finding(_ rule: String, _ fingerprint: String, at ordinal: Int = .max) -> Finding {
    Finding(
      rule: rule,
      statement: "",
      reference: "",
      message: "",
      fingerprint: fingerprint,
      eventOrdinal: ordinal
    )
  }

  @Test func `a missing invalidation explains the table freed too early and what callers see`() {
    let findings = [
      finding("wrong-entry", "e"), finding("wrong-result", "r"),
      finding("use-after-free", "u", at: 9),
      finding("freed-while-walkable", "f", at: 8), finding("stale-translation", "s", at: 12),
      finding("wrong-level-hint", "h", at: 13),
    ]
    let combined = Finding.combined(findings)
    #expect(combined?.rule == "wrong-level-hint")
    #expect(
      combined?.others.map(\.rule) == [
        "stale-translation", "freed-while-walkable", "use-after-free", "wrong-result",
        "wrong-entry",
      ]
    )
  }

  @Test func `of one rank the earlier event comes first, and each fingerprint once`() {
    let combined = Finding.combined([
      finding("no-break", "b", at: 7), finding("plain-link", "a", at: 3),
      finding("no-break", "b", at: 9), finding("lost", "gone", at: 11),
    ])
    #expect(combined?.fingerprint == "gone")
    #expect(combined?.others.map(\.fingerprint) == ["a", "b"])
    #expect(Finding.combined([]) == nil)
  }
}
