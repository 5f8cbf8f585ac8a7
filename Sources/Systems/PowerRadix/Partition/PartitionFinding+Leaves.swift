import Architecture
import Checking
import Machines
import Oracles
import Walkers

extension Rule {
  /// An access faults again though its fault was handled.
  static let faultInVain = Rule(
    "no-progress",
    "an access succeeds once its fault was handled, if nobody interfered",
    reference: "the reference model",
    oracle: "PartitionAccess"
  )

  /// The tables are such that the hardware can do nothing with them.
  static let malformedTable = Rule(
    "malformed-table",
    "the hardware can walk the tables",
    reference: "Power ISA 3.0B, Book III, \"Radix Tree Translation\"",
    oracle: "PartitionAccess"
  )

  /// A leaf leads to something else than the slot's memory.
  static let wrongTranslation = Rule(
    "wrong-translation",
    "a leaf maps what its slot has behind it, and nothing else",
    reference: "the reference model, through the architecture's decoding",
    oracle: "PartitionModel"
  )

  /// A leaf maps more than there is.
  static let beyondSlot = Rule(
    "beyond-slot",
    "a leaf maps what its slot has behind it, and nothing else",
    reference: "the reference model, through the architecture's decoding",
    oracle: "PartitionModel"
  )

  /// A frame was taken from the guest, which has it still.
  static let stillMapped = Rule(
    "still-mapped",
    "what was taken from the guest is not mapped any more",
    reference: "the reference model",
    oracle: "PartitionSession"
  )

  /// A device is mapped as memory, or the other way about.
  static let wrongAttributes = Rule(
    "wrong-attributes",
    "a leaf says how the memory behaves that it maps",
    reference: "Power ISA 3.0B, Book III, \"Radix Tree Translation\"",
    oracle: "PartitionModel"
  )

  /// The guest may store where the host may not.
  static let wrongPermission = Rule(
    "wrong-permission",
    "a leaf permits stores only where the host does, to pages that are dirty to it",
    reference: "the reference model",
    oracle: "PartitionModel"
  )

  /// A leaf permits too much or too little besides stores.
  static let wrongRights = Rule(
    "wrong-permission",
    "memory may be loaded from and executed, a device's only be loaded from",
    reference: "the reference model",
    oracle: "PartitionModel"
  )

  /// A page is mapped by a smaller leaf than it could be.
  static let smallLeaf = Rule(
    "small-leaf",
    "a fault is handled by the largest leaf that is the slot's, and that the host's own entry maps, as"
      + " far as there is no table in its place",
    reference: "the reference model",
    oracle: "PartitionModel"
  )

  /// A leaf was changed that is no business of the call's.
  static let needlessChange = Rule(
    "needless-change",
    "a call changes what it is asked to, and nothing else",
    reference: "the reference model",
    oracle: "PartitionModel"
  )
}

extension Finding {
  /// The rules of what the tables say when a call has returned.
  static let leafRules: [Rule] = [
    .faultInVain, .malformedTable, .stillMapped, .needlessChange, .wrongTranslation, .beyondSlot,
    .wrongAttributes, .wrongPermission, .wrongRights, .smallLeaf,
  ]

  static func noProgress(_ address: UInt64, isWrite: Bool) -> Finding {
    Finding(
      .faultInVain,
      "the \(isWrite ? "store to" : "load from") \(hex(address)) faults again after its"
        + " fault was handled",
      inputAddress: address
    )
  }

  static func malformed(_ address: UInt64, _ fault: RadixFault) -> Finding {
    Finding(
      .malformedTable,
      "the hardware's walk for \(hex(address)) ends with \"\(fault.name)\"",
      inputAddress: address
    )
  }

  static func wrongAccess(_ address: UInt64, _ message: String) -> Finding {
    Finding(
      .wrongTranslation,
      "\(hex(address)) \(message)",
      inputAddress: address
    )
  }

  static func beyondSlot(_ base: UInt64, shift: UInt64, _ entry: UInt64) -> Finding {
    Finding(
      .beyondSlot,
      "the leaf \(hex(entry)) for 2^\(shift) bytes from \(hex(base)) maps what no slot has",
      inputAddress: base
    )
  }

  static func stillMapped(_ base: UInt64, _ entry: UInt64) -> Finding {
    Finding(
      .stillMapped,
      "the leaf for \(hex(base)) is still \(hex(entry))",
      inputAddress: base
    )
  }

  static func wrongAttributes(_ base: UInt64, _ entry: UInt64) -> Finding {
    Finding(
      .wrongAttributes,
      "the leaf for \(hex(base)) is \(hex(entry))",
      inputAddress: base
    )
  }

  static func wronglyWritable(_ base: UInt64, _ entry: UInt64) -> Finding {
    Finding(
      .wrongPermission,
      "the leaf for \(hex(base)) is \(hex(entry)), and the host permits no stores there, or"
        + " has the page for clean",
      inputAddress: base
    )
  }

  static func wrongRights(_ address: UInt64, _ entry: UInt64, isDevice: Bool) -> Finding {
    Finding(
      .wrongRights,
      "the leaf for \(hex(address)) is \(hex(entry)), of"
        + (isDevice ? " a device" : " memory"),
      cause: "/rights",
      inputAddress: address
    )
  }

  static func smallLeaf(_ address: UInt64, shift: UInt64, largest: UInt64) -> Finding {
    Finding(
      .smallLeaf,
      "the fault at \(hex(address)) was handled by a leaf of 2^\(shift) bytes, and one of"
        + " 2^\(largest) bytes fits",
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
      .needlessChange,
      "\(call) changed the leaf for \(hex(leaf.base)) from \(hex(leaf.entry)) to"
        + " \(hex(new))",
      cause: " \(call)",
      entryAddress: place,
      inputAddress: leaf.base
    )
  }
}
