import Machines

/// A case that a subject fails, in words.
public struct Counterexample: Sendable, Hashable {
  /// A call of the case and what it returned.
  public struct Call: Sendable, Hashable {
    /// The call as it would be written.
    public var text: String
    /// How many loads, stores and other events it took.
    public var eventCount: Int
  }

  /// Something that touched the entry concerned.
  public struct Step: Sendable, Hashable {
    /// The number of the call that it happened in, from 1; 0 for the creation of the table.
    public var call: Int
    /// The number of the event in the case, from 1.
    public var ordinal: Int
    /// The event in words.
    public var text: String
    /// Where in `walkerFile` it was made; 0 where that is not known.
    public var site: UInt64
  }

  /// What is wrong.
  public var finding: Finding
  /// The configuration in words.
  public var configuration: String
  /// The calls, in order.
  public var calls: [Call]
  /// What happened to the entry concerned, in order.
  public var history: [Step]
  /// How many steps of the history were left out, for its length.
  public var omittedSteps: Int
  /// What the tables in memory make of the input address concerned, at the end.
  public var hardware: String
  /// What the model makes of it.
  public var model: String
  /// The file that holds the walker; nil for walkers of this package.
  public var walkerFile: String?
}

/// Is told of a case as it goes.
protocol CaseNarrator {
  /// Whether the machine has to record its events.
  static var records: Bool { get }
  mutating func begin(_ configuration: String)
  mutating func call(_ operation: some CustomStringConvertible, _ machine: borrowing CheckMachine)
  mutating func end(
    _ finding: Finding?,
    _ machine: borrowing CheckMachine,
    _ views: (UInt64) -> CaseViews
  )
}

/// Two accounts of one input address.
struct CaseViews {
  /// What the tables in memory make of it.
  var hardware: String
  /// What the model makes of it.
  var model: String
  /// The physical address of the descriptor at which the walk ends.
  var entryAddress: UInt64?
}

/// Listens and says nothing.
struct SilentNarrator: CaseNarrator {
  static var records: Bool { false }
  mutating func begin(_ configuration: String) {}
  mutating func call(_ operation: some CustomStringConvertible, _ machine: borrowing CheckMachine) {
  }
  mutating func end(
    _ finding: Finding?,
    _ machine: borrowing CheckMachine,
    _ views: (UInt64) -> CaseViews
  ) {}
}

/// Writes a failing case down.
struct ReportNarrator: CaseNarrator {
  static var records: Bool { true }

  /// The longest history that is kept.
  static let historyLimit = 48

  private var configuration = ""
  private var calls: [Counterexample.Call] = []
  /// The number of events after each call.
  private var boundaries: [Int] = []
  private(set) var counterexample: Counterexample?

  mutating func begin(_ configuration: String) { self.configuration = configuration }

  mutating func call(_ operation: some CustomStringConvertible, _ machine: borrowing CheckMachine) {
    let count = machine.base.listener.log.events.count
    calls.append(.init(text: operation.description, eventCount: count - (boundaries.last ?? 0)))
    boundaries.append(count)
  }

  mutating func end(
    _ finding: Finding?,
    _ machine: borrowing CheckMachine,
    _ views: (UInt64) -> CaseViews
  ) {
    guard let finding else { return }
    let view = finding.inputAddress.map(views)
    let history = EventHistory(
      entryAddress: finding.entryAddress ?? view?.entryAddress,
      inputAddress: finding.inputAddress,
      pageShift: machine.base.memory.pageShift
    )
    let steps = history.steps(
      of: machine.base.listener.log.events,
      sites: machine.base.listener.log.sites.map(\.instruction),
      callEnds: boundaries
    )
    counterexample = Counterexample(
      finding: finding,
      configuration: configuration,
      calls: calls,
      history: Array(steps.suffix(ReportNarrator.historyLimit)),
      omittedSteps: max(0, steps.count - ReportNarrator.historyLimit),
      hardware: view?.hardware ?? "no input address is concerned",
      model: view?.model ?? "no input address is concerned",
      walkerFile: machine.base.listener.walkerFile
    )
  }
}
