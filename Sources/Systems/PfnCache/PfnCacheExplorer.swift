public import Machines
import Oracles
import Reference
public import Schedules
public import Walkers

/// Goes through every schedule of a few operations on guest-frame caches.
public struct PfnCacheExplorer<Walker: PfnCacheWalker> {
  /// What a run came to: what its operations returned, and which rules it broke.
  public struct Outcome: Hashable, Sendable {
    /// By operation; nil for one that did not return.
    public let results: [Errno?]
    /// The fingerprints of all that was found.
    public let findings: [String]
  }

  /// What is explored.
  public let walker: Walker
  /// How often threads may be preempted; nil for no bound.
  public var preemptionLimit: Int?
  /// How many runs there may be.
  public var runLimit = 1_000_000

  /// An explorer of a walker.
  public init(_ walker: Walker) { self.walker = walker }

  /// Explores operations of several threads, after others that are done alone.
  ///
  /// A thread that is a vCPU's is the last, and uses cache 1.
  public func explore(
    _ operations: [PfnCacheOperation],
    after earlier: [PfnCacheOperation] = [],
    hasVCPU: Bool = false,
    shouldStop: () -> Bool = { false }
  ) -> Exploration<Outcome> {
    var explorer = Explorer()
    explorer.preemptionLimit = preemptionLimit
    explorer.runLimit = runLimit
    explorer.settings.wordsPerThread = 256
    let count = 1 + (operations.compactMap(\.thread).max() ?? 0)
    let plan = PfnCachePlan(threadCount: count, hasVCPU: hasVCPU)
    let state = UnsafeMutablePointer<PfnHost>.allocate(capacity: 1)
    state.initialize(to: PfnHost())
    defer {
      state.deinitialize(count: 1)
      state.deallocate()
    }
    return explorer.explore(
      listener: ThreadJudges(),
      begin: { world in
        world.withListener { $0.listener.reset() }
        state.pointee.begin(plan)
        var thread = PfnCaseThread(walker, world.alone, state)
        thread.makeRecords()
        thread.perform(earlier)
        state.pointee.operations = operations
        state.pointee.results = Array(repeating: nil, count: operations.count)
        let body: (inout Explorer.World<ThreadJudges>.Machine) -> Void = { base in
          var thread = PfnCaseThread(walker, base, state)
          thread.perform()
        }
        return Array(repeating: body, count: count)
      },
      end: { world, result in
        let results = state.pointee.results
        if result.ending == .finished {
          var thread = PfnCaseThread(walker, world.alone, state)
          thread.audit()
        }
        let judged = world.withListener { $0.listener.violations.map(\.fingerprint) }
        let broken = state.pointee.model.breaches.map { $0.rule.name + $0.cause }
        return Outcome(results: results, findings: (broken + judged).sorted())
      },
      shouldStop: shouldStop
    )
  }
}

extension PfnCaseThread {
  /// Performs operations while nobody else is there.
  mutating func perform(_ operations: [PfnCacheOperation]) {
    state.pointee.operations = operations
    state.pointee.results = Array(repeating: nil, count: operations.count)
    for index in operations.indices { perform(operations[index], index) }
  }
}
