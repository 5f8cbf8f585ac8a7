import MyWalker
import Testing
import WalkerChecks

@Suite struct MyWalkerTests {
  @Test func `my walker does what the model says, and every oracle is content`() {
    let report = check(PageHyp<CheckedMachine, Sound>.self, CheckBudget(cases: 300))
    #expect(report.status == .held, "\(report.text)")
  }

  @Test func `a flaw is found, and shrinks to two calls`() throws {
    let report = check(PageHyp<CheckedMachine, Flawed>.self, CheckBudget(cases: 300))
    #expect(report.status == .violated)
    let found = try #require(report.results.first?.violations.first)
    #expect(found.calls.count == 2, "\(report.text)")
    #expect(found.replay == "replay(PageHyp.self, \"\(found.token)\")")
    let again = try replay(PageHyp<CheckedMachine, Flawed>.self, found.token)
    #expect(again?.contains(found.message) == true)
    #expect(try replay(PageHyp<CheckedMachine, Sound>.self, found.token) == nil)
  }
}
