import Machines
import Symbolic
import Walkers

/// An entry of a table page, by position in the symbolic machine's lists.
struct EntryName: Hashable {
  let table: SymbolicTable
  let entry: Int
}

/// The tables of a path as they were at one point of its trace, for judges that replay it.
struct PathMemory {
  let machine: SymbolicMachine
  let decoder: Decoder
  /// What entries that were written hold.
  private var written: [EntryName: BitVector] = [:]
  /// Those entries, in the order of the first store to each.
  private var writtenEntries: [EntryName] = []
  /// The entry through which a page handed out on the path was linked, once it was.
  private(set) var links: [SymbolicTable: EntryName] = [:]

  init(machine: SymbolicMachine, decoder: Decoder) {
    self.machine = machine
    self.decoder = decoder
  }

  func page(_ table: SymbolicTable) -> SymbolicPage { machine.tables[table.number] }
  func entry(_ name: EntryName) -> SymbolicEntry { page(name.table).entries[name.entry] }
  func level(_ name: EntryName) -> LookupLevel { page(name.table).level }

  /// What an entry holds at this point.
  func value(_ name: EntryName) -> BitVector { written[name] ?? entry(name).initial }

  /// Takes note of a store.
  mutating func store(_ value: BitVector, to name: EntryName) {
    if written.updateValue(value, forKey: name) == nil { writtenEntries.append(name) }
    if let child = freshTable(linkedBy: value) { links[child] = name }
  }

  /// The page handed out on this path that a descriptor points to, if it is one for certain.
  func freshTable(linkedBy value: BitVector) -> SymbolicTable? {
    guard let address = decoder.address(value).constant,
      (value & BitVector(3)).constant == 3
    else { return nil }
    let number = machine.tables.firstIndex { page in
      if case .fresh(let base) = page.origin { base == address } else { false }
    }
    return number.map(SymbolicTable.init(number:))
  }

  /// The page that an entry links to at this point, if the path ever came there.
  func child(of name: EntryName) -> SymbolicTable? {
    let value = value(name)
    if BitVector.isIdentical(value, entry(name).initial), let child = entry(name).initialChild {
      return child
    }
    return freshTable(linkedBy: value)
  }

  /// The entry that a page hangs from, or hung from before it was taken out.
  func link(of table: SymbolicTable) -> EntryName? {
    if let parent = page(table).parent {
      return EntryName(table: parent.table, entry: parent.entry)
    }
    return links[table]
  }

  /// The first input address that an entry spans.
  func inputAddress(_ name: EntryName) -> BitVector { key(name) &<< decoder.shift(level(name)) }

  private func key(_ name: EntryName) -> BitVector {
    if let key = entry(name).key { return key }
    let prefix = links[name.table].map(key) ?? BitVector(0)
    return prefix &<< machine.shape.indexBits | entry(name).index
  }

  /// Every entry that holds something else than before.
  var changedEntries: [EntryName] {
    writtenEntries.filter { !BitVector.isIdentical(value($0), entry($0).initial) }
  }

  /// Every entry of a page that the path came to.
  func entries(of table: SymbolicTable) -> [EntryName] {
    page(table).entries.indices.map { EntryName(table: table, entry: $0) }
  }
}
