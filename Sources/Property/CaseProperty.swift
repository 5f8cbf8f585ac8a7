/// Something that should hold of every case.
///
/// The value belongs to one worker and holds the state that it reuses from case to case. What a run
/// does may depend on the choices alone, never on the cases that the value has run before.
public protocol CaseProperty: UsableOnThreads {
  /// What the runs count.
  associatedtype Statistics: CaseStatistics

  /// Makes one case of the choices, and judges it.
  mutating func run(_ choices: inout Choices, into statistics: inout Statistics) -> Outcome

  /// Further edits of a failing case that the shrinker should try: what a domain knows and the
  /// shrinker cannot.
  ///
  /// Most domains need none.
  func suggestions(for recording: Recording) -> [[UInt64]]
}

extension CaseProperty {
  /// None.
  public func suggestions(for recording: Recording) -> [[UInt64]] { [] }
}

#if compiler(>=6.2)
/// Says that a type's conformances belong to no actor, so that any thread may make and use a value.
public typealias UsableOnThreads = SendableMetatype
#else
/// Says nothing: this compiler does not ask whether a type's conformances belong to an actor.
public typealias UsableOnThreads = Any
#endif

/// Counts that can be added up; the order of addition must not matter.
public protocol CaseStatistics: Equatable, Sendable {
  /// Nothing counted.
  init()

  /// Adds the other's counts.
  mutating func merge(_ other: Self)
}

/// How one case ended.
public enum Outcome: Equatable, Sendable {
  /// The property holds.
  case holds
  /// The property is violated.
  case violated(CaseViolation)
  /// The choices make no case worth judging; these are counted apart.
  case discarded
}

/// What was wrong with a case.
public struct CaseViolation: Hashable, Sendable {
  /// Names the defect: cases with the same fingerprint are taken to fail for the same reason, so it
  /// must not contain what varies from case to case.
  public let fingerprint: String
  /// One line for a person.
  public let summary: String

  /// Describes a violation.
  public init(fingerprint: String, summary: String = "") {
    self.fingerprint = fingerprint
    self.summary = summary
  }
}
