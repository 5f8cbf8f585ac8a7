import Architecture
public import Oracles

/// One thing that is wrong with a subject, as a person is told of it.
public struct Finding: Sendable, Hashable {
  /// The rule that is broken.
  public var rule: Rule
  /// What happened.
  public var message: String
  /// The same for every instance of the same fault.
  public var fingerprint: String
  /// The physical address of the descriptor concerned.
  public var entryAddress: UInt64?
  /// The input address concerned.
  public var inputAddress: UInt64?
  /// The level of the descriptor concerned.
  public var level: Int?
  /// The number of the event at which it was seen; as late as can be where it was seen in no event.
  public var eventOrdinal: Int
  /// What else the same call broke, what explains more before what explains less.
  public var others: [Finding] = []

  /// What a model or a session saw; `cause` ends the fingerprint, which begins with the rule's name.
  init(
    _ rule: Rule,
    _ message: String,
    cause: String = "",
    entryAddress: UInt64? = nil,
    inputAddress: UInt64? = nil,
    level: Int? = nil
  ) {
    self.rule = rule
    self.message = message
    fingerprint = rule.name + cause
    self.entryAddress = entryAddress
    self.inputAddress = inputAddress
    self.level = level
    eventOrdinal = .max
  }

  /// What an oracle saw.
  init(_ violation: Oracles.Violation) {
    rule = violation.rule
    message = violation.message
    fingerprint = violation.fingerprint
    entryAddress = violation.entryAddress
    inputAddress = violation.inputAddress
    level = violation.level?.rawValue
    eventOrdinal = violation.eventOrdinal
  }
}
