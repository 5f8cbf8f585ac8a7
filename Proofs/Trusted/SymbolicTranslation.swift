import Machines
import Symbolic

/// What the architecture makes of one input address, as words that can be compared.
struct SymbolicTranslation {
  /// A leaf's descriptor without its address and kind, or the invalid descriptor as it is.
  let attributes: BitVector
  /// The output address of the byte; 0 where nothing is mapped.
  let output: BitVector
  /// The level of the leaf; 0 where nothing is mapped.
  let level: BitVector

  /// The translation where the condition holds, else the other.
  static func select(
    _ condition: Formula,
    _ a: SymbolicTranslation,
    _ b: SymbolicTranslation
  ) -> SymbolicTranslation {
    SymbolicTranslation(
      attributes: BitVector.select(condition, a.attributes, b.attributes),
      output: BitVector.select(condition, a.output, b.output),
      level: BitVector.select(condition, a.level, b.level)
    )
  }

  /// Whether two are the same, in every respect.
  static func .== (a: SymbolicTranslation, b: SymbolicTranslation) -> Formula {
    (a.attributes .== b.attributes) .& (a.output .== b.output) .& (a.level .== b.level)
  }

  /// Whether an address is mapped.
  var isMapped: Formula { (attributes & BitVector(1)) .!= BitVector(0) }

  /// No mapping, and this invalid descriptor in its place.
  static func unmapped(_ descriptor: BitVector = BitVector(0)) -> SymbolicTranslation {
    SymbolicTranslation(attributes: descriptor, output: BitVector(0), level: BitVector(0))
  }
}

/// The table walk of the architecture for one arbitrary address, before or after a path's stores.
///
/// Reference: Arm ARM DDI 0487, "Translation table walk".
struct TableWalk {
  let memory: PathMemory
  let address: BitVector
  /// What is known of the entries that the walk met and the path did not.
  private(set) var assumptions: [Formula] = []

  init(memory: PathMemory, address: BitVector) {
    self.memory = memory
    self.address = address
  }

  private var decoder: Decoder { memory.decoder }
  private var machine: SymbolicMachine { memory.machine }
  private var startLevel: LookupLevel { memory.machine.shape.startLevel }

  private func index(_ level: LookupLevel) -> BitVector {
    (address &>> decoder.shift(level)) & BitVector(1 << machine.shape.indexBits - 1)
  }

  /// The translation before the walker ran.
  mutating func before() -> SymbolicTranslation {
    for number in machine.tables.indices { assumeCounted(in: SymbolicTable(number: number)) }
    return untouched(startLevel)
  }

  /// The translation at the end of the path.
  ///
  /// It is as before, but where the walk comes to an entry that was changed.
  ///
  /// Entries that were there before are told apart by their number among all of their level, so an
  /// address comes to one exactly when it has that number and no changed entry above it intervenes.
  mutating func after() -> SymbolicTranslation {
    var result = untouched(startLevel)
    for level in stride(from: Decoder.lastLevel, through: startLevel, by: -1) {
      for name in memory.changedEntries where memory.level(name) == level {
        guard let key = memory.entry(name).key else { continue }
        let isHere = address &>> decoder.shift(level) .== key
        result = SymbolicTranslation.select(isHere, walk(name), result)
      }
    }
    return result
  }

  /// The initial entry for the address at a level.
  private mutating func initialEntry(_ level: LookupLevel) -> BitVector {
    let key = address &>> decoder.shift(level)
    let entry = machine.initialEntry(level: level, key: key)
    assumptions.append(decoder.isWellFormed(entry, level))
    return entry
  }

  /// The walk from a level down through tables that the path never came to.
  private mutating func untouched(_ level: LookupLevel) -> SymbolicTranslation {
    let entry = initialEntry(level)
    guard level < Decoder.lastLevel else { return leaf(entry, level) }
    return SymbolicTranslation.select(
      decoder.isTable(entry, level: level),
      untouched(level + 1),
      leaf(entry, level)
    )
  }

  /// The walk from a page that was handed out on this path.
  private mutating func walk(fresh table: SymbolicTable) -> SymbolicTranslation {
    let level = memory.page(table).level
    var result = SymbolicTranslation.unmapped()
    for name in memory.entries(of: table) {
      let isHere = index(level) .== memory.entry(name).index
      result = SymbolicTranslation.select(isHere, walk(name), result)
    }
    return result
  }

  /// Assumes that the entry walked through is counted, if the path asked for its page's count and
  /// did not come to the entry itself.
  private mutating func assumeCounted(in table: SymbolicTable) {
    let page = memory.page(table)
    guard case .initial(let prefix) = page.origin, page.initialCount != nil else { return }
    let isHere = address &>> (decoder.shift(page.level) + machine.shape.indexBits) .== prefix
    let isUnseen = Formula.all(page.entries.map { index(page.level) .!= $0.index })
    let isNonzero = initialEntry(page.level) .!= BitVector(0)
    assumptions.append(
      Formula.implies(
        isHere .& isUnseen .& isNonzero,
        machine.unseenCount(of: table) .!= BitVector(0)
      )
    )
  }

  /// The walk from an entry that the path came to.
  private mutating func walk(_ name: EntryName) -> SymbolicTranslation {
    let value = memory.value(name)
    let level = memory.level(name)
    let isTable = decoder.isTable(value, level: level)
    if isTable.constant == false { return leaf(value, level) }
    var below = SymbolicTranslation.unmapped()
    if let child = memory.freshTable(linkedBy: value) {
      below = walk(fresh: child)
    }
    return SymbolicTranslation.select(isTable, below, leaf(value, level))
  }

  /// What a descriptor that links to no table means at its level.
  private func leaf(_ descriptor: BitVector, _ level: LookupLevel) -> SymbolicTranslation {
    let offset = address & BitVector(decoder.span(level) - 1)
    return SymbolicTranslation.select(
      decoder.isLeaf(descriptor, level: level),
      SymbolicTranslation(
        attributes: descriptor & ~BitVector(decoder.addressField | 0b10),
        output: decoder.address(descriptor) | offset,
        level: BitVector(UInt64(level.number))
      ),
      SymbolicTranslation.unmapped(descriptor)
    )
  }
}
