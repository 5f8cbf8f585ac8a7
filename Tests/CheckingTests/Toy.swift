import Checking
import Machines
import Property

/// A counter behind a lock, which is all there is to this system.
enum ToyOperation: CustomStringConvertible, Hashable {
  case lock
  case unlock
  case add(UInt64)

  var description: String {
    switch self {
    case .lock: "lock()"
    case .unlock: "unlock()"
    case .add(let amount): "add(\(amount))"
    }
  }

  /// The number that it is counted by.
  var number: Int {
    switch self {
    case .lock: 0
    case .unlock: 1
    case .add: 2
    }
  }

  /// What it returns: nobody adds without the lock, nor takes it twice.
  func result(isLocked: Bool) -> Errno {
    switch self {
    case .lock: isLocked ? .again : .ok
    case .unlock, .add: isLocked ? .ok : .invalid
    }
  }
}

/// Draws what is done with the counter.
struct ToyPlan: CasePlan {
  typealias Beside = Void

  let start: UInt64

  static var length: ElementLoop { ElementLoop(1...40, averaging: 12) }
  static var audits: AuditSchedule { .between(oneIn: 8) }

  init(_ choices: inout Choices, within limits: NoLimits) { start = choices.draw(through: 3) }

  var configurationText: String { "from \(start)" }

  func operation(_ choices: inout Choices) -> ToyOperation {
    switch choices.draw(through: 2) {
    case 0: .lock
    case 1: .unlock
    default: .add(choices.draw(through: 9))
    }
  }
}

/// A counter: the right one, or one with a defect.
struct ToyCounter: Sendable {
  enum Defect: Sendable { case none, addsUnlocked, saturates, forgetsUnlock }

  var defect = Defect.none
  private(set) var value: UInt64
  private(set) var isLocked = false

  init(_ defect: Defect, from value: UInt64) {
    self.defect = defect
    self.value = value
  }

  mutating func perform(_ operation: ToyOperation) -> Errno {
    let result = operation.result(isLocked: isLocked || defect == .addsUnlocked)
    guard result == .ok else { return result }
    switch operation {
    case .lock: isLocked = true
    case .unlock: isLocked = defect == .forgetsUnlock
    case .add(let amount): value = defect == .saturates ? min(value + amount, 20) : value + amount
    }
    return .ok
  }
}

extension Rule {
  /// A call returned something else than it should.
  static let toyResult = Rule("toy-result", "a call returns what it should", oracle: "ToySession")
  /// The counter is wrong.
  static let toyValue = Rule("toy-value", "the counter is the sum", oracle: "ToySession")
}

/// A case of the counter beside a sum and a truth value.
struct ToySession: ComparedSession {
  private var counter: ToyCounter
  private var sum: UInt64
  private var isLocked = false
  private var events: [String] = []
  private var additions = 0

  static var unmade: Finding { Finding(.toyResult, "no counter") }

  init?(
    _ plan: ToyPlan,
    _ defect: ToyCounter.Defect,
    in world: inout Void,
    _ setting: CaseSetting
  ) {
    counter = ToyCounter(defect, from: plan.start)
    sum = plan.start
  }

  mutating func perform(
    _ operation: ToyOperation,
    beside: Void?,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    let found = counter.perform(operation)
    events.append("\(operation): \(found)")
    let expected = operation.result(isLocked: isLocked)
    statistics.count(operation: operation.number, result: found)
    if found != expected {
      return Finding(.toyResult, "\(operation) returned \(found), not \(expected)", cause: " toy")
    }
    guard expected == .ok else { return nil }
    switch operation {
    case .lock: isLocked = true
    case .unlock: isLocked = false
    case .add(let amount):
      sum += amount
      additions += 1
    }
    return nil
  }

  func audit() -> Finding? {
    counter.value == sum ? nil : Finding(.toyValue, "the counter is \(counter.value), not \(sum)")
  }

  /// A result changes nothing, and the two go on from where they are.
  func goesOn(after accepted: Finding) -> Bool {
    counter.value == sum && counter.isLocked == isLocked
  }

  func count(into statistics: inout CheckStatistics) {
    statistics.count(events: events.count)
    statistics.count(labels: [additions > 0 ? 1 : 0, sum > 20 ? 1 : 0])
  }

  var eventCount: Int { events.count }

  func account(of finding: Finding, operationEnds: [Int]) -> CaseAccount {
    CaseAccount(
      history: events.enumerated().map {
        Counterexample.Step(call: $0.offset, ordinal: $0.offset + 1, text: $0.element)
      },
      sections: [.init("counter", "\(counter.value)"), .init("the sum", "\(sum)")]
    )
  }

  struct Answer: ComparedAnswer {
    let result: Errno
    let value: UInt64
  }

  mutating func call(_ operation: ToyOperation) -> ComparedCall<Answer> {
    let result = counter.perform(operation)
    return ComparedCall(
      Answer(result: result, value: counter.value),
      kind: operation.number,
      costs: CallEvents([.load(address: 0, value: 0)])
    )
  }

  static func has(_ operation: ToyOperation, _ defect: ToyCounter.Defect) -> Bool {
    defect != .forgetsUnlock || operation != .unlock
  }

  static func missingOperations(of defect: ToyCounter.Defect) -> Set<Int> {
    defect == .forgetsUnlock ? [1] : []
  }
}

extension System {
  /// The counter and its defects.
  static let toy = System(
    name: "toy",
    summary: "a counter behind a lock",
    operations: ["lock", "unlock", "add"],
    coverage: Coverage("sums", labels: ["added", "above 20"], required: ["added"]),
    requiredOutcomes: [Outcome(operation: 2, name: "add", result: .ok)],
    rules: [.toyResult, .toyValue],
    subjects: [
      subject("built-in", .clean, .none), subject("adds-unlocked", .variant, .addsUnlocked),
      subject("saturates", .variant, .saturates),
      subject("forgets-unlock", .variant, .forgetsUnlock),
    ]
  )

  private static func subject(
    _ name: String,
    _ role: Subject.Role,
    _ defect: ToyCounter.Defect
  ) -> Subject {
    Subject(
      name,
      role,
      "a counter",
      checkedIn: ToySession.self,
      defect,
      limits: NoLimits()
    )
  }
}
