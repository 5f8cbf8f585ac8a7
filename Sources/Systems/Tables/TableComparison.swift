import Architecture
import Checking
import Machines
import Reference

/// Compares tables in memory, as the architecture reads them, with what a model says of them.
struct TableComparison {
  /// How the architecture reads them.
  let regime: TranslationRegime
  /// The memory that they are in.
  let memory: PhysicalMemory
  /// The physical address of the root.
  let root: UInt64
  /// The type that an owner's annotation has, in its place in the entry; 0 for none.
  var ownerType: UInt64 = 0

  /// The descriptor at a place and its physical address; nil where no table leads there.
  func descriptor(at place: EntryLocation) -> (raw: UInt64, address: UInt64)? {
    var table = root
    var index = place.address >> regime.entryShift(at: regime.startLevel)
    var level = regime.startLevel
    while true {
      // A root may be claimed to be anywhere.
      let address = table &+ index &* 8
      guard let raw = memory.descriptor(at: address) else { return nil }
      if level == place.level { return (raw, address) }
      guard regime.kind(of: raw, at: level) == .table, let next = level.next else { return nil }
      table = regime.tableAddress(in: raw)
      level = next
      index = place.address >> regime.entryShift(at: level) & UInt64(regime.entryCount - 1)
    }
  }

  /// What is wrong at a place; nil for nothing.
  func compare(_ place: EntryLocation, with model: TableModel) -> Finding? {
    let (isReachable, expected) = model.reach(place)
    guard let (raw, address) = descriptor(at: place) else {
      // A place that is gone on both sides was part of something that is compared by itself.
      guard isReachable else { return nil }
      return finding(place, expected, found: "not reached by any table", "none", nil)
    }
    guard isReachable else {
      return finding(
        place,
        nil,
        found: "in a table that should not be there",
        "kept-table",
        address
      )
    }
    return compare(raw, at: place, address: address, with: expected)
  }

  /// What is wrong with a descriptor; nil for nothing.
  func compare(
    _ raw: UInt64,
    at place: EntryLocation,
    address: UInt64?,
    with expected: EntryModel?
  ) -> Finding? {
    let level = place.level
    let kind = regime.kind(of: raw, at: level)
    switch (expected, kind) {
    case (nil, .invalid): return nil
    case (.table, .table):
      guard regime.misplacedBits(in: raw, at: level) != 0 else { return nil }
      return finding(place, expected, found: describe(raw, at: level), "reserved bits", address)
    case (.owned(let owner), .annotated) where raw == UInt64(owner) << 2 | ownerType: return nil
    case (.leaf(let mapping), .page), (.leaf(let mapping), .block):
      guard case .leaf(let leaf) = regime.decode(raw, at: level) else { break }
      let reserved = regime.misplacedBits(in: raw, at: level) == 0 ? nil : "reserved bits"
      guard let field = difference(leaf, mapping) ?? reserved else { return nil }
      return finding(place, expected, found: describe(raw, at: level), field, address)
    default: break
    }
    return finding(place, expected, found: describe(raw, at: level), "\(kind)", address)
  }

  /// The first field in which a leaf differs from a mapping; nil for none.
  func difference(_ leaf: DecodedLeaf, _ mapping: Mapping) -> String? {
    if leaf.outputAddress != mapping.outputAddress { return "output address" }
    if leaf.isReadable != mapping.canRead { return "read permission" }
    if leaf.isWritable != mapping.canWrite { return "write permission" }
    if leaf.isExecutable != mapping.canExecute {
      guard leaf.isExecutableByEL0 != nil else { return "execute permission" }
      return "execute permission of \(regime.stage == .stage2 ? "EL1" : "EL2")"
    }
    if leaf.isAccessibleByEL0 == true { return "access of EL0" }
    if let isExecutable = leaf.isExecutableByEL0, isExecutable != mapping.canExecuteUnprivileged {
      return "execute permission of EL0"
    }
    if let isGuarded = leaf.isGuarded, isGuarded != mapping.canExecute { return "guard" }
    if leaf.memoryType != (mapping.isDevice ? .deviceNGnRE : .normalWriteBack) {
      return "memory type"
    }
    if leaf.softwareBits >> 55 != mapping.software { return "software bits" }
    if leaf.isAccessed != mapping.isYoung { return "access flag" }
    if leaf.shareability != 0b11 || leaf.isContiguous { return "attributes" }
    return nil
  }

  private func finding(
    _ place: EntryLocation,
    _ expected: EntryModel?,
    found: String,
    _ foundKind: String,
    _ address: UInt64?
  ) -> Finding {
    .wrongEntry(
      expected: describe(expected),
      found: found,
      fingerprint: "\(kindText(expected)), \(foundKind)",
      entryAddress: address,
      inputAddress: place.address,
      level: place.level.number
    )
  }

  private func kindText(_ entry: EntryModel?) -> String {
    switch entry {
    case nil: "invalid"
    case .table: "table"
    case .leaf: "leaf"
    case .owned: "annotated"
    }
  }

  /// What the tables and a model make of an input address.
  func views(of inputAddress: UInt64, _ model: TableModel) -> CaseViews {
    guard inputAddress < model.inputSize else {
      let text = "\(hex(inputAddress)) is beyond the input address space"
      return CaseViews(hardware: text, model: text, entryAddress: nil)
    }
    let (place, entry) = model.find(inputAddress)
    var views = CaseViews(
      hardware: "no table leads to \(hex(inputAddress))",
      model: "\(hex(inputAddress)) is \(describe(entry)), at level \(place.level)",
      entryAddress: nil
    )
    for level in regime.startLevel...LookupLevel.last {
      let place = model.place(of: inputAddress, at: level)
      guard let (raw, address) = descriptor(at: place) else { break }
      views.hardware =
        "\(hex(inputAddress)) is \(describe(raw, at: level)), at level \(level)"
        + " (descriptor \(hex(raw)) at \(hex(address)))"
      views.entryAddress = address
    }
    return views
  }

  /// A descriptor in words.
  func describe(_ raw: UInt64, at level: LookupLevel) -> String {
    switch regime.decode(raw, at: level) {
    case .invalid(0): return "invalid"
    case .invalid(let raw): return "invalid, annotated \(hex(raw))"
    case .table(let address): return "a table at \(hex(address))\(misplaced(raw, at: level))"
    case .leaf(let leaf):
      return "a \(leaf.isPage ? "page" : "block") to \(describe(leaf))\(misplaced(raw, at: level))"
    }
  }

  private func misplaced(_ raw: UInt64, at level: LookupLevel) -> String {
    let bits = regime.misplacedBits(in: raw, at: level)
    return bits == 0 ? "" : " with the reserved bits \(hex(bits)) the wrong way round"
  }

  /// Where a leaf leads and how, in words.
  func describe(_ leaf: DecodedLeaf) -> String {
    var access = leaf.isReadable ? "R" : ""
    if leaf.isWritable { access += "W" }
    if leaf.isExecutable { access += "X" }
    if leaf.isExecutableByEL0 == true { access += "x" }
    if leaf.isAccessibleByEL0 == true { access += "0" }
    let type =
      switch leaf.memoryType {
      case .normalWriteBack: "normal"
      case .deviceNGnRE: "device"
      case .other(let field): "memory type \(field)"
      }
    return "\(hex(leaf.outputAddress)) \(access.isEmpty ? "no access" : access) \(type)"
      + (leaf.isGuarded == true ? " guarded" : "")
      + (leaf.softwareBits == 0 ? "" : " sw:\(leaf.softwareBits >> 55)")
      + (leaf.isAccessed ? "" : " old")
  }

  /// A model's entry in words.
  func describe(_ entry: EntryModel?) -> String {
    switch entry {
    case nil: return "invalid"
    case .table: return "a table"
    case .owned(let owner): return "invalid, owned by \(owner)"
    case .leaf(let mapping):
      var access = mapping.canRead ? "R" : ""
      if mapping.canWrite { access += "W" }
      if mapping.canExecute { access += "X" }
      if mapping.canExecuteUnprivileged, regime.tellsPrivilegesApart { access += "x" }
      return "a leaf to \(hex(mapping.outputAddress))"
        + " \(access.isEmpty ? "no access" : access) \(mapping.isDevice ? "device" : "normal")"
        + (regime.hasBranchTargets && mapping.canExecute ? " guarded" : "")
        + (mapping.software == 0 ? "" : " sw:\(mapping.software)")
        + (mapping.isYoung ? "" : " old")
    }
  }
}

/// Two accounts of one input address.
struct CaseViews {
  /// What the tables in memory make of it.
  var hardware: String
  /// What the model makes of it.
  var model: String
  /// The physical address of the descriptor at which the walk ends.
  var entryAddress: UInt64?
}
