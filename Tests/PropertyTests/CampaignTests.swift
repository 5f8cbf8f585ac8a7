import Property
import Synchronization
import Testing

@Suite struct CampaignTests {
  func plan(cases: Range<UInt64> = 0..<3000) -> CampaignPlan {
    var plan = CampaignPlan(seed: 42, cases: cases)
    plan.batchSize = 16
    plan.selfCheckInterval = 100
    return plan
  }

  /// Everything that a report could print.
  func text(_ result: CampaignResult<ToyStatistics>) -> String {
    var text = ""
    dump(result, to: &text)
    return text
  }

  @Test(arguments: [nil, 1, 2])
  func `the outcome is the same for any number of threads`(failureLimit: Int?) {
    var plan = plan()
    plan.failureLimit = failureLimit
    let alone = Campaign(plan) { SmallSums() }.run()
    #expect(alone.failures.count == failureLimit ?? 2)
    for jobs in [2, 3, 8] {
      let together = Campaign(plan, jobs: jobs) { SmallSums() }.run()
      #expect(text(together) == text(alone))
    }
  }

  @Test func `failures are the first of their kind, simplest as can be`() throws {
    let result = Campaign(plan()) { SmallSums() }.run()
    #expect(result.ending == .completed)
    #expect(result.casesRun == 3000)
    #expect(result.statistics.cases == 3000)
    #expect(result.casesDiscarded > 0)
    #expect(result.nondeterminism.isEmpty)
    let sum = try #require(result.failures.first { $0.violation.fingerprint == "sum" })
    #expect(sum.simplest == [1, 103, 0])
    #expect(sum.occurrences > 100)
    let lucky = try #require(result.failures.first { $0.violation.fingerprint == "777" })
    #expect(lucky.simplest == [1, 777, 0])
    var property = SmallSums()
    var statistics = ToyStatistics()
    var choices = Choices(seed: 42, case: 0)
    for index in 0..<lucky.caseIndex {
      choices.reset(seed: 42, case: index)
      #expect(property.run(&choices, into: &statistics) != .violated(lucky.violation))
    }
  }

  @Test(arguments: [1, 3])
  func `a campaign stopped early is the campaign of the cases it covers`(jobs: Int) {
    var looks = 0
    let stopped = Campaign(plan(), jobs: jobs) { SmallSums() }.search(shouldStop: {
      looks += 1
      return looks > 7
    })
    #expect(stopped.ending == .stopped)
    #expect(stopped.casesRun >= 7 * 16 && stopped.casesRun < 3000)
    #expect(stopped.covered == 0..<stopped.casesRun)
    let bounded = Campaign(plan(cases: stopped.covered)) { SmallSums() }.search()
    #expect(bounded.failures == stopped.failures)
    #expect(bounded.statistics == stopped.statistics)
    #expect(bounded.covered == stopped.covered)
    #expect(bounded.ending == .completed)
  }

  @Test(arguments: [1, 3])
  func `an interrupt keeps what was found`(jobs: Int) {
    let flag = InterruptFlag()
    let campaign = Campaign(plan(), jobs: jobs, interrupt: flag) { SmallSums() }
    let result = campaign.run(progress: { progress in
      if progress.casesRun >= 160 { flag.raise() }
    })
    #expect(result.ending == .interrupted)
    #expect(result.casesRun >= 160 && result.casesRun < 3000)
    #expect(!result.failures.isEmpty)
    let bounded = Campaign(plan(cases: result.covered)) { SmallSums() }.search()
    #expect(bounded.failures.map(\.choices) == result.failures.map(\.choices))
  }

  @Test func `progress is told in order, and ends at the whole`() {
    var told: [UInt64] = []
    _ = Campaign(plan(), jobs: 3) { SmallSums() }.search(progress: { told.append($0.casesRun) })
    #expect(told == told.sorted())
    #expect(told.last == 3000)
    #expect(told.count == (3000 + 15) / 16)
  }

  @Test func `a failure limit ends the campaign at a batch, whatever the threads`() {
    var plan = plan()
    plan.failureLimit = 1
    let result = Campaign(plan, jobs: 3) { SmallSums() }.run()
    #expect(result.ending == .failureLimit)
    #expect(result.failures.count == 1)
    #expect(result.casesRun.isMultiple(of: 16))
    #expect(result.failures[0].caseIndex + 16 >= result.casesRun)
  }

  @Test func `a campaign of no cases covers nothing`() {
    let result = Campaign(plan(cases: 5..<5), jobs: 2) { SmallSums() }.run()
    #expect(result.casesRun == 0)
    #expect(result.covered == 5..<5)
    #expect(result.ending == .completed)
  }

  @Test(arguments: [1, 3])
  func `shards together are the whole campaign`(jobs: Int) throws {
    let whole = Campaign(plan()) { SmallSums() }.search()
    var statistics = ToyStatistics()
    var occurrences: UInt64 = 0
    for index in 0..<7 as Range<UInt64> {
      var plan = plan()
      plan.shard = try #require(Shard(index: index, of: 7))
      let share = Campaign(plan, jobs: jobs) { SmallSums() }.search()
      statistics.merge(share.statistics)
      occurrences += share.failures.reduce(0) { $0 + $1.occurrences }
    }
    #expect(statistics == whole.statistics)
    #expect(occurrences == whole.failures.reduce(0) { $0 + $1.occurrences })
  }

  @Test func `a stopped shard covers what its cases cover`() throws {
    var plan = plan()
    plan.shard = try #require(Shard(index: 2, of: 5))
    var looks = 0
    let stopped = Campaign(plan) { SmallSums() }.search(shouldStop: {
      looks += 1
      return looks > 3
    })
    #expect(stopped.casesRun == 48)
    plan.cases = stopped.covered
    let bounded = Campaign(plan) { SmallSums() }.search()
    #expect(bounded.statistics == stopped.statistics)
    #expect(bounded.casesRun == 48)
  }

  /// Remembers how often it ran, and behaves accordingly.
  struct Forgetful: CaseProperty {
    enum Fault: CaseIterable {
      case outcome
      case choices
      case statistics
      case failure
    }

    let fault: Fault
    var runs = 0

    mutating func run(_ choices: inout Choices, into statistics: inout ToyStatistics) -> Outcome {
      runs += 1
      let isOdd = runs % 2 == 1
      _ = choices.draw(through: 9)
      if fault == .choices && isOdd { _ = choices.draw(through: 9) }
      if fault == .statistics && isOdd { statistics.cases += 1 }
      if fault == .outcome && isOdd { return .discarded }
      if fault == .failure && runs == 4 { return .violated(CaseViolation(fingerprint: "once")) }
      return .holds
    }
  }

  @Test(arguments: [Forgetful.Fault.outcome, .choices, .statistics])
  func `a case that does not do the same twice is reported`(fault: Forgetful.Fault) throws {
    var plan = plan(cases: 0..<20)
    plan.selfCheckInterval = 10
    let result = Campaign(plan) { Forgetful(fault: fault) }.run()
    #expect(result.nondeterminism.map(\.caseIndex).first == 0)
    #expect(
      try #require(result.nondeterminism.first).difference.contains(
        fault == .outcome
          ? "it was no case, and in the replay" : fault == .choices ? "choices" : "counted"
      )
    )
  }

  @Test(arguments: [Forgetful.Fault.outcome, .choices, .statistics])
  func `a case that comes and goes shows when it is run again and again`(fault: Forgetful.Fault) {
    var forgetful = Forgetful(fault: fault)
    #expect(forgetful.difference(amongRunsOf: [1], count: 4) != nil)
    var steady = SmallSums()
    #expect(steady.difference(amongRunsOf: [1], count: 4) == nil)
  }

  @Test func `what differs is told of when it is seen`() {
    var plan = plan(cases: 0..<20)
    plan.selfCheckInterval = 10
    let told = Mutex<[UInt64]>([])
    let watch = CampaignWatch(differed: { found in told.withLock { $0.append(found.caseIndex) } })
    let result = Campaign(plan, watch: watch) { Forgetful(fault: .outcome) }.run()
    #expect(told.withLock { $0 } == result.nondeterminism.map(\.caseIndex))
  }

  @Test func `a failure that its choices do not reproduce is nondeterminism`() {
    var plan = plan(cases: 0..<20)
    plan.selfCheckInterval = nil
    let result = Campaign(plan) { Forgetful(fault: .failure) }.run()
    #expect(result.failures.map(\.caseIndex) == [3])
    #expect(result.failures[0].shrunk == nil)
    #expect(result.nondeterminism.map(\.caseIndex) == [3])
  }

  @Test func `each thread has a property of its own`() {
    let made = Made()
    _ = Campaign(plan(), jobs: 3) { made.property() }.search()
    #expect(made.count.load(ordering: .relaxed) == 3)
  }

  final class Made: Sendable {
    let count = Atomic(0)

    func property() -> SmallSums {
      count.add(1, ordering: .relaxed)
      return SmallSums()
    }
  }
}
