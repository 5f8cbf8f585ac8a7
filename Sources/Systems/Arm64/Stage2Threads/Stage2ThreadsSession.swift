public import Checking
public import Machines
import Oracles
public import Property
import Reference
import Schedules
public import Walkers

/// A case of a shared stage 2: what is done alone is done at once, what threads are given is kept until
/// the next that is done alone, and then done by all of them as the choices schedule it.
public struct Stage2ThreadsSession<Walker: SharedStage2Walker>: Session {
  /// Threads, tables and judges.
  public typealias World = Stage2ThreadsWorld<Walker>

  let world: World
  private var threads: ThreadedCase<Stage2ThreadsOperation>

  /// A world for a walker.
  public static func world(for variant: Walker) -> World { World(variant) }

  /// Nothing can keep a case from beginning.
  public static var unmade: Finding { Finding(.threadNeverEnds, "a case does not begin") }

  /// What tables and TLBs show, before what callers see, before what explains it among threads.
  public static func explanatoryRank(of rule: Rule) -> Int {
    TableSharing.rules.contains(rule) ? 0 : SharedStage2Model.rules.contains(rule) ? 1 : 2
  }

  /// Begins a case.
  public init?(
    _ plan: Stage2ThreadsPlan,
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
    _ operation: Stage2ThreadsOperation,
    beside: Void?,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    var choices = Choices(replaying: [])
    return perform(operation, beside: beside, &choices, into: &statistics)
  }

  /// Performs an operation, or gives it to a thread.
  public mutating func perform(
    _ operation: Stage2ThreadsOperation,
    beside: Void?,
    _ choices: inout Choices,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    threads.perform(operation, in: world, &choices, into: &statistics)
    return firstFinding
  }

  /// The operation, and whether others ended before it began.
  public func text(of operation: Stage2ThreadsOperation) -> String { threads.text(of: operation) }

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

  /// Counts events.
  public mutating func count(into statistics: inout CheckStatistics) {
    statistics.count(events: eventCount)
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
