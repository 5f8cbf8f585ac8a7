public import Architecture
public import Machines

/// Judges tables that several threads walk and change: what the TLBs of their CPUs may hold, where tables
/// hang and when they are freed, and what faults take away.
///
/// A table is a record called `table`: its count, and then its descriptors. A thread is a CPU. The names
/// of calls say what a change may take away: `age` access flags, `writeProtect` write permission.
///
/// Does not establish: anything about schedules that were not run, or about tables of other sizes.
public struct TableSharing: RecordListener, Sendable {
  /// A table that was handed out.
  struct Table: Sendable {
    var entries: [UInt64]
    var count: UInt64 = 0
    /// Where it hangs, or hung last: its level, and its first input address.
    var level: LookupLevel?
    var inputAddress: UInt64 = 0
    /// Whether a walk from the root comes to it.
    var isLinked = false
  }

  /// How many entries tables have, and at which level they begin.
  private(set) var shape: SmallTables
  let regime: TranslationRegime
  var tables: [UInt64: Table] = [:]
  var root: UInt64 = 0
  var translations = SharedTranslations()
  var findings = Findings()
  /// Of each thread: what it is in, when that began, and which entry it looked at last, and when.
  var calls = [String?](repeating: nil, count: 16)
  var callStarts = [Int](repeating: 0, count: 16)
  var lastLooks = [(entry: UInt64, at: Int)](repeating: (0, 0), count: 16)

  /// Judges that have seen nothing.
  public init(_ shape: SmallTables) {
    self.shape = shape
    regime = TranslationRegime(Stage2Configuration(inputAddressBits: 32))
    findings.tellsOnce = true
  }

  /// Forgets everything; tables may be of another shape.
  public mutating func reset(_ shape: SmallTables) {
    self.shape = shape
    tables.removeAll(keepingCapacity: true)
    root = 0
    translations.reset()
    findings.reset()
    for thread in calls.indices { calls[thread] = nil }
  }

  /// The first violations since the last reset, in order.
  public var violations: [Violation] { findings.violations }
  /// How many violations there were since the last reset.
  public var violationCount: Int { findings.count }

  /// The address by which descriptors name the table in a record.
  public static func address(ofRecord record: UInt64) -> UInt64 { record << 12 }

  /// Judges one event.
  public mutating func observe(_ event: RecordEvent, by thread: Int) {
    findings.now &+= 1
    switch event {
    case .read(let place, _, _, _), .mismatch(let place, _, _):
      if place.field.kind == .descriptor { look(place.address, thread) }
    case .write(let place, let old, let new, _, _), .update(let place, let old, let new, _, _, _):
      if place.field.kind == .descriptor {
        look(place.address, thread)
        change(place, old, new, thread)
      } else if place.field.index == 0 {
        tables[place.record]?.count = new
      }
    case .allocate(let record, let wordCount, let name, _):
      if "\(name)" == "table" {
        var table = Table(entries: Array(repeating: 0, count: wordCount - 1))
        if root == 0 {
          // What is made before anything else is the root.
          root = record
          table.isLinked = true
          table.level = shape.startLevel
        }
        tables[record] = table
      }
    case .free(let record), .reclaim(let record): judgeFree(record, thread)
    case .invalidate(let invalidation): translations.invalidate(invalidation, by: thread)
    case .barrier(let barrier): translations.barrier(barrier, by: thread)
    case .call(let site):
      calls[thread] = "\(site)"
      callStarts[thread] = findings.now
      lastLooks[thread] = (0, 0)
    case .returned: judgeReturn(thread)
    default: break
    }
  }

  private mutating func look(_ entry: UInt64, _ thread: Int) {
    lastLooks[thread] = (entry, findings.now)
    translations.observe(entry, by: thread)
  }

  // MARK: Changes

  /// A descriptor became another.
  private mutating func change(
    _ place: FieldPlace,
    _ old: UInt64,
    _ new: UInt64,
    _ thread: Int
  ) {
    let index = Int(place.field.index) - 1
    guard let table = tables[place.record], index < table.entries.count else { return }
    tables[place.record]?.entries[index] = new
    guard old != new, let level = table.level else { return }
    let entry = EntryPlace(
      address: place.address,
      level: level,
      inputAddress: table.inputAddress + UInt64(index) * shape.span(at: level)
    )
    guard table.isLinked else { return changeUnlinked(entry, new, of: place.record, thread) }
    let oldKind = regime.kind(of: old, at: level)
    let newKind = regime.kind(of: new, at: level)
    var isPermissionOnly = false
    if oldKind.isValid {
      isPermissionOnly = newKind.isValid && !regime.demandsBreak(from: old, to: new, at: level)
      if isPermissionOnly { judgeAttributes(old, new, entry, thread) }
      if newKind.isValid, !isPermissionOnly { judgeBreak(entry, thread) }
      if !isPermissionOnly { cutOff(entry, thread) }
      if regime.mayBeCached(old, kind: oldKind) {
        note(old, entry, thread, isPermissionOnly: isPermissionOnly)
      }
      if oldKind == .table, !isPermissionOnly { unlink(old, thread) }
    }
    guard newKind.isValid, !isPermissionOnly else { return }
    judgeMake(entry, thread)
    if newKind == .table { link(record(in: new), level.next, entry.inputAddress) }
  }

  /// A descriptor was written in a table that no walk from the root comes to, but perhaps one by way of
  /// what a CPU still holds.
  private mutating func changeUnlinked(
    _ entry: EntryPlace,
    _ new: UInt64,
    of table: UInt64,
    _ thread: Int
  ) {
    let kind = regime.kind(of: new, at: entry.level)
    guard kind.isValid, regime.mayBeCached(new, kind: kind) else { return }
    for way in translations.entries where way.table == table && way.stage2 != 0 {
      var stale = stale(new, entry, way.breaker, isPermissionOnly: false)
      stale.brokenAt = way.brokenAt
      translations.note(stale, reachedBy: way)
    }
  }

  private func record(in descriptor: UInt64) -> UInt64 { regime.tableAddress(in: descriptor) >> 12 }

  private func stale(
    _ raw: UInt64,
    _ entry: EntryPlace,
    _ thread: Int,
    isPermissionOnly: Bool
  ) -> SharedTranslations.Stale {
    let isTable = regime.kind(of: raw, at: entry.level) == .table
    return SharedTranslations.Stale(
      inputAddress: entry.inputAddress,
      sizeInBytes: shape.span(at: entry.level),
      level: entry.level,
      entryAddress: entry.address,
      raw: raw,
      table: isTable ? record(in: raw) : nil,
      breaker: thread,
      brokenAt: findings.now,
      isPermissionOnly: isPermissionOnly
    )
  }

  private mutating func note(
    _ raw: UInt64,
    _ entry: EntryPlace,
    _ thread: Int,
    isPermissionOnly: Bool
  ) {
    translations.note(stale(raw, entry, thread, isPermissionOnly: isPermissionOnly))
  }

  /// No walk that sees the change of an entry comes to what was found there, or beneath.
  private mutating func cutOff(_ entry: EntryPlace, _ thread: Int) {
    translations.cutOff(
      at: entry.address,
      level: entry.level,
      inputAddress: entry.inputAddress,
      sizeInBytes: shape.span(at: entry.level),
      by: thread,
      at: findings.now
    )
  }

  /// A table hangs from an entry, with all that hangs from it.
  private mutating func link(_ record: UInt64, _ level: LookupLevel?, _ inputAddress: UInt64) {
    guard let level, var table = tables[record] else { return }
    table.isLinked = true
    table.level = level
    table.inputAddress = inputAddress
    tables[record] = table
    for (index, raw) in table.entries.enumerated() where regime.kind(of: raw, at: level) == .table {
      let address = inputAddress + UInt64(index) * shape.span(at: level)
      link(self.record(in: raw), level.next, address)
    }
  }

  /// A table hangs from nothing any more: what walks found beneath it is stale.
  private mutating func unlink(_ descriptor: UInt64, _ thread: Int) {
    let record = record(in: descriptor)
    guard let table = tables[record], let level = table.level, table.isLinked else { return }
    tables[record]?.isLinked = false
    for (index, raw) in table.entries.enumerated() {
      let kind = regime.kind(of: raw, at: level)
      let entry = EntryPlace(
        address: record + UInt64(index + 1) << 3,
        level: level,
        inputAddress: table.inputAddress + UInt64(index) * shape.span(at: level)
      )
      if kind.isValid, regime.mayBeCached(raw, kind: kind) {
        note(raw, entry, thread, isPermissionOnly: false)
      }
      if kind == .table { unlink(raw, thread) }
    }
  }
}

/// Where a descriptor is, and what it covers.
struct EntryPlace {
  /// The address of its eight bytes.
  var address: UInt64
  var level: LookupLevel
  /// The first byte of the input range that it covers.
  var inputAddress: UInt64
}
