import Checking
import Machines
import Property
import Schedules

/// An operation of a case with threads: given to one of them, or done alone.
protocol ThreadedOperation: CustomStringConvertible {
  /// Who does it beside all others that were given something; nil where it is done alone.
  var thread: Int? { get set }
  /// The number that it is counted by.
  var number: Int { get }
  /// Whether it only waits until all threads have come to the end of what they were given.
  var isJoin: Bool { get }
}

/// How far a case with threads has come: what is done alone is done at once, what threads are given is
/// kept until the next that is done alone, and then done by all of them as the choices schedule it.
struct ThreadedCase<Operation: ThreadedOperation> {
  private let setting: CaseSetting
  /// What threads were given and have not begun.
  private var given: [Operation] = []
  private var hasJoined = false
  /// Whether a run did not come to its end, so that nothing can follow.
  var isOver = false

  init(_ setting: CaseSetting) { self.setting = setting }

  /// Performs an operation, or keeps it for its thread.
  mutating func perform<World: ThreadedWorld>(
    _ operation: Operation,
    in world: World,
    _ choices: inout Choices,
    into statistics: inout CheckStatistics
  ) where World.Operation == Operation {
    hasJoined = false
    if operation.thread != nil {
      given.append(operation)
      return
    }
    if !given.isEmpty {
      run(given, in: world, &choices, &statistics)
      given.removeAll(keepingCapacity: true)
      hasJoined = true
    }
    if !isOver, !operation.isJoin { run([operation], in: world, &choices, &statistics) }
  }

  private mutating func run<World: ThreadedWorld>(
    _ operations: [Operation],
    in world: World,
    _ choices: inout Choices,
    _ statistics: inout CheckStatistics
  ) where World.Operation == Operation {
    isOver = world.run(operations, &choices).ending != .finished
    for (operation, result) in zip(operations, world.results) {
      if let result { statistics.count(operation: operation.number, result: result) }
    }
  }

  /// The operation, and whether others ended before it began.
  func text(of operation: Operation) -> String {
    guard hasJoined else { return operation.description }
    return operation.isJoin ? "all of them at once" : "all of them at once, then \(operation)"
  }

  /// What of some findings is told first: what is accepted only where nothing can follow it.
  func first(of findings: [Finding]) -> Finding? {
    findings.first { !setting.accepted.contains($0.fingerprint) }
      ?? (isOver ? findings.first : nil)
  }

  /// The run as lanes; nothing where it was not recorded.
  func account(
    _ trace: @autoclosure () -> Trace,
    titles: [String],
    preemptionCount count: Int
  )
    -> CaseAccount
  {
    guard setting.isRecorded else { return CaseAccount() }
    let title = "schedule, \(count) preemption\(count == 1 ? "" : "s")"
    return CaseAccount(sections: [.init(title, "\n" + Lanes(trace(), titles: titles).text)])
  }
}
