public import Checking
public import Machines
import Oracles
public import Property
import Reference
import Schedules
public import Walkers

/// A case of guest-frame caches: what is done alone is done at once, what threads are given is kept until
/// the next that is done alone, and then done by all of them as the choices schedule it.
public struct PfnCacheSession<Walker: PfnCacheWalker>: Session {
  /// Threads, records and the pretended host.
  public typealias World = PfnCaseWorld<Walker>

  let world: World
  private var threads: ThreadedCase<PfnCacheOperation>

  /// A world for a walker.
  public static func world(for variant: Walker) -> World { World(variant) }

  /// Nothing can keep a case from beginning.
  public static var unmade: Finding { Finding(.threadNeverEnds, "a case does not begin") }

  /// What users see, before what explains it among threads.
  public static func explanatoryRank(of rule: Rule) -> Int {
    PfnCacheModel.rules.contains(rule) ? 0 : 1
  }

  /// Begins a case.
  public init?(
    _ plan: PfnCachePlan,
    _ variant: Walker,
    in world: inout World,
    _ setting: CaseSetting
  ) {
    self.world = world
    threads = ThreadedCase(setting)
    world.begin(plan, isRecorded: setting.isRecorded)
  }

  /// Performs an operation without a schedule: each thread in turn.
  public mutating func perform(
    _ operation: PfnCacheOperation,
    beside: Void?,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    var choices = Choices(replaying: [])
    return perform(operation, beside: beside, &choices, into: &statistics)
  }

  /// Performs an operation, or gives it to a thread.
  public mutating func perform(
    _ operation: PfnCacheOperation,
    beside: Void?,
    _ choices: inout Choices,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    threads.perform(operation, in: world, &choices, into: &statistics)
    return firstFinding
  }

  /// The operation, and whether others ended before it began.
  public func text(of operation: PfnCacheOperation) -> String { threads.text(of: operation) }

  /// Takes all caches out of use, and looks at everything.
  public mutating func end() -> Finding? {
    if !threads.isOver { threads.isOver = world.audit().ending != .finished }
    return firstFinding
  }

  private var allFindings: [Finding] {
    world.state.pointee.model.breaches.map { Finding($0) }
      + world.world.listener.judges.violations.map { Finding($0) }
  }

  private var firstFinding: Finding? {
    world.hasFindings ? threads.first(of: allFindings) : nil
  }

  /// Everything that was found.
  public func findings(_ first: Finding, hasEnded: Bool) -> [Finding] { allFindings }

  /// Counts events, and what the case reached.
  public mutating func count(into statistics: inout CheckStatistics) {
    statistics.count(events: eventCount)
    statistics.count(labels: world.state.pointee.situations.counts)
  }

  /// Nothing was taken.
  public func leave(_ world: inout World) {}

  /// How many events there were.
  public var eventCount: Int { world.world.withListener { $0.judges.eventCount } }

  /// The run as lanes.
  public func account(of finding: Finding, operationEnds: [Int]) -> CaseAccount {
    let plan = world.state.pointee.plan
    let titles = (0..<plan.threadCount).map {
      plan.hasVCPU && $0 == plan.threadCount - 1 ? "thread \($0) (vCPU)" : "thread \($0)"
    }
    return threads.account(
      world.world.listener.trace,
      titles: titles,
      preemptionCount: world.preemptionCount
    )
  }
}

extension PfnCaseWorld {
  /// Whether anything was found in this case.
  var hasFindings: Bool {
    !state.pointee.model.breaches.isEmpty || world.withListener { $0.judges.violationCount > 0 }
  }
}
