public import Checking
public import Machines
import Oracles
public import Property
import Reference
import Schedules

/// A case of shared partition-scoped tables: what is done alone is done at once, what threads are given is kept until
/// the next that is done alone, and then done by all of them as the choices schedule it.
public struct PartitionThreadsSession<Scheme: PartitionScheme>: Session {
  /// Threads, tables and judges.
  public typealias World = PartitionThreadsWorld<Scheme>

  let world: World
  private var threads: ThreadedCase<PartitionThreadsOperation>

  /// A world for a scheme.
  public static func world(for variant: Scheme) -> World { World(variant) }

  /// Nothing can keep a case from beginning.
  public static var unmade: Finding { Finding(.threadNeverEnds, "a case does not begin") }

  /// What tables and TLBs show, before what callers see, before what explains it among threads.
  public static func explanatoryRank(of rule: Rule) -> Int {
    RadixSharing.rules.contains(rule) ? 0 : SharedPartitionModel.rules.contains(rule) ? 1 : 2
  }

  /// Begins a case.
  public init?(
    _ plan: PartitionThreadsPlan,
    _ variant: Scheme,
    in world: inout World,
    _ setting: CaseSetting
  ) {
    self.world = world
    threads = ThreadedCase(setting)
    world.begin(plan, isRecorded: setting.isRecorded)
  }

  /// Performs an operation without a schedule: each thread in turn.
  public mutating func perform(
    _ operation: PartitionThreadsOperation,
    beside: Void?,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    var choices = Choices(replaying: [])
    return perform(operation, beside: beside, &choices, into: &statistics)
  }

  /// Performs an operation, or gives it to a thread.
  public mutating func perform(
    _ operation: PartitionThreadsOperation,
    beside: Void?,
    _ choices: inout Choices,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    threads.perform(operation, in: world, &choices, into: &statistics)
    return firstFinding
  }

  /// The operation, and whether others ended before it began.
  public func text(of operation: PartitionThreadsOperation) -> String {
    threads.text(of: operation)
  }

  private var allFindings: [Finding] {
    let listener = world.world.listener
    let breaches = world.state.pointee.model.breaches
    return listener.sharing.violations.map { Finding($0) }
      + breaches.map { Finding($0.rule, $0.message, cause: $0.cause) }
      + listener.judges.violations.map { Finding($0) }
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
    let titles = (0..<world.state.pointee.plan.threadCount).map { "thread \($0)" }
    return threads.account(
      world.world.listener.trace,
      titles: titles,
      preemptionCount: world.preemptionCount
    )
  }
}
