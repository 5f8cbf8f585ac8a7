import Machines
import Oracles
import Property
import Reference
import Schedules
import Walkers

/// Runs many calls on one cache at once, to measure how fast threads are scheduled and judged.
public struct PfnCacheStepRate {
  private let run: () -> Int

  /// Three threads that access, refresh and invalidate the built-in cache, by random schedules.
  ///
  /// - Parameters:
  ///   - callCount: How many calls each thread makes.
  ///   - isJudged: Whether the judges of threads listen.
  ///   - meanLength: How many steps a thread makes on end, on average.
  public init(callCount: Int, isJudged: Bool, meanLength: UInt64? = nil) {
    let walker = IndexedPfnCache(index: PfnIndex(bucketBits: 1, chunkBits: 0))
    run =
      isJudged
      ? Self.runs(walker, ThreadJudges(), callCount, meanLength) { $0.reset() }
      : Self.runs(walker, NoListener(), callCount, meanLength) { _ in }
  }

  /// Makes all calls once.
  /// - Returns: how many steps that took.
  public func callAsFunction() -> Int { run() }

  private static func runs<Walker: PfnCacheWalker, L: RecordListener>(
    _ walker: Walker,
    _ listener: L,
    _ callCount: Int,
    _ meanLength: UInt64?,
    reset: @escaping (inout L) -> Void
  ) -> () -> Int {
    var settings = WorldSettings()
    settings.stepLimit = .max / 2
    let choices = Choices(seed: 1, case: 0, limit: 10_000_000)
    let scheduler = RandomScheduler(choices, meanLength: meanLength)
    let world = ScheduledWorld(scheduler, listener: listener, settings: settings)
    let operations = operations(callCount)
    return {
      let state = UnsafeMutablePointer<PfnHost>.allocate(capacity: 1)
      state.initialize(to: PfnHost())
      defer {
        state.deinitialize(count: 1)
        state.deallocate()
      }
      world.reset()
      world.withListener(reset)
      world.withScheduler { $0.choices.reset(seed: 1, case: 0) }
      var plan = PfnCachePlan()
      plan.threadCount = 3
      state.pointee.begin(plan)
      var thread = PfnCaseThread(walker, world.alone, state)
      thread.makeRecords()
      state.pointee.operations = operations
      state.pointee.results = Array(repeating: nil, count: operations.count)
      let body: (inout ScheduledMachine<RandomScheduler, L>) -> Void = { base in
        var thread = PfnCaseThread(walker, base, state)
        thread.perform()
      }
      return world.run([body, body, body]).stepCount
    }
  }

  private static func operations(_ count: Int) -> [PfnCacheOperation] {
    let bytes = PfnCacheOperation.Bytes(address: 0, length: 8)
    let first = PfnCacheOperation(thread: 0, kind: .activate(cache: 0, bytes, willWrite: false))
    return [first]
      + (0..<count).flatMap { index -> [PfnCacheOperation] in
        [
          PfnCacheOperation(thread: 0, kind: .access(cache: 0, bytes, isWrite: index % 4 == 0)),
          PfnCacheOperation(thread: 1, kind: .refresh(cache: 0, bytes, willWrite: false)),
          PfnCacheOperation(
            thread: 2,
            kind: .invalidate(first: 0, count: 1, .move, maySleep: true)
          ),
        ]
      }
  }
}
