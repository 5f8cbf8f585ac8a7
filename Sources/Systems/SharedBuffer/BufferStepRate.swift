import Machines
import Oracles
import Property
import Reference
import Schedules
import Walkers

/// Runs many calls on one buffer at once, to measure how fast threads are scheduled and judged.
public struct BufferStepRate {
  private let run: () -> Int

  /// Three threads that poll, access and look for the built-in buffer, by random schedules.
  ///
  /// - Parameters:
  ///   - callCount: How many calls each thread makes.
  ///   - isJudged: Whether all judges listen that listen to a case.
  public init(callCount: Int, isJudged: Bool) {
    run =
      isJudged
      ? Self.runs(BufferListener(), callCount) { $0.reset() }
      : Self.runs(NoListener(), callCount) { _ in }
  }

  /// Makes all calls once.
  /// - Returns: how many steps that took.
  public func callAsFunction() -> Int { run() }

  private static func runs<L: RecordListener>(
    _ listener: L,
    _ callCount: Int,
    reset: @escaping (inout L) -> Void
  ) -> () -> Int {
    var settings = WorldSettings()
    settings.stepLimit = .max / 2
    let choices = Choices(seed: 1, case: 0, limit: 10_000_000)
    let world = ScheduledWorld(RandomScheduler(choices), listener: listener, settings: settings)
    let operations = operations(callCount)
    let walker = CompactSharedBuffers()
    return {
      let state = UnsafeMutablePointer<BufferHost>.allocate(capacity: 1)
      state.initialize(to: BufferHost())
      defer {
        state.deinitialize(count: 1)
        state.deallocate()
      }
      world.reset()
      world.withListener(reset)
      world.withScheduler { $0.choices.reset(seed: 1, case: 0) }
      state.pointee.begin(BufferPlan(threadCount: 3))
      var thread = BufferCaseThread(walker, world.alone, state)
      thread.makeRecords()
      // What is pending is found again and again.
      thread.perform([BufferOperation(thread: nil, kind: .submit(buffer: 0, .read))])
      state.pointee.operations = operations
      state.pointee.results = Array(repeating: nil, count: operations.count)
      state.pointee.runningCount = 3
      let body: (inout ScheduledMachine<RandomScheduler, L>) -> Void = { base in
        var thread = BufferCaseThread(walker, base, state)
        thread.perform()
      }
      return world.run([body, body, body]).stepCount
    }
  }

  private static func operations(_ count: Int) -> [BufferOperation] {
    (0..<count).flatMap { _ -> [BufferOperation] in
      [
        BufferOperation(thread: 0, kind: .poll(buffer: 0, .writable, waits: false)),
        BufferOperation(thread: 1, kind: .access(buffer: 0, flags: UserFlags.read)),
        BufferOperation(thread: 2, kind: .readName(buffer: 0, isKept: false)),
      ]
    }
  }
}
