import Machines
import Property
import Schedules
import Testing

/// How a threaded system is checked: a case draws its threads' calls, and then its schedule, from one
/// sequence of choices.
private struct CountingProperty: CaseProperty {
  struct Statistics: CaseStatistics {
    var preemptionCount = 0
    mutating func merge(_ other: Statistics) { preemptionCount += other.preemptionCount }
  }

  /// The world of all cases of a worker; its scheduler has the choices while a case runs.
  private let world = ScheduledWorld(
    RandomScheduler(Choices(seed: 0, case: 0)),
    listener: NoListener()
  )

  mutating func run(_ choices: inout Choices, into statistics: inout Statistics) -> Outcome {
    // A call counts under the lock, or under the one that is none.
    let plan = choices.list(1...3, averaging: 2) { choices in
      choices.list(1...3, averaging: 2) { $0.flip(oneIn: 2) }
    }
    world.reset()
    let toy = makeToy(world)
    let total = plan.joined().count
    world.withScheduler { swap(&$0.choices, &choices) }
    let result = world.run(
      plan.map { calls in
        { machine in
          for isBad in calls {
            if isBad { ToyCode.countBadly(&machine, toy) } else { ToyCode.count(&machine, toy) }
          }
        }
      }
    )
    world.withScheduler { swap(&$0.choices, &choices) }
    statistics.preemptionCount += result.preemptionCount
    let sum = world.alone.read(Toy.x, of: toy, .once)
    guard sum == UInt64(total) else {
      let calls = plan.map { $0.map { $0 ? "bad" : "good" }.joined(separator: ", ") }
      return .violated(
        CaseViolation(
          fingerprint: "lost-count",
          summary: "\(calls.joined(separator: " | ")): \(result.preemptionCount) preemptions"
        )
      )
    }
    return .holds
  }

  func suggestions(for recording: Recording) -> [[UInt64]] { recording.joinedTurns }
}

@Suite(.serialized) struct ThreadedCampaignTests {
  @Test func `calls and schedule shrink together, to fewest threads, calls and switches`() {
    var plan = CampaignPlan(seed: 51, cases: 0..<4000)
    plan.selfCheckInterval = 16
    let result = Campaign(plan, jobs: 2) { CountingProperty() }.run()
    #expect(result.nondeterminism.isEmpty)
    #expect(!result.failures.isEmpty)
    for failure in result.failures {
      var property = CountingProperty()
      var statistics = CountingProperty.Statistics()
      var choices = Choices(replaying: failure.simplest)
      let outcome = property.run(&choices, into: &statistics)
      guard case .violated(let violation) = outcome else {
        Issue.record("a shrunk case does not fail")
        continue
      }
      // One that counts under the lock is overtaken by one that does not, in one preemption.
      #expect(violation.summary == "good | bad: 1 preemptions")
    }
  }
}
