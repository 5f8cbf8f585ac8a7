public import Machines
import Oracles
import Reference
public import Schedules
public import Walkers

/// Goes through every schedule of a few operations on shared buffers, with the devices beside them.
public struct BufferExplorer<Walker: SharedBufferWalker> {
  /// What a run came to: what its operations returned, and which rules it broke.
  public struct Outcome: Hashable, Sendable {
    /// By operation; nil for one that did not return.
    public let results: [Errno?]
    /// The fingerprints of all that was found.
    public let findings: [String]
  }

  /// What is explored.
  public let walker: Walker
  /// Who exports each buffer.
  public var exporters = [BufferPlan.Exporter.system, .system]
  /// Whether the threads share one attachment to the first buffer.
  public var sharesAttachment = false
  /// Whether devices run beside the threads; else work stays where it is until the end.
  public var hasDevices = false
  /// How often threads may be preempted; nil for no bound.
  public var preemptionLimit: Int?
  /// How many runs there may be.
  public var runLimit = 1_000_000

  /// An explorer of a walker.
  public init(_ walker: Walker) { self.walker = walker }

  /// Explores operations of several threads, after others that are done alone and have to wait for nobody.
  public func explore(
    _ operations: [BufferOperation],
    after earlier: [BufferOperation] = [],
    shouldStop: () -> Bool = { false }
  ) -> Exploration<Outcome> {
    var explorer = Explorer()
    explorer.preemptionLimit = preemptionLimit
    explorer.runLimit = runLimit
    explorer.settings.wordsPerThread = 2048
    let count = 1 + (operations.compactMap(\.thread).max() ?? 0)
    let plan = BufferPlan(
      threadCount: count,
      exporters: exporters,
      sharesAttachment: sharesAttachment
    )
    let state = UnsafeMutablePointer<BufferHost>.allocate(capacity: 1)
    state.initialize(to: BufferHost())
    defer {
      state.deinitialize(count: 1)
      state.deallocate()
    }
    return explorer.explore(
      listener: BufferListener(),
      begin: { world in
        world.withListener { $0.listener.reset() }
        state.pointee.begin(plan)
        var thread = BufferCaseThread(walker, world.alone, state)
        thread.makeRecords()
        thread.perform(earlier)
        state.pointee.operations = operations
        state.pointee.results = Array(repeating: nil, count: operations.count)
        state.pointee.runningCount = count
        let body: (inout Explorer.World<BufferListener>.Machine) -> Void = { base in
          var thread = BufferCaseThread(walker, base, state)
          thread.perform()
        }
        let devices: (inout Explorer.World<BufferListener>.Machine) -> Void = { base in
          var thread = BufferCaseThread(walker, base, state)
          thread.runDevices()
        }
        return Array(repeating: body, count: count) + (hasDevices ? [devices] : [])
      },
      end: { world, result in
        let results = state.pointee.results
        if result.ending == .finished {
          var thread = BufferCaseThread(walker, world.alone, state)
          thread.audit()
          for (record, name) in world.withListener({ $0.listener.left })
          where record != state.pointee.globals && record != state.pointee.device {
            state.pointee.model.left("\(name)")
          }
        }
        let judged = world.withListener { $0.listener.judges.violations.map(\.fingerprint) }
        let broken = state.pointee.model.breaches.map { $0.rule.name + $0.cause }
        return Outcome(results: results, findings: (broken + judged).sorted())
      },
      shouldStop: shouldStop
    )
  }
}

extension BufferCaseThread {
  /// Performs operations while nobody else is there, with the handles of the first thread.
  mutating func perform(_ operations: [BufferOperation]) {
    for operation in operations {
      asFirst { thread in _ = thread.perform(operation.kind) }
    }
  }

  /// Does something as the first thread does it.
  private mutating func asFirst(_ body: (inout Self) -> Void) {
    let own = state.pointee.handles[thread]
    state.pointee.handles[thread] = state.pointee.handles[0]
    body(&self)
    state.pointee.handles[0] = state.pointee.handles[thread]
    state.pointee.handles[thread] = own
  }
}
