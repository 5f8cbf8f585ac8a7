import Architecture
import Machines
import Oracles
import Reference
import Walkers

extension Finding {
  /// What a judge of partition-scoped tables saw.
  init(_ violation: RadixViolation) {
    self.init(
      rule: violation.rule.rawValue,
      statement: violation.rule.statement,
      reference: violation.rule.reference,
      message: violation.message,
      fingerprint: violation.fingerprint,
      entryAddress: violation.entryAddress,
      inputAddress: violation.inputAddress
    )
  }

  private static let mapRule = "a leaf maps what its slot has behind it, and nothing else"

  /// What the model says of a log.
  static func log(_ fault: PartitionModel.LogFault, _ shift: UInt64, entry: UInt64?) -> Finding {
    let (rule, frame, message): (String, UInt64, String) =
      switch fault {
      case .lost(let frame):
        ("lost-write", frame, "was written, and neither the log nor a change bit tells")
      case .missing(let frame):
        ("missing-report", frame, "was written before the harvest, and is not in its report")
      case .needless(let frame):
        ("needless-report", frame, "is logged, and was not written since it was last reported")
      case .kept(let frame):
        ("log-not-renewed", frame, "was reported, and its change bit is set as before")
      }
    return Finding(
      rule: rule,
      statement: statement(of: fault),
      reference: "the reference model",
      message: "frame \(hex(frame)) \(message)",
      fingerprint: rule,
      entryAddress: entry,
      inputAddress: frame << shift
    )
  }

  private static func statement(of fault: PartitionModel.LogFault) -> String {
    switch fault {
    case .lost: "nothing that the guest wrote is ever lost from the log"
    case .missing: "a harvest reports what was written before it began"
    case .needless:
      "the log has pages for which a change bit was set since it was last handed out, and no others"
    case .kept: "after a harvest the log starts anew"
    }
  }

  static func discarded(frame: UInt64, _ shift: UInt64) -> Finding {
    Finding(
      rule: "host-page-clean",
      statement:
        "a page that the guest wrote to is dirty to the host when it is taken from the guest",
      reference: "the reference model",
      message:
        "the guest wrote to the page behind frame \(hex(frame)), and the host may discard it",
      fingerprint: "host-page-clean",
      inputAddress: frame << shift
    )
  }

  static func noProgress(_ address: UInt64, isWrite: Bool) -> Finding {
    Finding(
      rule: "no-progress",
      statement: "an access succeeds once its fault was handled, if nobody interfered",
      reference: "the reference model",
      message: "the \(isWrite ? "store to" : "load from") \(hex(address)) faults again after its"
        + " fault was handled",
      fingerprint: "no-progress",
      inputAddress: address
    )
  }

  static func malformed(_ address: UInt64, _ fault: RadixFault) -> Finding {
    Finding(
      rule: "malformed-table",
      statement: "the hardware can walk the tables",
      reference: "Power ISA 3.0B, Book III, \"Radix Tree Translation\"",
      message: "the hardware's walk for \(hex(address)) ends with \"\(fault.name)\"",
      fingerprint: "malformed-table",
      inputAddress: address
    )
  }

  static func wrongAccess(_ address: UInt64, _ message: String) -> Finding {
    Finding(
      rule: "wrong-translation",
      statement: mapRule,
      reference: "the reference model, through the architecture's decoding",
      message: "\(hex(address)) \(message)",
      fingerprint: "wrong-translation",
      inputAddress: address
    )
  }

  static func beyondSlot(_ base: UInt64, shift: UInt64, _ entry: UInt64) -> Finding {
    Finding(
      rule: "beyond-slot",
      statement: mapRule,
      reference: "the reference model, through the architecture's decoding",
      message:
        "the leaf \(hex(entry)) for 2^\(shift) bytes from \(hex(base)) maps what no slot has",
      fingerprint: "beyond-slot",
      inputAddress: base
    )
  }

  static func stillMapped(_ base: UInt64, _ entry: UInt64) -> Finding {
    Finding(
      rule: "still-mapped",
      statement: "what was taken from the guest is not mapped any more",
      reference: "the reference model",
      message: "the leaf for \(hex(base)) is still \(hex(entry))",
      fingerprint: "still-mapped",
      inputAddress: base
    )
  }

  static func wrongAttributes(_ base: UInt64, _ entry: UInt64) -> Finding {
    Finding(
      rule: "wrong-attributes",
      statement: "a leaf says how the memory behaves that it maps",
      reference: "Power ISA 3.0B, Book III, \"Radix Tree Translation\"",
      message: "the leaf for \(hex(base)) is \(hex(entry))",
      fingerprint: "wrong-attributes",
      inputAddress: base
    )
  }

  static func wronglyWritable(_ base: UInt64, _ entry: UInt64) -> Finding {
    Finding(
      rule: "wrong-permission",
      statement: "a leaf permits stores only where the host does, to pages that are dirty to it",
      reference: "the reference model",
      message:
        "the leaf for \(hex(base)) is \(hex(entry)), and the host permits no stores there, or"
        + " has the page for clean",
      fingerprint: "wrong-permission",
      inputAddress: base
    )
  }

  static func wrongRights(_ address: UInt64, _ entry: UInt64, isDevice: Bool) -> Finding {
    Finding(
      rule: "wrong-permission",
      statement: "memory may be loaded from and executed, a device's only be loaded from",
      reference: "the reference model",
      message: "the leaf for \(hex(address)) is \(hex(entry)), of"
        + (isDevice ? " a device" : " memory"),
      fingerprint: "wrong-permission/rights",
      inputAddress: address
    )
  }

  static func needlessChange(
    _ call: String,
    _ leaf: RadixJudges.Leaf,
    _ place: UInt64,
    _ new: UInt64
  ) -> Finding {
    Finding(
      rule: "needless-change",
      statement: "a call changes what it is asked to, and nothing else",
      reference: "the reference model",
      message: "\(call) changed the leaf for \(hex(leaf.base)) from \(hex(leaf.entry)) to"
        + " \(hex(new))",
      fingerprint: "needless-change \(call)",
      entryAddress: place,
      inputAddress: leaf.base
    )
  }
}

extension PretendHost {
  /// That a page is held after a call, or the lock is taken.
  var stillHeld: Finding? {
    guard !pins.isEmpty || isLocked else { return nil }
    let rule = isLocked ? HostRule.lock : .held
    let pages = "\(pins.count) page\(pins.count == 1 ? " is" : "s are") held"
    return Finding(
      rule: rule.rawValue,
      statement: rule.statement,
      reference: "the calls' own contract",
      message: "after the call \(isLocked ? "the lock is taken" : pages)",
      fingerprint: rule.rawValue
    )
  }
}
