public import Machines

/// What a caller of a guest stage-2 library may observe: what each page is mapped to, and what each
/// call returns.
public struct Stage2Model: Sendable {
  /// What the library promises where libraries differ.
  public struct Contract: Sendable, Hashable {
    /// An unmap frees the tables that it leaves empty; else they stay until destroy.
    public var freesEmptyTables = true
    /// What adding permissions to an address that is not mapped returns: a fault on a page that has
    /// vanished is not dealt with.
    public var relaxOfUnmapped = Errno.again
    /// A map that is not made on behalf of a fault goes on behind a mapping that is there already.
    public var goesOnAfterSame = false
    /// A block is split down to pages at once, or not at all.
    public var splitsWholeBlocks = false
    /// The contract of the calls as documented.
    public init() {}
  }

  /// What the table was made with.
  public let configuration: Stage2Configuration
  /// What the library promises.
  public let contract: Contract
  /// The entries.
  public private(set) var tables: TableModel

  /// An empty stage 2.
  public init(_ configuration: Stage2Configuration, contract: Contract = Contract()) {
    self.configuration = configuration
    self.contract = contract
    tables = TableModel(
      granule: configuration.granule,
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits,
      rootPageLimit: 16,
      levelMinimum: 2
    )
  }

  /// Whether this protection is mapped in pages only.
  public func forcesPages(_ protection: UInt64) -> Bool {
    switch configuration.pageForcing {
    case .never: false
    case .always: true
    case .unless(let exempt): protection != exempt
    }
  }

  /// Maps a range in the largest leaves that fit; `allocations` tables can be had.
  ///
  /// `outsideFaults` for a map that no fault asked for, whatever the configuration says.
  public mutating func map(
    ipa: UInt64,
    sizeInBytes: UInt64,
    physical: UInt64,
    protection: UInt64,
    allocations: Int,
    outsideFaults: Bool = false
  ) -> Errno {
    beginCall()
    if configuration.isIdentityMap, ipa != physical { return .invalid }
    let mapping = Mapping(outputAddress: physical, protection: protection)
    if mapping.isDevice, mapping.canExecute || mapping.canExecuteUnprivileged { return .invalid }
    guard permits(mapping) else { return .invalid }
    guard let range = tables.pages(from: ipa, sizeInBytes: sizeInBytes),
      var output = tables.output(physical, sizeInBytes: UInt64(range.count))
    else { return .range }
    var allocations = allocations
    var cursor = range.lowerBound
    while cursor < range.upperBound {
      var level = tables.startLevel
      while !leafFits(
        at: level,
        cursor,
        output,
        range.upperBound - cursor,
        pagesOnly: forcesPages(protection)
      ) {
        guard descend(tables.place(of: cursor, at: level), &allocations) else { return .noMemory }
        level += 1
      }
      let place = tables.place(of: cursor, at: level)
      let mapping = Mapping(outputAddress: output, protection: protection)
      if case .leaf(let old) = tables.entry(at: place), old.isSame(exceptPermissionsOf: mapping) {
        let isForFault = configuration.mapsForFaults && !outsideFaults
        if !contract.goesOnAfterSame || isForFault { return .again }
      } else {
        tables.set(.leaf(mapping), at: place)
      }
      output += tables.span(at: level)
      cursor += tables.span(at: level)
    }
    return .ok
  }

  /// Whether the CPU can permit execution to whom a mapping does.
  private func permits(_ mapping: Mapping) -> Bool {
    configuration.hasExecutionByPrivilege || mapping.canExecute == mapping.canExecuteUnprivileged
  }

  private func leafFits(
    at level: LookupLevel,
    _ input: UInt64,
    _ output: UInt64,
    _ remaining: UInt64,
    pagesOnly: Bool
  ) -> Bool {
    if level == TableModel.lastLevel { return true }
    let span = tables.span(at: level)
    return !pagesOnly && tables.allowsLeaf(at: level) && input % span == 0 && output % span == 0
      && remaining >= span
  }

  /// Makes sure of a table at a place; false where that takes memory and there is none.
  private mutating func descend(_ place: EntryLocation, _ allocations: inout Int) -> Bool {
    if tables.entry(at: place) == .table { return true }
    guard allocations > 0 else { return false }
    allocations -= 1
    tables.set(.table, at: place)
    return true
  }

  /// Annotates a range; owner 0 only unmaps.
  public mutating func setOwner(
    ipa: UInt64,
    sizeInBytes: UInt64,
    owner: UInt64,
    allocations: Int
  ) -> Errno {
    beginCall()
    guard owner <= 1 else { return .invalid }
    guard let range = tables.pages(from: ipa, sizeInBytes: sizeInBytes) else { return .range }
    var allocations = allocations
    var cursor = range.lowerBound
    while cursor < range.upperBound {
      var level = tables.startLevel
      while !leafFits(
        at: level,
        cursor,
        0,
        range.upperBound - cursor,
        pagesOnly: true
      ) {
        guard descend(tables.place(of: cursor, at: level), &allocations) else { return .noMemory }
        level += 1
      }
      let place = tables.place(of: cursor, at: level)
      tables.set(owner == 0 ? nil : .owned(UInt8(owner)), at: place)
      cursor += tables.span(at: level)
    }
    return .ok
  }

  /// Unmaps every leaf and annotation that the range touches, and frees tables left empty.
  public mutating func unmap(ipa: UInt64, sizeInBytes: UInt64) -> Errno {
    beginCall()
    guard let range = tables.pages(from: ipa, sizeInBytes: sizeInBytes) else { return .range }
    let freesEmptyTables = contract.freesEmptyTables
    tables.visit(range) { tables, place, entry, _ in
      if entry != .table || freesEmptyTables && tables.isEmptyTable(place) {
        tables.set(nil, at: place)
      }
      return true
    }
    return .ok
  }

  /// Takes write permission from the leaves that the range touches.
  public mutating func writeProtect(ipa: UInt64, sizeInBytes: UInt64) -> Errno {
    beginCall()
    guard let range = tables.pages(from: ipa, sizeInBytes: sizeInBytes) else { return .range }
    tables.visit(range) { tables, place, entry, _ in
      if case .leaf(var mapping) = entry, mapping.canWrite {
        mapping.canWrite = false
        tables.set(.leaf(mapping), at: place)
      }
      return true
    }
    return .ok
  }

  /// Sets the access flag at an address to `isYoung`.
  /// - Returns: the mapping before; nil for none.
  public mutating func setYoung(_ isYoung: Bool, ipa: UInt64) -> Mapping? {
    beginCall()
    guard let (place, before) = mapping(at: ipa) else { return nil }
    var mapping = before
    mapping.isYoung = isYoung
    tables.set(.leaf(mapping), at: place)
    return before
  }

  /// Whether a leaf that the range touches is young; clears their access flags if `clears`.
  ///
  /// Of a range that leaves the address space nothing is young.
  public mutating func age(ipa: UInt64, sizeInBytes: UInt64, clears: Bool) -> Bool {
    beginCall()
    guard let range = tables.pages(from: ipa, sizeInBytes: sizeInBytes) else { return false }
    var isYoung = false
    tables.visit(range) { tables, place, entry, _ in
      if case .leaf(var mapping) = entry, mapping.isYoung {
        isYoung = true
        mapping.isYoung = false
        if clears { tables.set(.leaf(mapping), at: place) }
      }
      return true
    }
    return isYoung
  }

  /// The mapping of an address and where it is; nil for none.
  public func mapping(at ipa: UInt64) -> (place: EntryLocation, mapping: Mapping)? {
    guard ipa < tables.inputSize, case (let place, .leaf(let mapping)) = tables.find(ipa) else {
      return nil
    }
    return (place, mapping)
  }

  /// Adds permissions at an address.
  public mutating func relaxPermissions(ipa: UInt64, protection: UInt64) -> Errno {
    beginCall()
    guard protection & Protection.software == 0,
      permits(Mapping(outputAddress: 0, protection: protection))
    else { return .invalid }
    guard ipa < tables.inputSize else { return .range }
    guard let (place, before) = mapping(at: ipa) else { return contract.relaxOfUnmapped }
    var mapping = before.adding(protection)
    mapping.isYoung = before.isYoung
    tables.set(.leaf(mapping), at: place)
    return .ok
  }

  /// Splits the blocks of a range into leaves of the next level, and those in the range again.
  ///
  /// What is split is young afterwards. Each table comes from `cachedPages` and from the
  /// `allocations` that can be had.
  public mutating func split(
    ipa: UInt64,
    sizeInBytes: UInt64,
    cachedPages: Int,
    allocations: Int
  ) -> Errno {
    beginCall()
    guard let range = tables.pages(from: ipa, sizeInBytes: sizeInBytes) else { return .range }
    var tablesLeft = min(cachedPages, allocations)
    // The end of the last block that is split as a whole.
    var end: UInt64 = 0
    var cursor = range.lowerBound
    while cursor < max(range.upperBound, end) {
      let (place, entry) = tables.find(cursor)
      guard case .leaf(var mapping) = entry, place.level < TableModel.lastLevel else {
        cursor = place.address + tables.span(at: place.level)
        continue
      }
      if contract.splitsWholeBlocks, place.address >= end {
        let span = tables.span(at: place.level)
        guard tablesLeft >= tableCount(beneath: place.level) else { return .noMemory }
        (cursor, end) = (place.address, place.address + span)
      }
      guard tablesLeft > 0 else { return .noMemory }
      tablesLeft -= 1
      mapping.isYoung = true
      let span = tables.span(at: place.level + 1)
      let blockEnd = place.address + tables.span(at: place.level)
      tables.set(.table, at: place)
      for address in stride(from: place.address, to: blockEnd, by: Int(span)) {
        tables.set(.leaf(mapping), at: EntryLocation(level: place.level + 1, address: address))
        mapping.outputAddress += span
      }
    }
    return .ok
  }

  /// How many tables it takes to have pages in the place of a block of a level.
  private func tableCount(beneath level: LookupLevel) -> Int {
    let entries = Int(tables.span(at: level) / tables.span(at: level + 1))
    return level + 1 == TableModel.lastLevel ? 1 : 1 + entries * tableCount(beneath: level + 1)
  }

  /// Another fault has added permissions to the leaf at an address, and made it young.
  ///
  /// To be called after `beginCall()`, and before the call beside which it happened.
  /// - Returns: the mapping before; nil for none.
  @discardableResult
  public mutating func dealWithFault(ipa: UInt64, adding protection: UInt64) -> Mapping? {
    guard let (place, before) = mapping(at: ipa) else { return nil }
    tables.set(.leaf(before.adding(protection)), at: place)
    return before
  }

  /// Which output ranges a flush cleans, in order; nil where the range leaves the address space.
  public mutating func flush(ipa: UInt64, sizeInBytes: UInt64) -> [Range<UInt64>]? {
    beginCall()
    if configuration.hasForceWriteBack, !configuration.disablesForceWriteBack { return [] }
    guard let range = tables.pages(from: ipa, sizeInBytes: sizeInBytes) else { return nil }
    guard configuration.maintainsCaches else { return [] }
    var ranges: [Range<UInt64>] = []
    tables.visit(range) { tables, place, entry, _ in
      if case .leaf(let mapping) = entry, !mapping.isDevice {
        ranges.append(
          mapping.outputAddress..<mapping.outputAddress + tables.span(at: place.level)
        )
      }
      return true
    }
    return ranges
  }

  /// Begins a call that has changed nothing yet.
  public mutating func beginCall() { tables.changes.removeAll(keepingCapacity: true) }
}
