import Property
import Walkers

public func trial() {
  func run(_ subject: Subject, cases: UInt64) {
    var plan = CampaignPlan(seed: 1, cases: 0..<cases)
    plan.shrinkBudget = 3000
    let campaign = subject.campaign(plan, jobs: 1)
    let clock = ContinuousClock()
    let t0 = clock.now
    var result = campaign.search()
    let t = clock.now - t0
    print(
      subject.name,
      "ops",
      result.statistics.operationCount,
      "events",
      result.statistics.events,
      "in",
      t,
      "failures",
      result.failures.count
    )
    let secs = Double(t.components.seconds) + Double(t.components.attoseconds) * 1e-18
    print("  ops/s", Double(result.statistics.operationCount) / secs)
    let t1 = clock.now
    campaign.shrinkFailures(of: &result)
    print("  shrink", clock.now - t1)
    for f in result.failures {
      print(" -", f.violation.fingerprint, f.occurrences, f.simplest.count)
      if let c = subject.counterexample(replaying: f.simplest) {
        print("    ", c.finding.message)
        print("    ", c.configuration)
        for x in c.calls { print("      ", x.text) }
      }
    }
  }
  run(
    Subject(
      "built-in",
      .clean,
      "",
      Stage2Subject<Stage2<CheckMachine>>(create: { Stage2.create($0, on: &$1) })
    ),
    cases: 20000
  )
  if CommandLine.arguments.count > 1 { return }
  run(
    Subject(
      "reference",
      .clean,
      "",
      Stage2Subject<RecursiveStage2<CheckMachine>>(create: { RecursiveStage2.create($0, on: &$1) })
    ),
    cases: 5000
  )
}
