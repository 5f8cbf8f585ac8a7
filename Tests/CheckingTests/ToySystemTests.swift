import Checking
import Property
import Reports
import Testing

/// A system that is no page table goes through the same engine as those that are, and needs no line of
/// it: `systems` is the one place that names it.
@Suite struct ToySystemTests {
  private let systems: [System] = [.toy]

  private func subject(_ name: String) throws -> Subject {
    try #require(systems.first?.subject(named: name))
  }

  private func report(_ name: String, cases: UInt64 = 400) throws -> CheckReport.Result {
    var plan = CampaignPlan(seed: 1, cases: 0..<cases)
    plan.shrinkBudget = 4000
    let subject = try subject(name)
    return CheckReport.Result(
      system: .toy,
      subject: subject,
      campaign: subject.campaign(plan, jobs: 2).run(),
      seconds: 0
    )
  }

  @Test func `what is right holds, and has reached what it had to`() throws {
    let result = try report("built-in")
    #expect(result.verdict == .holds)
    #expect(result.labels == "sums")
    #expect(result.labelCounts.map(\.label) == ["added", "above 20"])
    #expect(result.operations > 2000 && result.audits > 400 && result.events == result.operations)
    #expect(try report("built-in", cases: 0).verdict == .vacuous)
    #expect(try report("built-in", cases: 0).missing == ["added", "add = 0"])
  }

  @Test func `a defect is shrunk to the fewest operations, and told in the session's sections`()
    throws
  {
    let found = try #require(try report("saturates").violations.first)
    #expect(found.rule == "toy-value")
    #expect(found.configuration == "from 0")
    #expect(found.calls.map(\.text) == ["lock()", "add(3)", "add(9)", "add(9)"])
    #expect(found.sections.map(\.title) == ["counter", "the sum"])
    #expect(found.sections.map(\.text) == ["20", "21"])
    #expect(found.history.map(\.text) == ["lock(): 0", "add(3): 0", "add(9): 0", "add(9): 0"])
    let text = found.lines(title: "toy")
    #expect(text.contains("  counter    20") && text.contains("  the sum    21"))
    #expect(text.contains("  what happened:"), "\(text)")
  }

  @Test func `at a terminal a report is short: what was never reached, and the table`() throws {
    let whole = CheckReport(results: [try report("built-in")])
    #expect(whole.text.contains("\n  add  0: ") && whole.text.contains("\n  sums: added "))
    #expect(!whole.brief.contains("  add  ") && !whole.brief.contains("sums: "))
    for text in [whole.text, whole.brief] {
      #expect(text.contains("toy/built-in: seed 1") && text.contains("holds"))
    }
    let nothing = CheckReport(results: [try report("built-in", cases: 0)])
    #expect(nothing.brief.contains("  never reached: added, above 20"))
    #expect(nothing.brief.contains("  VACUOUS: "))
  }

  @Test func `a token replays the case, word for word`() throws {
    let found = try #require(try report("adds-unlocked").violations.first)
    #expect(found.calls.count == 1)
    let token = try ReplayToken(parsing: found.token)
    #expect(token.system == "toy" && token.subject == "adds-unlocked")
    let again = try #require(
      try subject("adds-unlocked").counterexample(replaying: token.choices)
    )
    #expect(ViolationReport(again, token: token).calls == found.calls)
    #expect(again.finding.fingerprint == found.fingerprint)
    #expect(try subject("built-in").counterexample(replaying: token.choices) == nil)
  }

  @Test func `what is accepted is counted, and the case goes on where both sides still agree`()
    throws
  {
    let plan = CampaignPlan(seed: 1, cases: 0..<200)
    let fingerprint = "toy-result toy"
    // A second lock that is refused is what the model says, so only the unlock is ever wrong.
    let result = try subject("forgets-unlock")
      .campaign(plan, jobs: 2, accepting: [fingerprint]).run()
    #expect(result.failures.isEmpty)
    #expect(try #require(result.statistics.accepted[fingerprint]) > 100)
    let all = try subject("forgets-unlock").campaign(plan, jobs: 2).run()
    #expect(all.failures.map(\.violation.fingerprint) == [fingerprint])
    #expect(all.statistics.accepted.isEmpty)
  }

  @Test func `two are compared, on the operations that both have`() throws {
    let plan = CampaignPlan(seed: 1, cases: 0..<200)
    let different = try #require(SubjectPair(try subject("built-in"), try subject("saturates")))
    let failure = try #require(different.campaign(plan, jobs: 2).run().failures.first)
    let difference = try #require(different.difference(replaying: failure.simplest))
    #expect(difference.what == "result of add")
    #expect(difference.calls.last?.hasPrefix("add(") == true)
    let same = try #require(SubjectPair(try subject("built-in"), try subject("forgets-unlock")))
    let result = same.campaign(plan, jobs: 2).run()
    #expect(result.failures.isEmpty)
    #expect(same.unshared(in: .toy).map(\.operation) == ["unlock"])
    #expect(result.statistics.callCount(ofOperation: 1) == 0)
    #expect(result.statistics.callCount(ofOperation: 2) > 100)
  }

  @Test func `it is listed with its subjects and its rules`() {
    let list = SystemList(systems)
    #expect(list.subjectText.hasPrefix("toy: a counter behind a lock\n  built-in "))
    #expect(list.ruleText.contains("    toy-value: the counter is the sum\n"))
    #expect(list.subjects.count == 4 && list.rules.count == 2)
  }
}
