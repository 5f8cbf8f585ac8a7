public import Machines

/// What a caller of the kernel's older walkers may observe: what each page is mapped to, and what each
/// call returns.
public struct ArmUnmapModel: Sendable {
  /// What the table was made with.
  public let configuration: ArmUnmapConfiguration
  /// The entries.
  public private(set) var tables: TableModel
  /// Whether the table was destroyed; what is asked of it afterwards does nothing.
  public private(set) var isDestroyed = false

  /// An empty table.
  public init(_ configuration: ArmUnmapConfiguration) {
    self.configuration = configuration
    tables = ArmUnmapModel.empty(configuration)
  }

  private static func empty(_ configuration: ArmUnmapConfiguration) -> TableModel {
    TableModel(
      granule: configuration.granule,
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits,
      rootPageLimit: configuration.isHyp ? 1 : 16,
      levelMinimum: configuration.isHyp ? 1 : 2
    )
  }

  /// Maps one page or block; `allocations` tables can be had.
  public mutating func map(
    address: UInt64,
    physical: UInt64,
    protection: UInt64,
    level: LookupLevel,
    allocations: Int
  ) -> Errno {
    beginCall()
    guard level <= TableModel.lastLevel, tables.allowsLeaf(at: level), level >= tables.startLevel
    else { return .invalid }
    let forbidden = Protection.device | Protection.execute
    guard protection & Protection.read != 0, protection & forbidden != forbidden else {
      return .invalid
    }
    let span = tables.span(at: level)
    guard address % span == 0, physical % span == 0 else { return .invalid }
    guard address < tables.inputSize, physical < tables.outputSize else { return .range }
    guard descend(to: level, address, allocations) else { return .noMemory }
    let mapping = Mapping(outputAddress: physical, protection: protection)
    tables.set(.leaf(mapping), at: EntryLocation(level: level, address: address))
    return .ok
  }

  /// Annotates a page; `allocations` tables can be had.
  public mutating func annotate(address: UInt64, allocations: Int) -> Errno {
    beginCall()
    guard address < tables.inputSize else { return .range }
    guard descend(to: TableModel.lastLevel, address, allocations) else { return .noMemory }
    tables.set(.owned(1), at: tables.place(of: address, at: TableModel.lastLevel))
    return .ok
  }

  /// Maps what a guest's access needs; `allocations` tables can be had.
  public mutating func faultIn(
    address: UInt64,
    slot: MemorySlot,
    isWrite: Bool,
    allocations: Int
  ) -> Errno {
    beginCall()
    guard address < tables.inputSize else { return .range }
    guard address >= slot.base, address - slot.base < slot.sizeInBytes else { return .invalid }
    let level = hasBlock(around: address, slot) ? 2 : TableModel.lastLevel
    let place = tables.place(of: address, at: level)
    let physical = slot.physical + (place.address - slot.base)
    guard physical < tables.outputSize else { return .range }
    guard descend(to: level, address, allocations) else { return .noMemory }
    let both = Protection.read | Protection.write
    let permitsBoth = Mapping(outputAddress: physical, protection: both)
    if tables.entry(at: place) == .leaf(permitsBoth) { return .ok }
    let protection = isWrite ? both : Protection.read
    tables.set(.leaf(Mapping(outputAddress: physical, protection: protection)), at: place)
    return .ok
  }

  /// Whether the slot has a whole huge page around an address, at the same place in both.
  private func hasBlock(around address: UInt64, _ slot: MemorySlot) -> Bool {
    let span = tables.span(at: 2)
    let start = address / span * span
    return slot.isHugeBacked && slot.base % span == slot.physical % span && start >= slot.base
      && start + span <= slot.base + slot.sizeInBytes
  }

  /// Makes sure of tables down to `level`; false where that takes more memory than there is.
  private mutating func descend(
    to level: LookupLevel,
    _ address: UInt64,
    _ allocations: Int
  ) -> Bool {
    var allocations = allocations
    for upper in tables.startLevel..<max(level, tables.startLevel) {
      let place = tables.place(of: address, at: upper)
      if tables.entry(at: place) == .table { continue }
      guard allocations > 0 else { return false }
      allocations -= 1
      tables.set(.table, at: place)
    }
    return true
  }

  /// Unmaps every leaf and annotation that the range touches, and frees tables left empty.
  public mutating func unmap(address: UInt64, sizeInBytes: UInt64) -> Errno {
    beginCall()
    guard let range = pages(from: address, sizeInBytes: sizeInBytes) else { return .range }
    tables.visit(range) { tables, place, entry, _ in
      if entry != .table || tables.isEmptyTable(place) { tables.set(nil, at: place) }
      return true
    }
    return .ok
  }

  /// Begins an unmap that may let others run.
  /// - Returns: the pages of its range; nil where it leaves the input address space.
  public func beginUnmap(address: UInt64, sizeInBytes: UInt64) -> Range<UInt64>? {
    pages(from: address, sizeInBytes: sizeInBytes)
  }

  /// Unmaps the pages of a range up to the end of the first root entry that leads to a table, and
  /// takes them off the range.
  /// - Returns: whether there was such an entry; then others run before the rest.
  public mutating func unmapPart(_ range: inout Range<UInt64>) -> Bool {
    beginCall()
    guard !isDestroyed else { return false }
    while !range.isEmpty {
      let place = tables.place(of: range.lowerBound, at: tables.startLevel)
      let end = min(place.address + tables.span(at: place.level), range.upperBound)
      let ledToTable = tables.entry(at: place) == .table
      tables.visit(range.lowerBound..<end) { tables, place, entry, _ in
        if entry != .table || tables.isEmptyTable(place) { tables.set(nil, at: place) }
        return true
      }
      range = end..<range.upperBound
      if ledToTable { return true }
    }
    return false
  }

  /// Unmaps all pages of a range.
  public mutating func unmapRest(_ range: inout Range<UInt64>) {
    _ = unmap(address: range.lowerBound, sizeInBytes: UInt64(range.count))
    range = range.upperBound..<range.upperBound
  }

  /// Clears the access flag at an address.
  /// - Returns: whether it was set.
  public mutating func age(address: UInt64) -> Bool {
    beginCall()
    guard address < tables.inputSize,
      case (let place, .leaf(var mapping)) = tables.find(address), mapping.isYoung
    else { return false }
    mapping.isYoung = false
    tables.set(.leaf(mapping), at: place)
    return true
  }

  /// Frees everything.
  public mutating func destroy() {
    tables = ArmUnmapModel.empty(configuration)
    isDestroyed = true
  }

  /// Which output ranges a flush cleans, in order; nil where the range leaves the address space.
  public mutating func flush(address: UInt64, sizeInBytes: UInt64) -> [Range<UInt64>]? {
    beginCall()
    guard let range = pages(from: address, sizeInBytes: sizeInBytes) else { return nil }
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

  /// The whole pages that a range touches; nil where it leaves the input address space.
  private func pages(from address: UInt64, sizeInBytes: UInt64) -> Range<UInt64>? {
    guard address <= tables.inputSize, sizeInBytes <= tables.inputSize - address else { return nil }
    guard sizeInBytes > 0 else { return address..<address }
    let page = tables.pageSize
    return address / page * page..<(address + sizeInBytes + page - 1) / page * page
  }

  /// Begins a call that has changed nothing yet.
  public mutating func beginCall() { tables.changes.removeAll(keepingCapacity: true) }
}
