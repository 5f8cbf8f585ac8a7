import Architecture
import Checking
import Machines
import Oracles

extension Rule {
  /// A call returned something else than the model says.
  static let wrongResult = Rule(
    "wrong-result",
    "a call returns what the reference model says",
    reference: "the reference model",
    oracle: "ReferenceModel"
  )

  /// The tables say something else than the model.
  static let wrongEntry = Rule(
    "wrong-entry",
    "the tables translate as the reference model says",
    reference: "the reference model, through the architecture's decoding",
    oracle: "ReferenceModel"
  )
}

extension Finding {
  /// What an oracle saw.
  init(_ violation: Oracles.Violation) {
    self.init(
      violation.rule,
      violation.message,
      entryAddress: violation.entryAddress,
      inputAddress: violation.inputAddress,
      level: violation.level?.number,
      eventOrdinal: violation.eventOrdinal
    )
    fingerprint = violation.fingerprint
  }

  /// The rules that every reference model is judged by.
  static let modelRules: [Rule] = [.wrongResult, .wrongEntry]

  /// A table could not be made.
  static let noTable = Finding(
    .wrongResult,
    "create returned nothing, although there was memory for a root",
    cause: " create"
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
      .wrongResult,
      "\(call) returned \(found), and the model says \(expected)",
      cause: " \(fingerprint)",
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
      .wrongEntry,
      "the level-\(level) entry for \(hex(inputAddress)) is \(found), and the model says"
        + " \(expected)",
      cause: " \(fingerprint)",
      entryAddress: entryAddress,
      inputAddress: inputAddress,
      level: level
    )
  }

  /// An audit found fewer or more entries than the model has.
  static func missingEntries(expected: Int, found: Int) -> Finding {
    Finding(
      .wrongEntry,
      "there are \(found) leaves and annotations, and the model has \(expected)",
      cause: " count"
    )
  }
}
