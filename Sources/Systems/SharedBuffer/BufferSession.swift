public import Checking
public import Machines
import Oracles
public import Property
import Reference
import Schedules
public import Walkers

/// A case of shared buffers: what is done alone is done at once, what threads are given is kept until the
/// next that is done alone, and then done by all of them as the choices schedule it.
public struct BufferSession<Walker: SharedBufferWalker>: Session {
  /// Threads, records and the pretended drivers.
  public typealias World = BufferCaseWorld<Walker>

  let world: World
  private var threads: ThreadedCase<BufferOperation>

  /// A world for a walker.
  public static func world(for variant: Walker) -> World { World(variant) }

  /// Nothing can keep a case from beginning.
  public static var unmade: Finding { Finding(.threadNeverEnds, "a case does not begin") }

  /// What users see, before what explains it among threads.
  public static func explanatoryRank(of rule: Rule) -> Int {
    SharedBufferModel.rules.contains(rule) ? 0 : 1
  }

  /// Turns of a thread that are joined.
  public static func suggestions(for recording: Recording) -> [[UInt64]] {
    recording.joinedTurns
  }

  /// Begins a case.
  public init?(
    _ plan: BufferPlan,
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
    _ operation: BufferOperation,
    beside: Void?,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    var choices = Choices(replaying: [])
    return perform(operation, beside: beside, &choices, into: &statistics)
  }

  /// Performs an operation, or gives it to a thread.
  public mutating func perform(
    _ operation: BufferOperation,
    beside: Void?,
    _ choices: inout Choices,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    threads.perform(operation, in: world, &choices, into: &statistics)
    return firstFinding
  }

  /// The operation, and whether others ended before it began.
  public func text(of operation: BufferOperation) -> String { threads.text(of: operation) }

  /// Gives everything back, and looks at what is left.
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

  /// Counts events, and what was reached.
  public mutating func count(into statistics: inout CheckStatistics) {
    statistics.count(events: eventCount)
    statistics.count(labels: world.state.pointee.labels)
    world.state.pointee.labels = Array(repeating: 0, count: BufferLabel.allCases.count)
  }

  /// Nothing was taken.
  public func leave(_ world: inout World) {}

  /// How many events there were.
  public var eventCount: Int { world.world.withListener { $0.judges.eventCount } }

  /// The run as lanes.
  public func account(of finding: Finding, operationEnds: [Int]) -> CaseAccount {
    let threadCount = world.state.pointee.plan.threadCount
    let titles = (0...threadCount).map { $0 == threadCount ? "devices" : "thread \($0)" }
    return threads.account(
      world.world.listener.trace,
      titles: titles,
      preemptionCount: world.preemptionCount
    )
  }
}

extension BufferCaseWorld {
  /// Whether anything was found in this case.
  var hasFindings: Bool {
    !state.pointee.model.breaches.isEmpty || world.withListener { $0.judges.violationCount > 0 }
  }
}

extension Finding {
  /// What the model of shared buffers saw.
  init(_ breach: SharedBufferBreach) {
    self.init(breach.rule, breach.message, cause: breach.cause)
  }
}

extension SharedBufferModel {
  /// What is applied to shared buffers: the model's own rules, then those of all threads.
  static let allRules = rules + ThreadJudges.rules
}
