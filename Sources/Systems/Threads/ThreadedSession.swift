import Checking
import Machines
import Oracles
import Property
import Schedules

/// A case with threads: what is done alone is done at once, what threads are given is kept until the next
/// that is done alone, and then done by all of them as the choices schedule it.
protocol ThreadedSession: ComparedSession
where
  World: ThreadedWorld, World.Plan == Plan, World.Operation == Plan.Operation, Plan.Beside == Void,
  Answer == ThreadedAnswer
{
  /// Where the threads run.
  var world: World { get }
  /// How far the case has come.
  var threads: ThreadedCase<Plan.Operation> { get set }
  /// Everything that was found: by models, and by judges.
  var allFindings: [Finding] { get }
  /// What each thread is called.
  var titles: [String] { get }

  /// A case that has not begun.
  init(world: World, threads: ThreadedCase<Plan.Operation>)
}

extension ThreadedSession {
  /// Nothing can keep a case from beginning.
  static var unmade: Finding { Finding(.threadNeverEnds, "a case does not begin") }

  /// Begins a case.
  init?(_ plan: Plan, _ variant: Variant, in world: inout World, _ setting: CaseSetting) {
    self.init(world: world, threads: ThreadedCase(setting))
    world.begin(plan, isRecorded: setting.isRecorded)
  }

  /// Performs an operation without a schedule: each thread in turn.
  mutating func perform(
    _ operation: Plan.Operation,
    beside: Void?,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    var choices = Choices(replaying: [])
    return perform(operation, beside: beside, &choices, into: &statistics)
  }

  /// Performs an operation, or gives it to a thread.
  mutating func perform(
    _ operation: Plan.Operation,
    beside: Void?,
    _ choices: inout Choices,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    threads.perform(operation, in: world, &choices, into: &statistics)
    return firstFinding
  }

  /// The operation, and whether others ended before it began.
  func text(of operation: Plan.Operation) -> String { threads.text(of: operation) }

  /// What is told first; nil where all is well.
  var firstFinding: Finding? { world.hasFindings ? threads.first(of: allFindings) : nil }

  /// Everything that was found.
  func findings(_ first: Finding, hasEnded: Bool) -> [Finding] { allFindings }

  /// Nothing was taken.
  func leave(_ world: inout World) {}

  /// How many events there were.
  var eventCount: Int { world.world.withListener { $0.judges.eventCount } }

  /// The run as lanes.
  func account(of finding: Finding, operationEnds: [Int]) -> CaseAccount {
    threads.account(
      world.world.listener.trace,
      titles: titles,
      preemptionCount: world.preemptionCount
    )
  }

  /// Performs an operation alone, whoever's it is: schedules differ where steps do.
  mutating func call(_ operation: Plan.Operation) -> ComparedCall<ThreadedAnswer> {
    var alone = operation
    alone.thread = nil
    world.world.withListener { listener in
      listener.counts = SIMD4()
      listener.isCounted = true
    }
    var choices = Choices(replaying: [])
    let ending = world.run([alone], &choices).ending
    let counts = world.world.withListener { $0.counts }
    return ComparedCall(
      ThreadedAnswer(result: world.results[0]),
      kind: operation.number,
      costs: CallEvents(loads: counts[0], stores: counts[1], barriers: counts[2]),
      loss: ending == .finished ? nil : "it never ends"
    )
  }
}

/// What a call came to.
struct ThreadedAnswer: ComparedAnswer, CustomStringConvertible {
  /// The result; an error for an answer that is no.
  let result: Errno?
  /// The result, or that there is none.
  var description: String { result.map { "\($0)" } ?? "nothing" }
}
