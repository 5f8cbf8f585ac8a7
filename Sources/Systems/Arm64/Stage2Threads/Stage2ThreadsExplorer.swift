public import Machines
import Oracles
import Reference
public import Schedules
public import Walkers

/// Goes through every schedule of a few calls on a shared stage 2.
public struct Stage2ThreadsExplorer<Walker: SharedStage2Walker> {
  /// What a run came to: what its calls returned, and which rules it broke.
  public struct Outcome: Hashable, Sendable {
    /// By operation; nil for one that did not return.
    public let results: [Errno?]
    /// The fingerprints of all that was found.
    public let findings: [String]
  }

  /// What is explored.
  public let walker: Walker
  /// How many levels tables have: 2 or 3.
  public var levelCount = 2
  /// How often threads may be preempted; nil for no bound.
  public var preemptionLimit: Int?
  /// How many runs there may be.
  public var runLimit = 1_000_000

  /// An explorer of a walker.
  public init(_ walker: Walker) { self.walker = walker }

  /// Explores operations of several threads, after others that are done alone.
  public func explore(
    _ operations: [Stage2ThreadsOperation],
    after earlier: [Stage2ThreadsOperation] = [],
    shouldStop: () -> Bool = { false }
  ) -> Exploration<Outcome> {
    var explorer = Explorer()
    explorer.preemptionLimit = preemptionLimit
    explorer.runLimit = runLimit
    explorer.settings.wordsPerThread = 256
    let count = 1 + (operations.compactMap(\.thread).max() ?? 0)
    let plan = Stage2ThreadsPlan(threadCount: count, levelCount: levelCount)
    let state = UnsafeMutablePointer<Stage2ThreadsState>.allocate(capacity: 1)
    state.initialize(to: Stage2ThreadsState())
    defer {
      state.deinitialize(count: 1)
      state.deallocate()
    }
    return explorer.explore(
      listener: Stage2ThreadsListener(plan.shape),
      begin: { world in
        world.withListener { $0.listener.reset(plan.shape, isRecorded: false) }
        state.pointee.begin(plan)
        var thread = Stage2CaseThread(walker, world.alone, state)
        thread.makeRecords()
        world.withListener { $0.listener.sharing.begin(root: state.pointee.root) }
        for operation in earlier {
          state.pointee.run([operation])
          thread.performAlone()
          world.withListener { state.pointee.rest(&$0.listener.sharing) }
        }
        state.pointee.run(operations)
        let body: (inout Explorer.World<Stage2ThreadsListener>.Machine) -> Void = { base in
          var thread = Stage2CaseThread(walker, base, state)
          thread.perform()
        }
        return Array(repeating: body, count: count)
      },
      end: { world, result in
        let results = state.pointee.results
        if result.ending == .finished {
          world.withListener { state.pointee.rest(&$0.listener.sharing) }
        }
        let found = world.withListener {
          ($0.listener.judges.violations + $0.listener.sharing.violations).map(\.fingerprint)
        }
        let broken = state.pointee.model.breaches.map { $0.rule.name + $0.cause }
        return Outcome(results: results, findings: (broken + found).sorted())
      },
      shouldStop: shouldStop
    )
  }
}
