import Checking
import Machines
import Oracles
import Reference
import Schedules
import Walkers

/// What of a shared stage 2 is explored: faults, ageing and unmaps of one page and of the block that it
/// is in.
final class Stage2ThreadsExploration<Walker: SharedStage2Walker>: Explorable {
  typealias Operation = Stage2ThreadsOperation

  private static var read: UInt64 { Protection.read }
  private static var write: UInt64 { Protection.read | Protection.write }

  private static func operation(_ kind: Operation.Kind) -> Operation {
    Operation(thread: nil, kind: kind)
  }

  private static func map(
    _ page: Int,
    _ count: Int,
    _ output: UInt64,
    _ protection: UInt64
  )
    -> Operation
  {
    operation(.map(page: page, pageCount: count, output: output, protection: protection))
  }

  private static var mapPage: Operation { map(0, 1, Stage2ThreadsPlan.outputs[0], read) }
  private static var mapBlock: Operation { map(0, 2, Stage2ThreadsPlan.outputs[0], read) }

  static var calls: KeyValuePairs<String, Operation> {
    [
      "map": mapPage,
      "map-elsewhere": map(0, 1, Stage2ThreadsPlan.outputs[1], write),
      "map-neighbour": map(1, 1, Stage2ThreadsPlan.outputs[0] + 0x1000, read),
      "map-block": mapBlock,
      "relax": operation(.relax(page: 0, protection: write)),
      "make-young": operation(.makeYoung(page: 0)),
      "age": operation(.age(page: 0)),
      "is-young": operation(.isYoung(page: 0)),
      "unmap": operation(.unmap(pages: 0..<1)),
      "write-protect": operation(.writeProtect(pages: 0..<1)),
    ]
  }

  static var states: KeyValuePairs<String, [Operation]> {
    [
      "empty": [],
      "page": [mapPage],
      "old-page": [mapPage, operation(.age(page: 0))],
      "block": [mapBlock],
    ]
  }

  static var settings: WorldSettings {
    var settings = WorldSettings()
    settings.wordsPerThread = 256
    return settings
  }

  /// Tables of two levels.
  private static func plan(_ threadCount: Int) -> Stage2ThreadsPlan {
    Stage2ThreadsPlan(threadCount: threadCount, levelCount: 2)
  }

  static var judges: Stage2ThreadsListener { Stage2ThreadsListener(plan(1).shape) }
  static func reset(_ judges: inout Stage2ThreadsListener) {
    judges.reset(plan(1).shape, isRecorded: false)
  }

  static func explanatoryRank(of rule: Rule) -> Int {
    Stage2ThreadsSession<Walker>.explanatoryRank(of: rule)
  }

  private let walker: Walker
  private let shared = SharedState(Stage2ThreadsState())
  /// Whether all threads came to their ends; then an order of the calls is looked for, once.
  private var isAtRest = false
  /// What was found in the tables; nil until they are looked at.
  private var tableViolations: [Violation]?

  init(_ variant: Walker) { walker = variant }

  private var state: UnsafeMutablePointer<Stage2ThreadsState> { shared.pointer }

  func begin<S: Scheduler, L: RecordListener>(
    _ threads: [[Operation]],
    after earlier: [Operation],
    on alone: ScheduledMachine<S, L>
  ) {
    isAtRest = false
    tableViolations = nil
    state.pointee.begin(Self.plan(threads.count))
    state.pointee.model.isMemoryWeak = alone.isMemoryWeak
    var thread = Stage2CaseThread(walker, alone, state)
    thread.makeRecords()
    state.pointee.run(earlier)
    thread.performAlone()
    state.pointee.operations = threads.enumerated().flatMap { thread, operations in
      operations.map { Operation(thread: thread, kind: $0.kind) }
    }
    state.pointee.results = Array(repeating: nil, count: state.pointee.operations.count)
  }

  func perform<S: Scheduler, L: RecordListener>(on machine: inout ScheduledMachine<S, L>) {
    var thread = Stage2CaseThread(walker, machine, state)
    thread.perform()
  }

  func audit<S: Scheduler, L: RecordListener>(on alone: ScheduledMachine<S, L>) { isAtRest = true }

  var results: [Errno?] { state.pointee.results }

  func hasFindings(_ judges: Stage2ThreadsListener) -> Bool {
    !violations(judges).isEmpty || !state.pointee.model.breaches.isEmpty
      || judges.judges.violationCount > 0
  }

  func findings(_ judges: Stage2ThreadsListener) -> [Finding] {
    let violations = violations(judges)
    return violations.map { Finding($0) }
      + state.pointee.model.breaches.map { Finding($0.rule, $0.message, cause: $0.cause) }
      + judges.judges.violations.map { Finding($0) }
  }

  /// What was found in the tables, and at rest in what the calls came to.
  private func violations(_ judges: Stage2ThreadsListener) -> [Violation] {
    if let tableViolations { return tableViolations }
    var sharing = judges.sharing
    if isAtRest { state.pointee.rest(&sharing) }
    tableViolations = sharing.violations
    return sharing.violations
  }
}
