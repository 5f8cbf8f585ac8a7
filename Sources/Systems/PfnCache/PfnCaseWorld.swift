import Machines
import Oracles
import Property
import Reference
import Schedules
import Walkers

/// What a worker's cases use one after the other: threads, records, the pretended host.
final class PfnCaseWorld<Walker: PfnCacheWalker> {
  typealias World = ScheduledWorld<CaseScheduler, PfnCaseListener>

  let walker: Walker
  private var worlds: CaseWorlds<PfnCaseListener>
  private let shared = SharedState(PfnHost())
  /// How often a thread of the last case made way for another though it could have gone on.
  var preemptionCount = 0

  init(_ walker: Walker) {
    self.walker = walker
    var settings = WorldSettings()
    settings.wordsPerThread = 2048
    settings.stepLimit = 6000
    settings.fairStepLimit = 3000
    worlds = CaseWorlds(settings, length: RunLength(writeCount: 64)) { PfnCaseListener() }
  }

  var world: World { worlds.current }
  var state: UnsafeMutablePointer<PfnHost> { shared.pointer }

  /// Begins a case: makes the records, alone.
  func begin(_ plan: PfnCachePlan, isRecorded: Bool) {
    worlds.begin(isWeak: plan.isWeak)
    world.withListener { $0.reset(isRecorded: isRecorded) }
    preemptionCount = 0
    state.pointee.begin(plan)
    var thread = PfnCaseThread(walker, world.alone, state)
    thread.makeRecords()
  }

  /// Runs each operation on its thread, as the choices schedule them; those of no thread on the first.
  func run(_ operations: [PfnCacheOperation], _ choices: inout Choices) -> RunResult {
    state.pointee.operations = operations
    state.pointee.results = Array(repeating: nil, count: operations.count)
    let (walker, state) = (walker, state)
    state.pointee.model.settled()
    let body: (inout World.Machine) -> Void = { base in
      var thread = PfnCaseThread(walker, base, state)
      thread.perform()
    }
    let isAlone = operations.allSatisfy { $0.thread == nil }
    return run(
      Array(repeating: body, count: isAlone ? 1 : state.pointee.plan.threadCount),
      &choices,
      isAlone: isAlone
    )
  }

  /// Looks at everything when nobody else is there.
  func audit() -> RunResult {
    let (walker, state) = (walker, state)
    state.pointee.model.settled()
    var choices = Choices(replaying: [])
    return run(
      [
        { base in
          var thread = PfnCaseThread(walker, base, state)
          thread.audit()
        }
      ],
      &choices,
      isAlone: true
    )
  }
}

extension PfnCaseWorld: ThreadedWorld {
  typealias Operation = PfnCacheOperation

  var results: [Errno?] { state.pointee.results }

  var hasFindings: Bool {
    !state.pointee.model.breaches.isEmpty || world.withListener { $0.judges.violationCount > 0 }
  }
}
