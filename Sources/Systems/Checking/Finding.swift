import Architecture
import Oracles

/// One thing that is wrong with a subject, as a person is told of it.
public struct Finding: Sendable, Hashable {
  /// The name of the rule that is broken.
  public var rule: String
  /// The rule, in a sentence.
  public var statement: String
  /// Where the rule comes from.
  public var reference: String
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

  init(
    rule: String,
    statement: String,
    reference: String,
    message: String,
    fingerprint: String,
    entryAddress: UInt64? = nil,
    inputAddress: UInt64? = nil,
    level: Int? = nil,
    eventOrdinal: Int = .max
  ) {
    self.level = level
    self.eventOrdinal = eventOrdinal
    self.rule = rule
    self.statement = statement
    self.reference = reference
    self.message = message
    self.fingerprint = fingerprint
    self.entryAddress = entryAddress
    self.inputAddress = inputAddress
  }

  /// What an oracle saw.
  init(_ violation: Oracles.Violation) {
    self.init(
      rule: violation.rule.rawValue,
      statement: violation.rule.statement,
      reference: violation.rule.reference,
      message: violation.message,
      fingerprint: violation.fingerprint,
      entryAddress: violation.entryAddress,
      inputAddress: violation.inputAddress,
      level: violation.level?.rawValue,
      eventOrdinal: violation.eventOrdinal
    )
  }

  /// A table could not be made.
  static let noTable = Finding(
    rule: "wrong-result",
    statement: "a call returns what the reference model says",
    reference: "the reference model",
    message: "create returned nothing, although there was memory for a root",
    fingerprint: "wrong-result create"
  )

  /// A call returned something else than the model says.
  static func wrongResult(
    _ call: String,
    expected: String,
    found: String,
    fingerprint: String,
    inputAddress: UInt64
  ) -> Finding {
    Finding(
      rule: "wrong-result",
      statement: "a call returns what the reference model says",
      reference: "the reference model",
      message: "\(call) returned \(found), and the model says \(expected)",
      fingerprint: "wrong-result \(fingerprint)",
      inputAddress: inputAddress
    )
  }

  /// The tables say something else than the model.
  static func wrongEntry(
    expected: String,
    found: String,
    fingerprint: String,
    entryAddress: UInt64?,
    inputAddress: UInt64,
    level: Int
  ) -> Finding {
    Finding(
      rule: "wrong-entry",
      statement: "the tables translate as the reference model says",
      reference: "the reference model, through the architecture's decoding",
      message: "the level-\(level) entry for \(hex(inputAddress)) is \(found),"
        + " and the model says \(expected)",
      fingerprint: "wrong-entry \(fingerprint)",
      entryAddress: entryAddress,
      inputAddress: inputAddress,
      level: level
    )
  }

  /// An audit found fewer or more entries than the model has.
  static func missingEntries(expected: Int, found: Int) -> Finding {
    Finding(
      rule: "wrong-entry",
      statement: "the tables translate as the reference model says",
      reference: "the reference model, through the architecture's decoding",
      message: "there are \(found) leaves and annotations, and the model has \(expected)",
      fingerprint: "wrong-entry count"
    )
  }
}
