/// What a batch of consecutive cases gave.
struct BatchOutput<Statistics: CaseStatistics>: Sendable {
  var statistics = Statistics()
  var casesRun: UInt64 = 0
  var casesDiscarded: UInt64 = 0
  var lastCase: UInt64 = 0
  var failures: [Failure] = []
  var nondeterminism: [Nondeterminism] = []
  /// Whether the campaign was ended before all of the batch's cases were run.
  var isCut = false
}

/// Runs batches of cases on one thread.
struct BatchWorker<P: CaseProperty>: PoolWorker {
  private var property: P
  private var choices: Choices
  private let plan: CampaignPlan
  private let watch: CampaignWatch

  init(property: P, plan: CampaignPlan, watch: CampaignWatch) {
    self.property = property
    self.plan = plan
    self.watch = watch
    choices = Choices(seed: plan.seed, case: 0, limit: plan.choiceLimit)
  }

  mutating func run(_ batch: UInt64) -> BatchOutput<P.Statistics> {
    var output = BatchOutput<P.Statistics>()
    let first = batch * plan.batchSize
    let cases = plan.shardCases
    for position in first..<min(first + plan.batchSize, cases.endIndex) {
      // A walker may take seconds for a case, so it is looked between any two of them.
      if watch.isOver() {
        output.isCut = true
        break
      }
      let caseIndex = cases[position]
      let outcome: Outcome
      let values: [UInt64]?
      if let interval = plan.selfCheckInterval, caseIndex % interval == 0 {
        (outcome, values) = runTwice(caseIndex, into: &output)
      } else {
        choices.reset(seed: plan.seed, case: caseIndex)
        outcome = property.run(&choices, into: &output.statistics)
        values = nil
      }
      output.casesRun += 1
      output.lastCase = caseIndex
      switch outcome {
      case .holds: break
      case .discarded: output.casesDiscarded += 1
      case .violated(let violation):
        let failure = Failure(
          caseIndex: caseIndex,
          violation: violation,
          choices: values ?? choices.values
        )
        watch.found(failure)
        output.failures.add(failure)
      }
    }
    return output
  }

  /// Runs a case afresh and then from its own recording, and compares all that can be seen.
  private mutating func runTwice(
    _ caseIndex: UInt64,
    into output: inout BatchOutput<P.Statistics>
  ) -> (Outcome, [UInt64]) {
    choices.reset(seed: plan.seed, case: caseIndex)
    let first = CaseRun(&property, &choices)
    output.statistics.merge(first.statistics)
    choices.reset(replaying: first.recording.values)
    if let difference = first.difference(in: CaseRun(&property, &choices)) {
      let found = Nondeterminism(
        caseIndex: caseIndex,
        difference: difference,
        choices: first.recording.values
      )
      watch.differed(found)
      output.nondeterminism.append(found)
    }
    return (first.outcome, first.recording.values)
  }
}

extension [Failure] {
  /// How many starting points the shrinker is given besides the first failure.
  private static var alternatives: Int { 3 }

  /// Adds a failure found after all those here; only the first of a fingerprint is kept whole.
  mutating func add(_ failure: Failure) {
    let fingerprint = failure.violation.fingerprint
    guard let index = firstIndex(where: { $0.violation.fingerprint == fingerprint }) else {
      append(failure)
      return
    }
    self[index].occurrences += failure.occurrences
    for choices in [failure.choices] + failure.shortest {
      self[index].consider(choices, limit: Self.alternatives)
    }
  }
}

extension Failure {
  /// Keeps the choices as a place to shrink from if they are among the shortest, the earlier first.
  fileprivate mutating func consider(_ candidate: [UInt64], limit: Int) {
    guard candidate != choices, !shortest.contains(candidate) else { return }
    let place = shortest.firstIndex { $0.count > candidate.count } ?? shortest.count
    guard place < limit else { return }
    shortest.insert(candidate, at: place)
    if shortest.count > limit { shortest.removeLast() }
  }
}
