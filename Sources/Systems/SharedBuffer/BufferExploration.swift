import Checking
import Machines
import Oracles
import Reference
import Schedules
import Walkers

/// What of shared buffers is explored: calls on one buffer, whose devices do what `run` lets them do.
final class BufferExploration<Walker: SharedBufferWalker>: Explorable {
  typealias Operation = BufferOperation

  private static func operation(_ kind: Operation.Kind) -> Operation {
    Operation(thread: nil, kind: kind)
  }

  static var calls: KeyValuePairs<String, Operation> {
    [
      "close": operation(.close(buffer: 0)),
      "put": operation(.put(buffer: 0)),
      "set-name": operation(.setName(buffer: 0, name: 1, length: 5)),
      "read-name": operation(.readName(buffer: 0, isKept: false)),
      "list": operation(.list),
      "seek": operation(.seek(buffer: 0, offset: 0, whence: 2)),
      "attach": operation(.attach(buffer: 0, isDynamic: false)),
      "attach-dynamic": operation(.attach(buffer: 0, isDynamic: true)),
      "detach": operation(.detach(buffer: 0)),
      "pin": operation(.pin(buffer: 0, true)),
      "map": operation(.map(buffer: 0, .both)),
      "unmap": operation(.unmap(buffer: 0)),
      "move": operation(.move(buffer: 0, isQueued: false)),
      "submit": operation(.submit(buffer: 0, .write)),
      "wait": operation(.wait(buffer: 0, .bookkeep, .endless)),
      "access": operation(.access(buffer: 0, flags: UserFlags.both)),
      "map-area": operation(.mapArea(buffer: 0, offset: 0, pageCount: 1, isOwn: false)),
      "poll": operation(.poll(buffer: 0, .writable, waits: false)),
      "poll-read": operation(.poll(buffer: 0, .readable, waits: false)),
      "map-kernel": operation(.mapKernel(buffer: 0)),
      "unmap-kernel": operation(.unmapKernel(buffer: 0)),
      "export-sync": operation(.exportSync(buffer: 0, flags: 3)),
      "import-sync": operation(.importSync(buffer: 0, flags: 1)),
      "run": operation(.run(count: 1)),
      "callback": operation(.callback(buffer: 0, isRemoved: true)),
      "evict": operation(.evict(buffer: 0)),
      "status": operation(.status(buffer: 0, waits: true)),
    ]
  }

  static var states: KeyValuePairs<String, [Operation]> {
    [
      "idle": [], "mapped": [operation(.map(buffer: 0, .both))],
      "busy": [operation(.submit(buffer: 0, .read)), operation(.evict(buffer: 0))],
    ]
  }

  static var settings: WorldSettings {
    var settings = WorldSettings()
    settings.wordsPerThread = 2048
    return settings
  }

  static var judges: BufferListener { BufferListener() }
  static func reset(_ judges: inout BufferListener) { judges.reset() }

  static func refusal(of threads: [[Operation]], after earlier: [Operation]) -> String? {
    let calls = threads.flatMap { $0 } + earlier
    let waits = calls.contains { operation in
      switch operation.kind {
      case .mapKernel, .unmapKernel, .access, .wait, .put, .detach, .unmap, .move: true
      default: false
      }
    }
    let isPending = calls.contains { operation in
      switch operation.kind {
      case .submit, .evict, .status: true
      default: false
      }
    }
    return waits && isPending ? "it would wait for a device, of which there is none beside" : nil
  }

  /// The world of a program.
  ///
  /// What is asked to move, or to stay, may. Where all map, they do so by an attachment that they share:
  /// by one of its own a thread meets nobody.
  private static func plan(_ threads: [[Operation]]) -> BufferPlan {
    let kinds = threads.joined().map(\.kind)
    let mayMove = kinds.contains { kind in
      switch kind {
      case .move, .pin: true
      default: false
      }
    }
    return BufferPlan(
      threadCount: threads.count,
      exporters: [mayMove ? .moving : .caching, .system],
      sharesAttachment: kinds.allSatisfy { if case .map = $0 { true } else { false } },
      areDynamic: mayMove
    )
  }

  private let walker: Walker
  private let shared = SharedState(BufferHost())
  /// Whether all threads came to their ends; then what is left is looked at, once.
  private var isAtRest = false

  init(_ variant: Walker) { walker = variant }

  private var state: UnsafeMutablePointer<BufferHost> { shared.pointer }

  func begin<S: Scheduler, L: RecordListener>(
    _ threads: [[Operation]],
    after earlier: [Operation],
    on alone: ScheduledMachine<S, L>
  ) {
    isAtRest = false
    state.pointee.begin(Self.plan(threads))
    state.pointee.model.isMemoryWeak = alone.isMemoryWeak
    var thread = BufferCaseThread(walker, alone, state)
    thread.makeRecords()
    thread.perform(earlier)
    state.pointee.model.settled()
    state.pointee.operations = threads.enumerated().flatMap { thread, operations in
      operations.map { Operation(thread: thread, kind: $0.kind) }
    }
    state.pointee.results = Array(repeating: nil, count: state.pointee.operations.count)
    state.pointee.runningCount = threads.count
  }

  func perform<S: Scheduler, L: RecordListener>(on machine: inout ScheduledMachine<S, L>) {
    var thread = BufferCaseThread(walker, machine, state)
    thread.perform()
  }

  func audit<S: Scheduler, L: RecordListener>(on alone: ScheduledMachine<S, L>) {
    // What calls returned is asked for afterwards, and an audit is more calls.
    let results = state.pointee.results
    var thread = BufferCaseThread(walker, alone, state)
    state.pointee.model.settled()
    thread.audit()
    state.pointee.results = results
    isAtRest = true
  }

  var results: [Errno?] { state.pointee.results }

  func hasFindings(_ judges: BufferListener) -> Bool {
    settle(judges)
    return !state.pointee.model.breaches.isEmpty || judges.judges.violationCount > 0
  }

  func findings(_ judges: BufferListener) -> [Finding] {
    settle(judges)
    return state.pointee.model.breaches.map { Finding($0) }
      + judges.judges.violations.map { Finding($0) }
  }

  /// Looks at what nobody can reach any more and was never freed.
  private func settle(_ judges: BufferListener) {
    guard isAtRest else { return }
    isAtRest = false
    for (record, name) in judges.left
    where record != state.pointee.globals && record != state.pointee.device {
      state.pointee.model.left("\(name)")
    }
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
