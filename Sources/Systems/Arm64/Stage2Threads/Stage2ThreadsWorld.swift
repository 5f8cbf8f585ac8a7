import Machines
import Oracles
import Property
import Reference
import Schedules
import Walkers

/// What a worker's cases use one after the other: threads, tables, judges.
final class Stage2ThreadsWorld<Walker: SharedStage2Walker> {
  typealias World = ScheduledWorld<CaseScheduler, Stage2ThreadsListener>

  let walker: Walker
  let world: World
  private let shared = SharedState(Stage2ThreadsState())
  /// How often a thread of the last run made way for another though it could have gone on.
  var preemptionCount = 0

  init(_ walker: Walker) {
    self.walker = walker
    var settings = WorldSettings()
    settings.wordsPerThread = 512
    settings.stepLimit = 6000
    settings.fairStepLimit = 3000
    let plan = Stage2ThreadsPlan(threadCount: 2, levelCount: 2)
    world = World(
      CaseScheduler(RunLength()),
      listener: Stage2ThreadsListener(plan.shape),
      settings: settings
    )
  }

  var state: UnsafeMutablePointer<Stage2ThreadsState> { shared.pointer }

  /// Begins a case: makes the root, alone.
  func begin(_ plan: Stage2ThreadsPlan, isRecorded: Bool) {
    world.reset()
    world.withListener { $0.reset(plan.shape, isRecorded: isRecorded) }
    preemptionCount = 0
    state.pointee.begin(plan)
    var thread = Stage2CaseThread(walker, world.alone, state)
    thread.makeRecords()
  }

  /// Runs each operation on its thread, as the choices schedule them; those of no thread on the first.
  func run(_ operations: [Stage2ThreadsOperation], _ choices: inout Choices) -> RunResult {
    state.pointee.run(operations)
    let (walker, state) = (walker, state)
    let body: (inout World.Machine) -> Void = { base in
      var thread = Stage2CaseThread(walker, base, state)
      thread.perform()
    }
    let isAlone = operations.allSatisfy { $0.thread == nil }
    let bodies = Array(repeating: body, count: isAlone ? 1 : state.pointee.plan.threadCount)
    let result = run(bodies, &choices, isAlone: isAlone)
    if result.ending == .finished {
      world.withListener { state.pointee.rest(&$0.sharing) }
    }
    return result
  }
}

extension Stage2ThreadsWorld: ThreadedWorld {
  typealias Operation = Stage2ThreadsOperation

  var results: [Errno?] { state.pointee.results }

  var hasFindings: Bool {
    !state.pointee.model.breaches.isEmpty
      || world.withListener {
        $0.judges.violationCount > 0 || $0.sharing.violationCount > 0
      }
  }
}
