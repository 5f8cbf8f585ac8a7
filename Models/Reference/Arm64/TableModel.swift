public import Machines

/// Which entry of a tree of tables: its level, and the input addresses that it spans.
public struct EntryLocation: Hashable, Sendable {
  /// The level of the table that holds the entry, in the architecture's numbering.
  public let level: LookupLevel
  /// The first input address of the entry.
  public let address: UInt64

  /// The entry at `level` that begins at `address`.
  public init(level: LookupLevel, address: UInt64) {
    self.level = level
    self.address = address
  }
}

/// What a caller asked to be mapped, as far as a translation shows it.
public struct Mapping: Hashable, Sendable {
  /// The first output address.
  public var outputAddress: UInt64
  /// Reads are allowed.
  public var canRead: Bool
  /// Writes are allowed.
  public var canWrite: Bool
  /// Execution is allowed, to EL1 where that is told apart.
  public var canExecute: Bool
  /// Execution is allowed to EL0, where that is told apart.
  public var canExecuteUnprivileged: Bool
  /// Device memory rather than normal memory.
  public var isDevice: Bool
  /// The four software bits.
  public var software: UInt8
  /// The access flag.
  public var isYoung: Bool

  /// A young mapping of `outputAddress` with a caller's protection.
  public init(outputAddress: UInt64, protection: UInt64) {
    self.outputAddress = outputAddress
    canRead = protection & Protection.read != 0
    canWrite = protection & Protection.write != 0
    canExecute = Mapping.permitsExecution(protection, to: Protection.executePrivileged)
    canExecuteUnprivileged =
      Mapping.permitsExecution(protection, to: Protection.executeUnprivileged)
    isDevice = protection & Protection.device != 0
    software = UInt8(truncatingIfNeeded: (protection & Protection.software) >> 55)
    isYoung = true
  }

  /// The mapping with these permissions as well, and young.
  public func adding(_ protection: UInt64) -> Mapping {
    var mapping = self
    if protection & Protection.read != 0 { mapping.canRead = true }
    if protection & Protection.write != 0 { mapping.canWrite = true }
    if Mapping.permitsExecution(protection, to: Protection.executePrivileged) {
      mapping.canExecute = true
    }
    if Mapping.permitsExecution(protection, to: Protection.executeUnprivileged) {
      mapping.canExecuteUnprivileged = true
    }
    mapping.isYoung = true
    return mapping
  }

  /// Whether a protection has execution for all, or for this privilege alone.
  private static func permitsExecution(_ protection: UInt64, to privilege: UInt64) -> Bool {
    protection & (Protection.execute | privilege) != 0
  }

  /// Whether the two differ in permissions at most.
  public func isSame(exceptPermissionsOf other: Mapping) -> Bool {
    outputAddress == other.outputAddress && isDevice == other.isDevice
      && software == other.software && isYoung == other.isYoung
  }

  /// Whether the two differ in software bits at most.
  public func isSame(exceptSoftwareOf other: Mapping) -> Bool {
    var other = other
    other.software = software
    return self == other
  }
}

/// What an entry means; an entry that is not there is empty.
public enum EntryModel: Hashable, Sendable {
  /// A table hangs beneath.
  case table
  /// A block, or at the last level a page.
  case leaf(Mapping)
  /// Nothing is mapped, and the page belongs to this owner.
  case owned(UInt8)
}

/// A tree of tables as a caller can observe it: which entries there are, and what they mean.
public struct TableModel: Sendable {
  /// The level whose leaves are pages.
  public static let lastLevel = LookupLevel.last

  /// One entry of a table.
  private struct Slot {
    var entry: EntryModel?
    /// The number of the table beneath; meaningless for other entries.
    var child = 0
  }

  /// One table.
  private struct Table {
    var slots: [Slot]
    /// How many of its entries are not empty.
    var population = 0
  }

  /// The level of the root.
  public let startLevel: LookupLevel
  /// The size of the input address space in bytes.
  public let inputSize: UInt64
  /// The size of the output address space in bytes.
  public let outputSize: UInt64
  /// How many leaves and annotations there are.
  public private(set) var leafCount = 0
  /// The places that the current call changed, in order, perhaps more than once.
  public var changes: [EntryLocation] = []
  /// All tables; number 0 is the root.
  private var tables: [Table]
  /// The numbers of tables that are not part of the tree.
  private var spareTables: [Int] = []
  private let granule: Granule

  /// An empty tree whose root may have up to `rootPageLimit` pages, with `levelMinimum` levels at
  /// least.
  public init(
    granule: Granule,
    inputAddressBits: UInt64,
    outputAddressBits: UInt64,
    rootPageLimit: UInt64,
    levelMinimum: Int
  ) {
    self.granule = granule
    inputSize = 1 << inputAddressBits
    outputSize = 1 << outputAddressBits
    var level = TableModel.lastLevel + 1 - levelMinimum
    while inputSize >> (granule.shift + (level.levelsBeneath + 1) * granule.bitsPerLevel)
      > rootPageLimit
    {
      level -= 1
    }
    startLevel = level
    let rootShift = granule.shift + level.levelsBeneath * granule.bitsPerLevel
    tables = [Table(slots: Array(repeating: Slot(), count: Int(inputSize >> rootShift)))]
  }

  /// The size of a page in bytes.
  public var pageSize: UInt64 { granule.sizeInBytes }

  private func shift(at level: LookupLevel) -> UInt64 {
    granule.shift + level.levelsBeneath * granule.bitsPerLevel
  }

  /// What an entry at `level` spans, in bytes.
  public func span(at level: LookupLevel) -> UInt64 { 1 << shift(at: level) }

  /// The entry at `level` that an address belongs to.
  public func place(of address: UInt64, at level: LookupLevel) -> EntryLocation {
    EntryLocation(level: level, address: address & ~(span(at: level) - 1))
  }

  /// Whether a block is possible at `level`: 1 GiB and 2 MiB, 32 MiB, or 512 MiB.
  public func allowsLeaf(at level: LookupLevel) -> Bool { level >= (granule == .size4K ? 1 : 2) }

  /// The pages of a range; nil where it leaves the input address space.
  public func pages(from address: UInt64, sizeInBytes: UInt64) -> Range<UInt64>? {
    let start = address & ~(pageSize - 1)
    guard start <= inputSize, sizeInBytes <= inputSize - start else { return nil }
    return start..<start + ((sizeInBytes + pageSize - 1) & ~(pageSize - 1))
  }

  /// The first byte of the page that an output address is in; nil where `sizeInBytes` from there
  /// leave the output address space.
  public func output(_ address: UInt64, sizeInBytes: UInt64) -> UInt64? {
    let start = address & ~(pageSize - 1)
    guard start <= outputSize, sizeInBytes <= outputSize - start else { return nil }
    return start
  }

  private func index(of address: UInt64, at level: LookupLevel) -> Int {
    let index = Int(address >> shift(at: level))
    return level == startLevel ? index : index & (1 << Int(granule.bitsPerLevel) - 1)
  }

  /// The number of the table that holds a place; nil where no tables lead there.
  private func table(holding place: EntryLocation) -> Int? {
    var table = 0
    var level = startLevel
    while level < place.level {
      let slot = tables[table].slots[index(of: place.address, at: level)]
      guard slot.entry == .table else { return nil }
      table = slot.child
      level += 1
    }
    return table
  }

  /// Whether tables lead to a place, and what is there; nil for nothing.
  ///
  /// Nothing leads beyond the input space, or to a level above the root's.
  public func reach(_ place: EntryLocation) -> (isReachable: Bool, entry: EntryModel?) {
    guard place.address < inputSize, place.level >= startLevel, let table = table(holding: place)
    else { return (false, nil) }
    return (true, tables[table].slots[index(of: place.address, at: place.level)].entry)
  }

  /// What is at a place; nil for nothing.
  public func entry(at place: EntryLocation) -> EntryModel? { reach(place).entry }

  /// The place at which a walk for an address ends, and what is there; nil for nothing.
  public func find(_ address: UInt64) -> (place: EntryLocation, entry: EntryModel?) {
    var table = 0
    var level = startLevel
    while true {
      let slot = tables[table].slots[index(of: address, at: level)]
      guard slot.entry == .table else { return (place(of: address, at: level), slot.entry) }
      table = slot.child
      level += 1
    }
  }

  /// Changes one entry; nil makes it empty.
  ///
  /// What was beneath a table goes with it.
  public mutating func set(_ entry: EntryModel?, at place: EntryLocation) {
    guard let table = table(holding: place) else {
      preconditionFailure("no table leads to level \(place.level) of \(place.address)")
    }
    changes.append(place)
    let index = index(of: place.address, at: place.level)
    let old = tables[table].slots[index]
    if old.entry == entry { return }
    if old.entry == .table { spare(old.child) }
    tables[table].slots[index] = Slot(entry: entry, child: entry == .table ? emptyTable() : 0)
    tables[table].population += (entry == nil ? 0 : 1) - (old.entry == nil ? 0 : 1)
    leafCount += TableModel.leaves(entry) - TableModel.leaves(old.entry)
  }

  private static func leaves(_ entry: EntryModel?) -> Int {
    entry == nil || entry == .table ? 0 : 1
  }

  private mutating func emptyTable() -> Int {
    if let number = spareTables.popLast() { return number }
    tables.append(Table(slots: Array(repeating: Slot(), count: 1 << Int(granule.bitsPerLevel))))
    return tables.count - 1
  }

  /// Empties a table that is no longer part of the tree, and what is beneath it.
  private mutating func spare(_ number: Int) {
    var index = 0
    while tables[number].population > 0 {
      let slot = tables[number].slots[index]
      if slot.entry == .table { spare(slot.child) }
      if slot.entry != nil {
        leafCount -= TableModel.leaves(slot.entry)
        tables[number].slots[index] = Slot()
        tables[number].population -= 1
      }
      index += 1
    }
    spareTables.append(number)
  }

  /// Whether the table at a place has no entries.
  public func isEmptyTable(_ place: EntryLocation) -> Bool {
    guard let table = table(holding: place) else { return true }
    let slot = tables[table].slots[index(of: place.address, at: place.level)]
    return slot.entry == .table && tables[slot.child].population == 0
  }

  /// Calls back for every entry that is not empty and that the range touches, in order of address,
  /// a table after what is beneath it.
  ///
  /// `body` is given where in the entry the range begins, and returns whether to go on.
  public mutating func visit(
    _ range: Range<UInt64>,
    _ body: (inout TableModel, EntryLocation, EntryModel, UInt64) -> Bool
  ) {
    _ = visit(range, level: startLevel, visitsEmpty: false) { model, place, entry, cursor in
      entry.map { body(&model, place, $0, cursor) } ?? true
    }
  }

  /// The same, with the empty entries too.
  @discardableResult
  public mutating func visit(
    _ range: Range<UInt64>,
    level: LookupLevel,
    visitsEmpty: Bool,
    _ body: (inout TableModel, EntryLocation, EntryModel?, UInt64) -> Bool
  ) -> Bool {
    var cursor = range.lowerBound
    while cursor < range.upperBound {
      let place = place(of: cursor, at: level)
      let end = place.address + span(at: level)
      let entry = entry(at: place)
      if entry == .table {
        let part = cursor..<min(end, range.upperBound)
        guard visit(part, level: level + 1, visitsEmpty: visitsEmpty, body) else { return false }
      }
      if entry != nil || visitsEmpty {
        guard body(&self, place, entry, cursor) else { return false }
      }
      cursor = end
    }
    return true
  }
}
