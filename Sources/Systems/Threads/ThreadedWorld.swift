import Checking
import Machines
import Oracles
import Property
import Schedules

/// How many choices a preemption is taken for where cases are shrunk: about as many as an operation has.
///
/// Without it that schedule would be the simplest which takes the fewest choices to write down, and a
/// schedule by priorities has few of them and many preemptions.
private let preemptionCharge = 4

/// What a worker's cases with threads use one after the other.
protocol ThreadedWorld: AnyObject {
  /// How a case is made.
  associatedtype Plan
  /// What threads are given.
  associatedtype Operation: ThreadedOperation
  /// Who is told of what they do.
  associatedtype Listener: ThreadedListener

  /// Where the threads of a case run.
  var world: ScheduledWorld<CaseScheduler, Listener> { get }
  /// How often a thread of the last run made way for another though it could have gone on.
  var preemptionCount: Int { get set }
  /// By operation of the last run, what it returned; nil for one that did not.
  var results: [Errno?] { get }
  /// Whether anything was found in this case.
  var hasFindings: Bool { get }

  /// Begins a case, alone.
  func begin(_ plan: Plan, isRecorded: Bool)
  /// Runs each operation on its thread, as the choices schedule them.
  func run(_ operations: [Operation], _ choices: inout Choices) -> RunResult
}

extension ThreadedWorld {
  /// Runs threads as the choices schedule them; one that is alone needs none.
  func run(
    _ bodies: [(inout ScheduledMachine<CaseScheduler, Listener>) -> Void],
    _ choices: inout Choices,
    isAlone: Bool
  ) -> RunResult {
    let span = choices.open(.schedule)
    world.withScheduler { $0.begin(&choices, isAlone: isAlone) }
    let result = world.run(bodies)
    world.withScheduler { $0.exchange(&choices) }
    choices.close(span)
    choices.surcharge += preemptionCharge * result.preemptionCount
    preemptionCount = result.preemptionCount
    return result
  }
}

/// Who is told of what the threads of a case do.
protocol ThreadedListener: RecordListener {
  /// The judges of threads.
  var judges: ThreadJudges { get }
  /// What happened, where that is written down.
  var trace: Trace { get }
  /// Reads, writes and barriers, where they are counted.
  var counts: SIMD4<UInt64> { get set }
  /// Whether they are.
  var isCounted: Bool { get set }
}
