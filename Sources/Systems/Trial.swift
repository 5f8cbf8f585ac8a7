import Property
import Walkers
public func trial() {
  func run<W: Stage2Walker & UsableOnThreads>(_ name: String, _ subject: Stage2Subject<W>, cases: UInt64) where W.M == CheckMachine {
    var plan = CampaignPlan(seed: 1, cases: 0..<cases)
    plan.shrinkBudget = 3000
    let campaign = Campaign(plan, jobs: 1) { Stage2Check(subject) }
    let clock = ContinuousClock()
    var result = campaign.search()
    let t0 = clock.now
    result = campaign.search()
    let t = clock.now - t0
    print(name, "ops", result.statistics.operationCount, "events", result.statistics.events, "in", t, "failures", result.failures.count)
    let secs = Double(t.components.seconds) + Double(t.components.attoseconds)*1e-18
    print("  ops/s", Double(result.statistics.operationCount)/secs)
    let t1 = clock.now
    campaign.shrinkFailures(of: &result)
    print("  shrink", clock.now - t1)
    for f in result.failures {
      print(" -", f.violation.fingerprint, f.occurrences, f.simplest.count)
      var check = Stage2Check(subject)
      var choices = Choices(replaying: f.simplest)
      var s = CheckStatistics(); var n = ReportNarrator()
      _ = check.runCase(&choices, into: &s, narrator: &n)
      if let c = n.counterexample { print("    ", c.finding.message); print("    ", c.configuration); for x in c.calls { print("      ", x.text) } }
    }
  }
  run("built-in", Stage2Subject<Stage2<CheckMachine>>(create: { Stage2.create($0, on: &$1) }), cases: 20000)
  run("reference", Stage2Subject<RecursiveStage2<CheckMachine>>(create: { RecursiveStage2.create($0, on: &$1) }), cases: 5000)
  run("seed", Stage2Subject<RecursiveStage2<CheckMachine>>(create: { RecursiveStage2.create($0, faults: .stage2Seed, on: &$1) }), cases: 5000)
}
