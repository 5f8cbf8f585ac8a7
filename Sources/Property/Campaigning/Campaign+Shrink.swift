extension Campaign {
  /// Shrinks every failure, each from several cases that fail so, and keeps the simplest result.
  ///
  /// A search ends at a case that no single edit improves, and which one that is depends on where
  /// it started. Starting from the shortest of the other failures as well is cheap, and often ends
  /// lower. A failure that its own choices do not reproduce is nondeterminism.
  public func shrinkFailures(of result: inout CampaignResult<P.Statistics>) {
    let failures = result.failures
    let pool = OrderedPool(
      threads: min(jobs, max(failures.count, 1)),
      items: UInt64(failures.count)
    )
    var shrunk: [ShrinkResult] = []
    pool.run(
      makeWorker: { [plan, watch, makeProperty] in
        ShrinkWorker(property: makeProperty(), failures: failures, plan: plan, watch: watch)
      },
      between: { .proceed },
      consume: { _, simplest in
        shrunk.append(simplest)
        return .proceed
      }
    )
    for (index, simplest) in shrunk.enumerated() {
      if simplest.ending == .notReproduced {
        let summary = failures[index].violation.summary
        let difference = "it failed, but not when its choices were replayed: \(summary)"
        result.nondeterminism.append(
          Nondeterminism(
            caseIndex: failures[index].caseIndex,
            difference: difference,
            choices: failures[index].choices
          )
        )
      } else {
        result.failures[index].shrunk = simplest
      }
    }
  }
}

/// Shrinks failures on one thread.
private struct ShrinkWorker<P: CaseProperty>: PoolWorker {
  var property: P
  let failures: [Failure]
  let plan: CampaignPlan
  let watch: CampaignWatch

  mutating func run(_ item: UInt64) -> ShrinkResult {
    var failure = failures[Int(item)]
    if watch.isOver() { return ShrinkResult(values: failure.choices, runs: 0, ending: .cancelled) }
    var target = FailureTarget(
      property: property,
      fingerprint: failure.violation.fingerprint,
      watch: watch
    )
    var best: ShrinkResult?
    var runs = 0
    for start in [failure.choices] + failure.shortest {
      let remaining = plan.shrinkBudget - runs
      guard remaining > 0 else { break }
      let shrinker = Shrinker(budget: remaining, choiceLimit: plan.choiceLimit)
      let result = shrinker.shrink(start, target: &target)
      runs += result.runs
      guard let simplest = best else {
        best = result
        if result.ending == .notReproduced { break }
        continue
      }
      if result.ending != .notReproduced, result.isSimpler(than: simplest) {
        best = result
      }
    }
    property = target.property
    let result = best ?? ShrinkResult(values: failure.choices, runs: runs, ending: .outOfBudget)
    if result.ending != .notReproduced {
      failure.shrunk = result
      watch.found(failure)
    }
    return result
  }
}

/// A case that should go on failing with one fingerprint.
private struct FailureTarget<P: CaseProperty>: ShrinkTarget {
  var property: P
  let fingerprint: String
  let watch: CampaignWatch
  private var statistics = P.Statistics()

  init(property: P, fingerprint: String, watch: CampaignWatch) {
    self.property = property
    self.fingerprint = fingerprint
    self.watch = watch
  }

  var isCancelled: Bool { watch.isOver() }

  mutating func stillFails(_ choices: inout Choices) -> Bool {
    guard case .violated(let violation) = property.run(&choices, into: &statistics) else {
      return false
    }
    return violation.fingerprint == fingerprint
  }

  func suggestions(for recording: Recording) -> [[UInt64]] {
    property.suggestions(for: recording)
  }
}
