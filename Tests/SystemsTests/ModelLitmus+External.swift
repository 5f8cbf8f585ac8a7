import Machines
import Property

@testable import Systems

/// A case that remembers, where it is at fault, that it was run before.
private struct Remembering: CaseProperty {
  struct Nothing: CaseStatistics {
    mutating func merge(_ other: Nothing) {}
  }

  let hasFault: Bool
  var runCount = 0

  mutating func run(_ choices: inout Choices, into statistics: inout Nothing) -> Outcome {
    runCount += 1
    return hasFault && runCount > 1 ? .discarded : .holds
  }
}

extension ModelLitmus {
  /// Those of what a walker of others is asked besides.
  static let external: [ModelLitmus] = [
    ModelLitmus(.unsteady) { hasFault in
      var plan = CampaignPlan(seed: 1, cases: 0..<1)
      plan.selfCheckInterval = 1
      let result = Campaign(plan) { Remembering(hasFault: hasFault) }.search()
      return result.nondeterminism.isEmpty ? nil : .unsteady
    }
  ]
}
