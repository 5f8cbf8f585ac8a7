/// Runs many cases of one property and keeps what it found.
///
/// The result is a function of the plan alone: consecutive cases form batches of a fixed size, any
/// thread may run a batch, and batches are merged in order. Time enters only as the moment at which
/// the caller says stop, and the result then says which cases it covers.
public struct Campaign<P: CaseProperty>: Sendable {
  /// Which cases to run.
  public let plan: CampaignPlan
  /// How many threads to run them on.
  public let jobs: Int
  /// Ends the campaign early when raised; shrinking too.
  public let interrupt: InterruptFlag
  let watch: CampaignWatch
  let makeProperty: @Sendable () -> P

  /// Prepares a campaign.
  ///
  /// - Parameters:
  ///   - plan: Which cases to run.
  ///   - jobs: How many threads to run them on; the result does not depend on it.
  ///   - interrupt: Ends the campaign early when raised.
  ///   - watch: Looked at and told between any two runs of a case.
  ///   - makeProperty: Makes each thread its own property.
  public init(
    _ plan: CampaignPlan,
    jobs: Int = 1,
    interrupt: InterruptFlag = InterruptFlag(),
    watch: CampaignWatch = CampaignWatch(),
    makeProperty: @escaping @Sendable () -> P
  ) {
    precondition(plan.batchSize > 0, "batches of no cases")
    precondition(plan.selfCheckInterval != 0, "a self-check every 0 cases")
    precondition(jobs > 0, "\(jobs) jobs")
    self.plan = plan
    self.jobs = jobs
    self.interrupt = interrupt
    self.watch = watch.endedBy(interrupt)
    self.makeProperty = makeProperty
  }

  /// Runs the cases and shrinks what failed.
  ///
  /// - Parameters:
  ///   - shouldStop: Asked between batches, on the calling thread.
  ///   - progress: Told between batches, on the calling thread.
  /// - Returns: What was found, failures in the order of their cases.
  public func run(
    shouldStop: () -> Bool = { false },
    progress: (CampaignProgress) -> Void = { _ in }
  ) -> CampaignResult<P.Statistics> {
    var result = search(shouldStop: shouldStop, progress: progress)
    if plan.shrinkBudget > 0 { shrinkFailures(of: &result) }
    return result
  }

  /// Runs the cases, and leaves failures as they were found.
  public func search(
    shouldStop: () -> Bool = { false },
    progress: (CampaignProgress) -> Void = { _ in }
  ) -> CampaignResult<P.Statistics> {
    var result = CampaignResult<P.Statistics>(
      seed: plan.seed,
      shard: plan.shard,
      start: plan.cases.lowerBound
    )
    let pool = OrderedPool(threads: jobs, items: plan.batchCount)
    var endingSought = CampaignEnding.completed
    var isCut = false
    pool.run(
      makeWorker: { [plan, watch, makeProperty] in
        BatchWorker(property: makeProperty(), plan: plan, watch: watch)
      },
      between: {
        guard !interrupt.isRaised else {
          endingSought = .interrupted
          return .drain
        }
        guard !shouldStop(), !watch.isOver() else {
          endingSought = .stopped
          return .drain
        }
        return .proceed
      },
      consume: { _, output in
        if isCut {
          // Behind a gap nothing is covered; what was found there is kept all the same.
          let known = Set(result.failures.map(\.violation.fingerprint))
          result.failures += output.failures.filter { !known.contains($0.violation.fingerprint) }
          return .drain
        }
        result.merge(output)
        if output.isCut {
          isCut = true
          endingSought = interrupt.isRaised ? .interrupted : .stopped
        }
        progress(CampaignProgress(casesRun: result.casesRun, failures: result.failures.count))
        guard let limit = plan.failureLimit, result.failures.count >= limit else {
          return isCut ? .drain : .proceed
        }
        result.failures.removeLast(result.failures.count - limit)
        result.ending = .failureLimit
        return .abandon
      }
    )
    if result.casesRun == plan.shardCases.endIndex {
      result.covered = plan.cases
    } else if result.ending == .completed {
      result.ending = endingSought
    }
    return result
  }
}

extension CampaignResult {
  mutating func merge(_ output: BatchOutput<Statistics>) {
    statistics.merge(output.statistics)
    casesRun += output.casesRun
    casesDiscarded += output.casesDiscarded
    if output.casesRun > 0 { covered = covered.lowerBound..<output.lastCase + 1 }
    for failure in output.failures { failures.add(failure) }
    nondeterminism += output.nondeterminism
  }
}
