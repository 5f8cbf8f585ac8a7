import Architecture
import Machines
import Symbolic

/// The tables of a path, as they were before the call and as they are after it, for its judge.
///
/// The judge may come to entries that the walker never met; the path forks for what they hold.
struct PartitionTree {
  /// Before the call, or after it.
  enum CallSide { case before, after }

  let scenario: PartitionScenario
  let machine: SymbolicMachine
  let root: SymbolicTable
  /// The first frame of pages that were handed out and linked.
  private(set) var freshBases: [SymbolicTable: UInt64] = [:]

  init(_ scenario: PartitionScenario, _ machine: SymbolicMachine, root: SymbolicTable) {
    self.scenario = scenario
    self.machine = machine
    self.root = root
    // Tables may be linked to one another before they are linked to the tree.
    for _ in 0..<PartitionScenario.lastLevel.number { findFreshBases() }
  }

  private var configuration: PartitionConfiguration { scenario.configuration }

  private mutating func findFreshBases() {
    for case .store(let table, let entry, _, let new, _) in machine.trace {
      guard let child = freshTable(linkedBy: new) else { continue }
      freshBases[child] = frames(EntryName(table: table, entry: entry)).lowerBound
    }
  }

  /// The page handed out on the path whose address an entry has.
  func freshTable(linkedBy value: BitVector) -> SymbolicTable? {
    guard let address = machine.shape.linkedAddress(value).constant else { return nil }
    let number = machine.tables.firstIndex {
      if case .fresh(address) = $0.origin { true } else { false }
    }
    return number.map(SymbolicTable.init(number:))
  }

  func level(_ name: EntryName) -> RadixLevel {
    PartitionScenario.level(machine.tables[name.table.number].level)
  }

  func entry(_ name: EntryName) -> SymbolicEntry {
    machine.tables[name.table.number].entries[name.entry]
  }

  /// The frames that an entry is about.
  func frames(_ name: EntryName) -> Range<UInt64> {
    let shift = configuration.shift(of: level(name)) - configuration.pageShift
    let entry = entry(name)
    if let key = entry.key?.constant { return key << shift..<(key + 1) << shift }
    let base = (freshBases[name.table] ?? 0) + (entry.index.constant ?? 0) << shift
    return base..<base + 1 << shift
  }

  /// The entry at an index of a table.
  func name(_ index: UInt64, in table: SymbolicTable) -> EntryName {
    let place = machine.look(at: BitVector(index), in: table)
    return EntryName(table: place.table, entry: place.entry)
  }

  func isTable(_ value: BitVector) -> Bool {
    machine.explorer.decide(PartitionScenario.isTable(withoutHardware(value)))
  }
  func isLeaf(_ value: BitVector) -> Bool {
    machine.explorer.decide(PartitionScenario.isLeaf(withoutHardware(value)))
  }

  /// What an entry was before the hardware set bits of it, which makes it no other kind of entry.
  func withoutHardware(_ value: BitVector) -> BitVector {
    let write = machine.hardwareWrites.last { BitVector.isIdentical($0.value, value) }
    return write.map { withoutHardware($0.old) } ?? value
  }

  func value(_ name: EntryName, _ side: CallSide) -> BitVector {
    side == .before ? entry(name).initial : entry(name).current
  }

  /// The table that an entry leads to with a value, if it is known.
  func child(of name: EntryName, _ value: BitVector) -> SymbolicTable? {
    guard level(name) > 0, isTable(value) else { return nil }
    if entry(name).key != nil, BitVector.isIdentical(value, entry(name).initial) {
      return machine.initialChild(of: name.table, entry: name.entry)
    }
    return freshTable(linkedBy: value)
  }

  /// The last entry that a walk for a frame comes to.
  func end(of frame: UInt64, _ side: CallSide) -> EntryName {
    var table = root
    while true {
      let machineLevel = machine.tables[table.number].level
      let level = PartitionScenario.level(machineLevel)
      let shift = configuration.shift(of: level) - configuration.pageShift
      let name = name(frame >> shift & 1, in: table)
      guard let child = child(of: name, value(name, side)) else { return name }
      table = child
    }
  }

  /// The leaf that translates a frame.
  func leaf(of frame: UInt64, _ side: CallSide) -> EntryName? {
    let name = end(of: frame, side)
    return isLeaf(value(name, side)) ? name : nil
  }
}
