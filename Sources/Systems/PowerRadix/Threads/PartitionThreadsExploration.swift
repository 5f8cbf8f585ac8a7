import Checking
import Machines
import Oracles
import Reference
import Schedules

/// What of shared partition-scoped tables is explored: accesses to one frame and to its neighbour in the
/// host's page, and everything that takes it away, ages it or looks who wrote it.
final class PartitionThreadsExploration<Scheme: PartitionScheme>: Explorable {
  typealias Operation = PartitionThreadsOperation

  private static func operation(_ kind: Operation.Kind) -> Operation {
    Operation(thread: nil, kind: kind)
  }

  private static var load: Operation { operation(.access(frame: 0, isWrite: false)) }
  private static var resize: Operation { operation(.resize(area: 0, unit: 0)) }
  private static var harvest: Operation { operation(.harvest) }
  private static var store: Operation { operation(.access(frame: 0, isWrite: true)) }

  static var calls: KeyValuePairs<String, Operation> {
    [
      "load": load,
      "store": store,
      "load-neighbour": operation(.access(frame: 1, isWrite: false)),
      "hardware-store": operation(.touch(frame: 0, isWrite: true)),
      "late-fault": operation(.fault(frame: 0, isWrite: false, isRecorded: true)),
      "move": operation(.move(area: 0, unit: 0)),
      "resize": resize,
      "move-slot": operation(.changeSlot(area: 1)),
      "remove-slot": operation(.changeSlot(area: nil)),
      "harvest": harvest,
      "age": operation(.age(frame: 0)),
    ]
  }

  static var states: KeyValuePairs<String, [Operation]> {
    [
      "empty": [],
      "mapped": [load],
      "written": [store],
      "clean": [store, harvest],
      "old": [store, harvest, operation(.age(frame: 0))],
      "small": [load, resize, store],
      "joined": [load, resize, store, resize],
    ]
  }

  static var settings: WorldSettings {
    var settings = WorldSettings()
    settings.wordsPerThread = 256
    return settings
  }

  /// The host's pages are two of the guest's.
  private static func plan(_ threadCount: Int) -> PartitionThreadsPlan {
    var plan = PartitionThreadsPlan(threadCount: threadCount)
    plan.unitShift = 13
    return plan
  }

  static var judges: PartitionThreadsListener {
    var judges = PartitionThreadsListener()
    reset(&judges)
    return judges
  }
  static func reset(_ judges: inout PartitionThreadsListener) {
    judges.reset(plan(1), isRecorded: false)
  }

  static func explanatoryRank(of rule: Rule) -> Int {
    PartitionThreadsSession<Scheme>.explanatoryRank(of: rule)
  }

  private let scheme: Scheme
  private let shared = SharedState(PartitionThreadsState())
  /// Whether all threads came to their ends; then an order of the calls is looked for, once.
  private var isAtRest = false
  /// What was found in the tables; nil until they are looked at.
  private var tableViolations: [Violation]?

  init(_ variant: Scheme) { scheme = variant }

  private var state: UnsafeMutablePointer<PartitionThreadsState> { shared.pointer }

  func begin<S: Scheduler, L: RecordListener>(
    _ threads: [[Operation]],
    after earlier: [Operation],
    on alone: ScheduledMachine<S, L>
  ) {
    isAtRest = false
    tableViolations = nil
    state.pointee.begin(Self.plan(threads.count))
    let thread = PartitionCaseThread(scheme, alone, state)
    thread.makeRecords()
    state.pointee.run(earlier)
    thread.performAlone()
    state.pointee.operations = threads.enumerated().flatMap { thread, operations in
      operations.map { Operation(thread: thread, kind: $0.kind) }
    }
    state.pointee.results = Array(repeating: nil, count: state.pointee.operations.count)
  }

  func perform<S: Scheduler, L: RecordListener>(on machine: inout ScheduledMachine<S, L>) {
    PartitionCaseThread(scheme, machine, state).perform()
  }

  func audit<S: Scheduler, L: RecordListener>(on alone: ScheduledMachine<S, L>) {
    isAtRest = true
    // An access that nobody interferes with succeeds, whatever was left behind; a load mends no leaf.
    let thread = PartitionCaseThread(scheme, alone, state)
    state.pointee.judgeAlone(Self.load, thread.access(0, isWrite: false))
  }

  var results: [Errno?] { state.pointee.results }

  func hasFindings(_ judges: PartitionThreadsListener) -> Bool {
    !violations(judges).isEmpty || !state.pointee.model.breaches.isEmpty
      || judges.judges.violationCount > 0
  }

  func findings(_ judges: PartitionThreadsListener) -> [Finding] {
    let violations = violations(judges)
    return violations.map { Finding($0) }
      + state.pointee.model.breaches.map { Finding($0.rule, $0.message, cause: $0.cause) }
      + judges.judges.violations.map { Finding($0) }
  }

  /// What was found in the tables, and at rest in what the calls came to.
  private func violations(_ judges: PartitionThreadsListener) -> [Violation] {
    if let tableViolations { return tableViolations }
    var sharing = judges.sharing
    if isAtRest { state.pointee.rest(&sharing) }
    tableViolations = sharing.violations
    return sharing.violations
  }
}
