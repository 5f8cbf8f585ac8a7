import Machines
import Symbolic
import Walkers

/// What has to be known of tables to lay them out in plain memory.
struct TableFormat {
  /// The base-2 logarithm of a page in bytes.
  let pageShift: UInt64
  /// How many pages the root has.
  let rootPageCount: Int
  /// How many entries a page has.
  let entryCount: UInt64
  /// Where an entry has the address that it links to.
  let addressField: UInt64
  /// Whether an entry of a level links to a table.
  let isTable: (_ entry: BitVector, _ level: LookupLevel) -> Formula
  /// The same of a number.
  let isLink: (_ entry: UInt64, _ level: LookupLevel) -> Bool
  /// The base-2 logarithm of what an entry of a level spans, in bytes.
  let shift: (_ level: LookupLevel) -> UInt64
}

/// The tables of a model, laid out in plain memory.
struct ConcreteLayout {
  let format: TableFormat
  let machine: SymbolicMachine
  let model: Model
  var tracing: TracingMachine<EventCollector>
  private(set) var root: UInt64 = 0
  /// Where each page of the path lies; pages handed out on the path are added as they are met.
  private var addresses: [Int: UInt64] = [:]

  init(format: TableFormat, machine: SymbolicMachine, model: Model) {
    self.format = format
    self.machine = machine
    self.model = model
    let granule = Granule(rawValue: format.pageShift) ?? .size4K
    let memory = PhysicalMemory(granule: granule, base: 1 << 32, capacity: 512)
    tracing = TracingMachine(memory: memory, listener: EventCollector())
  }

  /// Lays the tables out.
  /// - Returns: what they hold, a line for each entry that is not empty.
  mutating func build() -> [String] {
    let pageCount = format.rootPageCount
    root = tracing.allocateRoot(pageCount: pageCount, level: machine.shape.startLevel) ?? 0
    var lines: [String] = []
    for page in machine.tables {
      guard case .root(isFresh: false) = page.origin else { continue }
      for (index, table) in page.rootPages {
        let address = tracing.rootPage(root, at: model.value(of: index))
        fill(table, at: address, &lines)
      }
    }
    return lines.sorted()
  }

  private mutating func fill(_ table: SymbolicTable, at address: UInt64, _ lines: inout [String]) {
    addresses[table.number] = address
    let page = machine.tables[table.number]
    var used: Set<UInt64> = []
    for entry in page.entries {
      let index = model.value(of: entry.index)
      used.insert(index)
      var value = model.value(of: entry.initial)
      if model.isTrue(format.isTable(entry.initial, page.level)) {
        let child = tracing.allocateTable(level: page.level + 1) ?? 0
        value = value & ~format.addressField | child
        if let known = entry.initialChild { fill(known, at: child, &lines) }
      }
      set(value, index, address)
      guard value != 0, let key = entry.key else { continue }
      let start = model.value(of: key) << format.shift(page.level)
      lines.append("\(hex(start)) level \(page.level): \(hex(value))")
    }
    // Entries that only the count speaks of; the walker never reads them on this path.
    guard machine.shape.countsEntries, let count = page.initialCount else { return }
    var missing =
      Int(model.value(of: count)) - 1 - page.entries.count { model.value(of: $0.initial) != 0 }
    for index in 0..<format.entryCount where missing > 0 && !used.contains(index) {
      set(1 << 2, index, address)
      missing -= 1
    }
  }

  private mutating func set(_ value: UInt64, _ index: UInt64, _ table: UInt64) {
    guard value != 0 else { return }
    tracing.store(value, to: table, at: index, order: .relaxed)
    if machine.shape.countsEntries { tracing.retain(table, by: 1) }
  }

  /// Whether the events of a run are those of the path, as the model fixes it.
  ///
  /// Links are compared up to the address, since the pages lie elsewhere here.
  mutating func matches(_ events: [Event], _ trace: [SymbolicEvent], isCut: Bool) -> Bool {
    let expected = trace.filter { !$0.isRefusal }
    guard isCut ? events.count >= expected.count : events.count == expected.count else {
      return false
    }
    for (event, symbolic) in zip(events, expected) where !matches(event, symbolic) { return false }
    return true
  }

  func address(_ table: SymbolicTable, _ entry: Int) -> UInt64? {
    let index = machine.tables[table.number].entries[entry].index
    return addresses[table.number].map { $0 + model.value(of: index) << 3 }
  }

  private func isSame(_ concrete: UInt64, _ symbolic: BitVector, _ table: SymbolicTable) -> Bool {
    let value = model.value(of: symbolic)
    let isLink = format.isLink(value, machine.tables[table.number].level)
    let mask = isLink ? ~format.addressField : .max
    return (concrete ^ value) & mask == 0
  }

  private mutating func matches(_ event: Event, _ symbolic: SymbolicEvent) -> Bool {
    switch (event, symbolic) {
    case (.load(let at, let value), .load(let table, let entry, let term)):
      return at == address(table, entry) && isSame(value, term, table)
    case (
      .store(let at, let old, let new, let order), .store(let table, let entry, let a, let b, let c)
    ):
      return at == address(table, entry) && isSame(old, a, table) && isSame(new, b, table)
        && order == c
    case (.exchange(let at, let old, let new), .store(let table, let entry, let a, let b, _)):
      return at == address(table, entry) && isSame(old, a, table) && isSame(new, b, table)
    case (.allocate(let at, _, _), .allocate(let table)):
      addresses[table.number] = at
      return true
    case (.retain(let at, let amount), .retain(let table, let expected)):
      return at == addresses[table.number] && amount == expected
    case (
      .release(let at, let amount, let remaining), .release(let table, let expected, let isFreed)
    ):
      return at == addresses[table.number] && amount == expected && isFreed == (remaining == 0)
    case (.invalidate(let a), .invalidate(let b)):
      return a.operation.rawValue == b.operation.rawValue && a.levelHint == b.levelHint
        && a.isBroadcast == b.isBroadcast && a.address == model.value(of: b.address)
        && a.sizeInBytes == model.value(of: b.sizeInBytes)
    case (.invalidateRadix(let a), .invalidateRadix(let b)):
      return a.target.rawValue == b.target.rawValue && a.isProcessScoped == b.isProcessScoped
        && a.operand == model.value(of: b.operand) && a.partition == model.value(of: b.partition)
    case (.freeRoot(let at, _), .freeRoot): return at == root
    case (.barrier(let a), .barrier(let b)): return a == b
    case (.powerBarrier(let a), .powerBarrier(let b)): return a == b
    case (.clean(let a, let size), .clean(let b, let expected)):
      return a == model.value(of: b) && size == model.value(of: expected)
    case (.invalidateInstructions(let a, let size), .invalidateInstructions(let b, let expected)):
      return a == model.value(of: b) && size == model.value(of: expected)
    case (.warn(let a), .warn(let b)): return a == b
    default: return false
    }
  }
}
