import Machines
import Oracles
import Property
import Reference
import Schedules

/// What a worker's cases use one after the other: threads, tables, judges.
final class PartitionThreadsWorld<Scheme: PartitionScheme> {
  typealias World = ScheduledWorld<CaseScheduler, PartitionThreadsListener>

  let scheme: Scheme
  let world: World
  private let shared = SharedState(PartitionThreadsState())
  /// How often a thread of the last run made way for another though it could have gone on.
  var preemptionCount = 0

  init(_ scheme: Scheme) {
    self.scheme = scheme
    var settings = WorldSettings()
    settings.wordsPerThread = 512
    settings.stepLimit = 6000
    settings.fairStepLimit = 3000
    world = World(
      CaseScheduler(RunLength()),
      listener: PartitionThreadsListener(),
      settings: settings
    )
  }

  var state: UnsafeMutablePointer<PartitionThreadsState> { shared.pointer }

  /// Begins a case: makes what threads share, alone.
  func begin(_ plan: PartitionThreadsPlan, isRecorded: Bool) {
    world.reset()
    world.withListener { $0.reset(plan, isRecorded: isRecorded) }
    preemptionCount = 0
    state.pointee.begin(plan)
    PartitionCaseThread(scheme, world.alone, state).makeRecords()
  }

  /// Runs each operation on its thread, as the choices schedule them; those of no thread on the first.
  func run(_ operations: [PartitionThreadsOperation], _ choices: inout Choices) -> RunResult {
    state.pointee.run(operations)
    let (scheme, state) = (scheme, state)
    let body: (inout World.Machine) -> Void = { base in
      PartitionCaseThread(scheme, base, state).perform()
    }
    let isAlone = operations.allSatisfy { $0.thread == nil }
    let bodies = Array(repeating: body, count: isAlone ? 1 : state.pointee.plan.threadCount)
    let result = run(bodies, &choices, isAlone: isAlone)
    if result.ending == .finished {
      world.withListener { state.pointee.rest(&$0.sharing) }
      if isAlone {
        for (operation, result) in zip(operations, results) {
          state.pointee.judgeAlone(operation, result)
        }
      }
    }
    return result
  }
}

extension PartitionThreadsWorld: ThreadedWorld {
  typealias Operation = PartitionThreadsOperation

  var results: [Errno?] { state.pointee.results }

  var hasFindings: Bool {
    !state.pointee.model.breaches.isEmpty
      || world.withListener {
        $0.judges.violationCount > 0 || $0.sharing.violationCount > 0
      }
  }
}
