import Property
import Systems

@main enum Start {
  static func main() {
    let args = CommandLine.arguments
    for system in System.all where args.count < 2 || system.name == args[1] {
      for subject in system.subjects where args.count < 3 || subject.name == args[2] {
        var plan = CampaignPlan(seed: 1, cases: 0..<(args.count > 3 ? UInt64(args[3])! : 3000))
        plan.shrinkBudget = 3000
        let campaign = subject.campaign(plan, jobs: 1)
        let clock = ContinuousClock()
        let t0 = clock.now
        var result = campaign.search()
        let t = clock.now - t0
        let secs = Double(t.components.seconds) + Double(t.components.attoseconds) * 1e-18
        let t1 = clock.now
        campaign.shrinkFailures(of: &result)
        let ts = clock.now - t1
        print(
          system.name,
          subject.name,
          subject.role,
          "ops",
          result.statistics.operationCount,
          "ev/op",
          result.statistics.events / max(1, result.statistics.operationCount),
          "ops/s",
          Int(Double(result.statistics.operationCount) / secs),
          "failures",
          result.failures.count,
          "shrink",
          ts,
          "missing",
          system.missingTransitions(result.statistics)
        )
        for f in result.failures {
          print("   -", f.violation.fingerprint, f.occurrences, f.simplest.count)
          if let c = subject.counterexample(replaying: f.simplest) {
            print("    ", c.finding.message)
            print("    ", c.configuration)
            for x in c.calls { print("      ", x.text) }
          }
        }
      }
    }
  }
}
