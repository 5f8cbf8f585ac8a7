public import Property

/// Draws the configuration and the operations of a case.
///
/// All that is drawn of a case is drawn here and in the engine, in one order, so that a token replays
/// the same case whether a subject is checked or compared.
public protocol CasePlan: UsableOnThreads {
  /// What is done in a case, one after the other.
  associatedtype Operation: CustomStringConvertible
  /// What a subject's cases may be drawn with.
  associatedtype Limits: PlanLimits = NoLimits
  /// What others do while an operation is performed.
  associatedtype Beside = Void

  /// How many operations a case has.
  static var length: ElementLoop { get }
  /// When everything is audited.
  static var audits: AuditSchedule { get }
  /// What an operation is called, without its arguments.
  static func name(of operation: Operation) -> String

  /// Draws a configuration.
  init(_ choices: inout Choices, within limits: Limits)
  /// The configuration in words.
  var configurationText: String { get }
  /// The next operation.
  mutating func operation(_ choices: inout Choices) -> Operation
  /// What others do while it is performed.
  mutating func beside(
    _ operation: Operation,
    within limits: Limits,
    _ choices: inout Choices
  ) -> Beside
  /// What a case that holds so far ends with.
  mutating func closing(_ choices: inout Choices) -> [Operation]
}

extension CasePlan {
  /// The words before the arguments.
  public static func name(of operation: Operation) -> String {
    String("\(operation)".prefix { $0 != "(" })
  }

  /// Nothing.
  @inlinable
  public mutating func closing(_ choices: inout Choices) -> [Operation] { [] }
}

extension CasePlan where Beside == Void {
  /// Nothing.
  @inlinable
  public mutating func beside(
    _ operation: Operation,
    within limits: Limits,
    _ choices: inout Choices
  ) {}
}

/// When everything in a case is audited.
public enum AuditSchedule: Sendable, Hashable {
  /// Never: nothing outlasts an operation.
  case never
  /// Once all operations are performed.
  case atEnd
  /// After one operation in so many, and at the end.
  case between(oneIn: UInt64)

  /// Whether an audit follows the operation that was drawn last.
  @inlinable
  func draw(_ choices: inout Choices) -> Bool {
    if case .between(let count) = self { choices.flip(oneIn: count) } else { false }
  }
}

/// What a subject's cases may be drawn with.
public protocol PlanLimits: Sendable {
  /// What both may be drawn with; nil where that is nothing.
  func intersection(_ other: Self) -> Self?
  /// The limits in a word, from which they can be made again; empty where there are none.
  var text: String { get }
  /// The limits that `text` is of; nil for none.
  init?(text: String)
}

extension PlanLimits {
  /// The limits that a text is of, where cases drawn with those can be drawn with these; these for nil.
  @usableFromInline
  func restricted(to text: String?) -> Self? {
    guard let text, text != self.text else { return self }
    guard let other = Self(text: text), other.intersection(self)?.text == other.text else {
      return nil
    }
    return other
  }
}

/// The limits of cases that can be drawn in one way only.
public struct NoLimits: PlanLimits {
  /// None.
  public init() {}

  /// None either.
  public func intersection(_ other: NoLimits) -> NoLimits? { self }

  /// Nothing.
  public var text: String { "" }

  /// Those of nothing.
  public init?(text: String) {
    guard text.isEmpty else { return nil }
  }
}
