import Checking
import Machines
import Oracles
import Reference

extension Rule {
  /// A frame was written, and nothing tells any more.
  static let lostWrite = Rule(
    "lost-write",
    "nothing that the guest wrote is ever lost from the log",
    reference: "the reference model",
    oracle: "PartitionModel"
  )

  /// A frame was written before a harvest began, and is not in what it handed out.
  static let missingReport = Rule(
    "missing-report",
    "a harvest reports what was written before it began",
    reference: "the reference model",
    oracle: "PartitionModel"
  )

  /// A frame is logged or handed out that was not written.
  static let needlessReport = Rule(
    "needless-report",
    "the log has pages for which a change bit was set since it was last handed out, and no others",
    reference: "the reference model",
    oracle: "PartitionModel"
  )

  /// A frame was handed out, and is told of still.
  static let logNotRenewed = Rule(
    "log-not-renewed",
    "after a harvest the log starts anew",
    reference: "the reference model",
    oracle: "PartitionModel"
  )

  /// An age is not what the reference bit says, or was not forgotten when it was told.
  static let wrongAge = Rule(
    "wrong-age",
    "ageing forgets an access and tells of it; asking for the age forgets nothing",
    reference: "the reference model",
    oracle: "PartitionModel"
  )

  /// The host may discard what the guest wrote.
  static let hostPageClean = Rule(
    "host-page-clean",
    "a page that the guest wrote to is dirty to the host when it is taken from the guest",
    reference: "the reference model",
    oracle: "PretendHost"
  )
}

extension Finding {
  /// The rules of what was written and when it was used.
  static let logRules: [Rule] = [
    .lostWrite, .missingReport, .needlessReport, .logNotRenewed, .wrongAge, .hostPageClean,
  ]

  /// What the model says of a log.
  static func log(_ fault: PartitionModel.LogFault, _ shift: UInt64, entry: UInt64?) -> Finding {
    let (rule, frame, message): (Rule, UInt64, String) =
      switch fault {
      case .lost(let frame):
        (.lostWrite, frame, "was written, and neither the log nor a change bit tells")
      case .missing(let frame):
        (.missingReport, frame, "was written before the harvest, and is not in its report")
      case .needless(let frame):
        (.needlessReport, frame, "is logged, and was not written since it was last reported")
      case .kept(let frame):
        (.logNotRenewed, frame, "was reported, and its change bit is set as before")
      }
    return Finding(
      rule,
      "frame \(hex(frame)) \(message)",
      entryAddress: entry,
      inputAddress: frame << shift
    )
  }

  static func discarded(frame: UInt64, _ shift: UInt64) -> Finding {
    Finding(
      .hostPageClean,
      "the guest wrote to the page behind frame \(hex(frame)), and the host may discard it",
      inputAddress: frame << shift
    )
  }
}
