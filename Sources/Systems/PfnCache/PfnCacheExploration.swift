import Checking
import Machines
import Oracles
import Reference
import Schedules
import Walkers

/// What of guest-frame caches is explored: calls on one cache, a guest that runs, and the host beside them.
final class PfnCacheExploration<Walker: PfnCacheWalker>: Explorable {
  typealias Operation = PfnCacheOperation

  private static var here: Operation.Bytes { Operation.Bytes(address: 0, length: 8) }
  private static var there: Operation.Bytes { Operation.Bytes(address: 0x1000, length: 8) }

  private static func operation(_ kind: Operation.Kind) -> Operation {
    Operation(thread: nil, kind: kind)
  }

  /// The guest's is the last: it is the last thread's alone.
  static var calls: KeyValuePairs<String, Operation> {
    [
      "access": operation(.access(cache: 0, here, isWrite: true)),
      "check": operation(.check(cache: 0, here)),
      "refresh": operation(.refresh(cache: 0, here, willWrite: false)),
      "refresh-elsewhere": operation(.refresh(cache: 0, there, willWrite: false)),
      "activate": operation(.activate(cache: 0, here, willWrite: false)),
      "unmap": operation(.unmap(cache: 0)),
      "deactivate": operation(.deactivate(cache: 0)),
      "invalidate": operation(.invalidate(first: 0, count: 1, .move, maySleep: true)),
      "move-slot": operation(.changeSlots(page: 0, .move(to: 2))),
      "harvest": operation(.harvest),
      "enter-guest": operation(.enterGuest(cache: 1, here, accessCount: 2, isWrite: true)),
    ]
  }

  static var states: KeyValuePairs<String, [Operation]> {
    let activate = operation(.activate(cache: 0, here, willWrite: false))
    let invalidate = operation(.invalidate(first: 0, count: 1, .move, maySleep: true))
    return [
      "inactive": [],
      "valid": [activate],
      "invalidated": [activate, invalidate],
      "guest-valid": [operation(.activate(cache: 1, here, willWrite: false))],
    ]
  }

  static var settings: WorldSettings {
    var settings = WorldSettings()
    settings.wordsPerThread = 256
    return settings
  }

  static var judges: ThreadJudges { ThreadJudges() }
  static func reset(_ judges: inout ThreadJudges) { judges.reset() }

  static func refusal(of threads: [[Operation]], after earlier: [Operation]) -> String? {
    if threads.dropLast().contains(where: isGuest) {
      return "the last thread alone is a vCPU, and enters the guest"
    }
    let hasGuest = threads.last.map(isGuest) ?? false
    let isOfGuest = earlier.contains {
      if case .activate(1, _, _) = $0.kind { true } else { false }
    }
    if isOfGuest, !hasGuest { return "no thread enters the guest" }
    return hasGuest && !isOfGuest && !earlier.isEmpty
      ? "the cache that the guest uses is not in use then" : nil
  }

  static func title(ofThread thread: Int, of threads: [[Operation]]) -> String {
    isGuest(threads[thread]) ? "thread \(thread) (vCPU)" : "thread \(thread)"
  }

  static func explanatoryRank(of rule: Rule) -> Int {
    PfnCacheSession<Walker>.explanatoryRank(of: rule)
  }

  private static func isGuest(_ operations: [Operation]) -> Bool {
    operations.contains { if case .enterGuest = $0.kind { true } else { false } }
  }

  private let walker: Walker
  private let shared = SharedState(PfnHost())

  init(_ variant: Walker) { walker = variant }

  private var state: UnsafeMutablePointer<PfnHost> { shared.pointer }

  func begin<S: Scheduler, L: RecordListener>(
    _ threads: [[Operation]],
    after earlier: [Operation],
    on alone: ScheduledMachine<S, L>
  ) {
    let hasVCPU = threads.last.map(Self.isGuest) ?? false
    state.pointee.begin(PfnCachePlan(threadCount: threads.count, hasVCPU: hasVCPU))
    state.pointee.model.isMemoryWeak = alone.isMemoryWeak
    var thread = PfnCaseThread(walker, alone, state)
    thread.makeRecords()
    thread.perform(earlier)
    state.pointee.model.settled()
    state.pointee.operations = threads.enumerated().flatMap { thread, operations in
      operations.map { Operation(thread: thread, kind: $0.kind) }
    }
    state.pointee.results = Array(repeating: nil, count: state.pointee.operations.count)
  }

  func perform<S: Scheduler, L: RecordListener>(on machine: inout ScheduledMachine<S, L>) {
    var thread = PfnCaseThread(walker, machine, state)
    thread.perform()
  }

  func audit<S: Scheduler, L: RecordListener>(on alone: ScheduledMachine<S, L>) {
    // What calls returned is asked for afterwards, and an audit is more calls.
    let results = state.pointee.results
    var thread = PfnCaseThread(walker, alone, state)
    state.pointee.model.settled()
    thread.audit()
    state.pointee.results = results
  }

  var results: [Errno?] { state.pointee.results }

  func hasFindings(_ judges: ThreadJudges) -> Bool {
    !state.pointee.model.breaches.isEmpty || judges.violationCount > 0
  }

  func findings(_ judges: ThreadJudges) -> [Finding] {
    state.pointee.model.breaches.map { Finding($0) } + judges.violations.map { Finding($0) }
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
