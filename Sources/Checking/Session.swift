public import Machines
public import Property

/// One case in progress: what is checked, its reference, and the world between them.
///
/// The engine draws, calls, audits, accepts, counts and tells; a session says what became of it.
public protocol Session: UsableOnThreads {
  /// What the case is drawn by.
  associatedtype Plan: CasePlan
  /// What is checked: a walker, one with a fault, a library.
  associatedtype Variant: Sendable
  /// What a worker's cases use one after the other.
  associatedtype World

  /// A world in which no case was yet.
  static func world(for variant: Variant) -> World
  /// What is wrong where a case cannot begin.
  static var unmade: Finding { get }
  /// How near to the cause a rule is: of what one operation breaks, what ranks lower explains the rest.
  static func explanatoryRank(of rule: Rule) -> Int
  /// The end of a case in words; nil where it is nothing to tell of.
  static var endText: String? { get }

  /// Makes both sides; nil where what is checked cannot be made.
  init?(_ plan: Plan, _ variant: Variant, in world: inout World, _ setting: CaseSetting)
  /// What is wrong before the first operation; nil for nothing.
  func begin() -> Finding?
  /// Performs an operation on both sides; nil where they agree and every judge is content.
  mutating func perform(
    _ operation: Plan.Operation,
    beside: Plan.Beside?,
    into statistics: inout CheckStatistics
  ) -> Finding?
  /// Performs an operation in the course of which more is drawn: a schedule.
  mutating func perform(
    _ operation: Plan.Operation,
    beside: Plan.Beside?,
    _ choices: inout Choices,
    into statistics: inout CheckStatistics
  ) -> Finding?
  /// Whether what is checked has an operation; it is not told of one that it has not.
  func performs(_ operation: Plan.Operation) -> Bool
  /// Edits of a failing case that are worth trying: what the system knows and the shrinker cannot.
  static func suggestions(for recording: Recording) -> [[UInt64]]
  /// The operation that was performed last in words, with what others did beside it.
  func text(of operation: Plan.Operation) -> String
  /// Compares everything; nil where both sides agree.
  mutating func audit() -> Finding?
  /// Ends the case; nil where nothing is left behind.
  mutating func end() -> Finding?
  /// All that the last operation broke, of which `first` was noticed first; `hasEnded` where that was the
  /// end of the case.
  func findings(_ first: Finding, hasEnded: Bool) -> [Finding]
  /// Whether both sides are what they would be had they agreed, so that the case may go on after what
  /// is accepted.
  func goesOn(after accepted: Finding) -> Bool
  /// Adds what was covered, and what the judges accepted.
  mutating func count(into statistics: inout CheckStatistics)
  /// Gives back what it took of the world.
  func leave(_ world: inout World)

  /// How many events were recorded.
  var eventCount: Int { get }
  /// What happened to what a finding is about; an operation's events end where `operationEnds` says.
  func account(of finding: Finding, operationEnds: [Int]) -> CaseAccount
}

/// How a case is run.
public struct CaseSetting: Sendable {
  /// Whether its events are kept, to be told.
  public var isRecorded: Bool
  /// Fingerprints of findings that are known and accepted.
  public var accepted: Set<String>

  /// A case of which nothing is kept and nothing accepted, unless told otherwise.
  public init(isRecorded: Bool = false, accepted: Set<String> = []) {
    self.isRecorded = isRecorded
    self.accepted = accepted
  }
}

/// What a session has to tell of a finding.
public struct CaseAccount: Sendable {
  /// What happened to what it is about, in order.
  public var history: [Counterexample.Step]
  /// What each side makes of it at the end.
  public var sections: [Counterexample.Section]
  /// The file that holds what is checked; nil for what is in this package.
  public var sourceFile: String?

  /// An account of nothing, unless told otherwise.
  public init(
    history: [Counterexample.Step] = [],
    sections: [Counterexample.Section] = [],
    sourceFile: String? = nil
  ) {
    self.history = history
    self.sections = sections
    self.sourceFile = sourceFile
  }
}

extension Session {
  /// All rules alike.
  public static func explanatoryRank(of rule: Rule) -> Int { 0 }
  /// Nothing to tell of.
  public static var endText: String? { nil }
  /// Nothing.
  @inlinable
  public func begin() -> Finding? { nil }
  /// Nothing more is drawn.
  @inlinable
  public mutating func perform(
    _ operation: Plan.Operation,
    beside: Plan.Beside?,
    _ choices: inout Choices,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    perform(operation, beside: beside, into: &statistics)
  }
  /// None.
  public static func suggestions(for recording: Recording) -> [[UInt64]] { [] }
  /// It has all.
  @inlinable
  public func performs(_ operation: Plan.Operation) -> Bool { true }
  /// The operation as it was drawn.
  @inlinable
  public func text(of operation: Plan.Operation) -> String { operation.description }
  /// Nothing to compare.
  @inlinable
  public mutating func audit() -> Finding? { nil }
  /// Nothing is left behind.
  @inlinable
  public mutating func end() -> Finding? { nil }
  /// That alone.
  public func findings(_ first: Finding, hasEnded: Bool) -> [Finding] { [first] }
  /// It may not.
  public func goesOn(after accepted: Finding) -> Bool { false }
}

extension Session where World == Void {
  /// Nothing.
  public static func world(for variant: Variant) {}
  /// Nothing was taken.
  @inlinable
  public func leave(_ world: inout Void) {}
}
