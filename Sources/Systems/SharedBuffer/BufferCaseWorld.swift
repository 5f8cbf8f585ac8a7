import Machines
import Oracles
import Property
import Reference
import Schedules
import Walkers

/// What a worker's cases use one after the other: threads, records, the pretended drivers.
final class BufferCaseWorld<Walker: SharedBufferWalker> {
  typealias World = ScheduledWorld<CaseScheduler, BufferListener>

  let walker: Walker
  private var worlds: CaseWorlds<BufferListener>
  private let shared = SharedState(BufferHost())
  /// How often a thread of the last case made way for another though it could have gone on.
  var preemptionCount = 0

  init(_ walker: Walker) {
    self.walker = walker
    var settings = WorldSettings()
    settings.wordsPerThread = 8192
    settings.stepLimit = 100_000
    settings.fairStepLimit = 20_000
    let length = RunLength(stepCount: 512, writeCount: 128)
    worlds = CaseWorlds(settings, length: length) { BufferListener() }
  }

  var world: World { worlds.current }
  var state: UnsafeMutablePointer<BufferHost> { shared.pointer }

  /// Begins a case: makes the records, alone.
  func begin(_ plan: BufferPlan, isRecorded: Bool) {
    worlds.begin(isWeak: plan.isWeak)
    world.withListener { $0.reset(isRecorded: isRecorded) }
    preemptionCount = 0
    state.pointee.begin(plan)
    var thread = BufferCaseThread(walker, world.alone, state)
    thread.makeRecords()
  }

  /// Runs each operation on its thread, those of no thread on the first, and the devices beside them.
  func run(_ operations: [BufferOperation], _ choices: inout Choices) -> RunResult {
    state.pointee.operations = operations
    state.pointee.results = Array(repeating: nil, count: operations.count)
    let isAlone = operations.allSatisfy { $0.thread == nil }
    let count = isAlone ? 1 : state.pointee.plan.threadCount
    state.pointee.isAlone = isAlone
    state.pointee.model.settled()
    return run(Self.bodies(walker, state, count), &choices, isAlone: isAlone)
  }

  private static func bodies(
    _ walker: Walker,
    _ state: UnsafeMutablePointer<BufferHost>,
    _ count: Int
  ) -> [(inout World.Machine) -> Void] {
    state.pointee.runningCount = count
    state.pointee.hasDevices = true
    let body: (inout World.Machine) -> Void = { base in
      var thread = BufferCaseThread(walker, base, state)
      thread.perform()
    }
    let devices: (inout World.Machine) -> Void = { base in
      var thread = BufferCaseThread(walker, base, state)
      thread.runDevices()
    }
    return Array(repeating: body, count: count) + [devices]
  }

  /// Gives everything back when nobody else is there, and looks at what is left.
  func audit() -> RunResult {
    let (walker, state) = (walker, state)
    state.pointee.model.settled()
    var choices = Choices(replaying: [])
    let result = run(
      [
        { base in
          var thread = BufferCaseThread(walker, base, state)
          thread.audit()
        }
      ],
      &choices,
      isAlone: true
    )
    guard result.ending == .finished else { return result }
    let left = world.withListener { $0.left }
    for (record, name) in left
    where record != state.pointee.globals && record != state.pointee.device {
      state.pointee.model.left("\(name)")
    }
    return result
  }
}

extension BufferCaseWorld: ThreadedWorld {
  typealias Operation = BufferOperation

  var results: [Errno?] { state.pointee.results }

  var hasFindings: Bool {
    !state.pointee.model.breaches.isEmpty || world.withListener { $0.judges.violationCount > 0 }
  }
}
