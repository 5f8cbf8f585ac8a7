import Architecture
import Machines
import Oracles
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

  private static let logRule = "nothing that the guest wrote is ever lost from the log"
  private static let mapRule = "a leaf maps what its slot has behind it, and nothing else"

  static func lostWrite(frame: UInt64, _ shift: UInt64) -> Finding {
    Finding(
      rule: "lost-write",
      statement: logRule,
      reference: "the reference model",
      message: "the guest wrote to frame \(hex(frame)), and neither the log nor a change bit tells",
      fingerprint: "lost-write",
      inputAddress: frame << shift
    )
  }

  static func needlessReport(frame: UInt64, _ shift: UInt64) -> Finding {
    Finding(
      rule: "needless-report",
      statement: "a harvest reports pages for which a change bit was set, and no others",
      reference: "the reference model",
      message: "frame \(hex(frame)) is reported, and no change bit was set for it",
      fingerprint: "needless-report",
      inputAddress: frame << shift
    )
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

  static func noProgress(_ address: UInt64, attempts: Int) -> Finding {
    Finding(
      rule: "no-progress",
      statement: "an access succeeds once its faults were handled, if nobody interferes",
      reference: "the reference model",
      message: "the access to \(hex(address)) still faults after \(attempts) handled faults",
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
      statement: "a leaf permits stores only where the host does",
      reference: "the reference model",
      message: "the leaf for \(hex(base)) is \(hex(entry)), and the host permits no stores there",
      fingerprint: "wrong-permission",
      inputAddress: base
    )
  }
}

extension PretendHost {
  /// That a page is held after a call.
  var stillHeld: Finding? {
    guard held != 0 else { return nil }
    return Finding(
      rule: "page-held",
      statement: "a page that was held to be mapped is let go",
      reference: "the calls' own contract",
      message: "after the call \(held) page\(held == 1 ? " is" : "s are") held",
      fingerprint: "page-held"
    )
  }
}
