import Architecture
import Machines
import Symbolic

/// Judges what a path did to partition-scoped tables, by the architecture's rules and nothing else.
///
/// Reference: Power ISA 3.0B, Book III, "Translation Table Update Synchronization Requirements".
struct PartitionJudge {
  let scenario: PartitionScenario
  let machine: SymbolicMachine
  let root: SymbolicTable
  let first: UInt64
  let logged: UInt64
  private(set) var reached: Set<String> = []
  var claims: [Claim] = []
  /// What may be cached that is no more; entries are told apart by their place on the path.
  private var cache = RadixCache(partition: 1)
  /// The first frame of pages that were handed out and linked.
  private var freshBases: [SymbolicTable: UInt64] = [:]
  /// What entries were before the call, of those that were written, with what the hardware added.
  private var initial: [EntryName: BitVector] = [:]
  private var order: [EntryName] = []
  private var freed: Set<SymbolicTable> = []

  init(
    scenario: PartitionScenario,
    machine: SymbolicMachine,
    root: SymbolicTable,
    first: UInt64,
    logged: UInt64
  ) {
    self.scenario = scenario
    self.machine = machine
    self.root = root
    self.first = first
    self.logged = logged
  }

  private var explorer: Explorer { machine.explorer }
  private var configuration: PartitionConfiguration { scenario.configuration }

  private mutating func claim(_ clause: Clause, _ formula: Formula) {
    claims.append(Claim(clause, formula))
  }

  private mutating func claim(_ clause: Clause, _ isTrue: Bool) {
    claims.append(Claim(clause, isTrue: isTrue))
  }

  // MARK: Places

  private func level(_ name: EntryName) -> Int {
    PartitionScenario.level(machine.tables[name.table.number].level)
  }

  private func entry(_ name: EntryName) -> SymbolicEntry {
    machine.tables[name.table.number].entries[name.entry]
  }

  /// The frames that an entry is about.
  private func frames(_ name: EntryName) -> Range<UInt64> {
    let shift = configuration.shift(of: level(name)) - configuration.pageShift
    let entry = entry(name)
    if let key = entry.key?.constant { return key << shift..<(key + 1) << shift }
    let base = (freshBases[name.table] ?? 0) + (entry.index.constant ?? 0) << shift
    return base..<base + 1 << shift
  }

  /// The number under which the cache knows an entry.
  private func place(_ name: EntryName) -> UInt64 {
    UInt64(name.table.number) << 16 | UInt64(name.entry)
  }

  /// The entry's page as the hardware has it: small tables stand for those of real sizes.
  private func realShift(_ level: Int) -> UInt64 { [12, 21, 30, 39][level] }

  // MARK: Events

  /// Judges the whole path.
  mutating func judge(result: Errno, leaf: BitVector) {
    for event in machine.trace {
      switch event {
      case .store(let table, let entry, let old, let new, _):
        store(EntryName(table: table, entry: entry), old, new)
      case .barrier(let barrier): cache.barrier(barrier)
      case .invalidateRadix(let invalidation): invalidate(invalidation)
      case .release(let table, _, true): free(table)
      case .freeRoot(let table, _): free(table)
      case .warn(let site):
        claims.append(Claim(.neverWarns, "does not come to '\(site)'", isTrue: false))
      default: break
      }
    }
    claim(.neverWarns, true)
    claim(.forgetsTaken, cache.entries.isEmpty)
    if order.isEmpty { reached.insert("hole") }
    judgeLog()
    judgeRefinement(result, leaf)
  }

  private mutating func store(_ name: EntryName, _ old: BitVector, _ new: BitVector) {
    if initial.updateValue(initial[name] ?? old, forKey: name) == nil { order.append(name) }
    let wasLeaf = explorer.decide(PartitionScenario.isLeaf(old))
    let wasTable = !wasLeaf && explorer.decide(PartitionScenario.isTable(old))
    let isLeaf = explorer.decide(PartitionScenario.isLeaf(new))
    let isTable = !isLeaf && explorer.decide(PartitionScenario.isTable(new))
    if wasLeaf { reached.insert("leaf at level \(level(name))") }
    let isKept = (wasLeaf || wasTable) && (isLeaf || isTable)
    claim(
      .keepsTranslation,
      isKept ? isSameTranslation(old, new, areLeaves: wasLeaf && isLeaf) : Formula(true)
    )
    if wasTable, !isTable {
      reached.insert("link taken")
      keep(name, isLeaf: false)
    }
    if wasLeaf {
      let kept = BitVector(RadixField.rights | RadixField.change.mask)
      let isLess = (old & ~new & kept) .!= BitVector(0)
      if !isLeaf || explorer.decide(isLess) { keep(name, isLeaf: true) }
    }
    if isLeaf || isTable, !wasLeaf, !wasTable {
      claim(.makesAfterForgetting, !cache.entries.contains { $0.place == place(name) })
    }
    if isTable { link(new, frames(name).lowerBound) }
  }

  /// Whether one valid entry may become another without a break.
  private func isSameTranslation(
    _ old: BitVector,
    _ new: BitVector,
    areLeaves: Bool
  ) -> Formula {
    let own = RadixField.reference.mask | RadixField.change.mask | RadixField.rights
    return areLeaves && !scenario.isDD1
      ? ((old ^ new) & BitVector(~own)) .== BitVector(0) : old .== new
  }

  private mutating func keep(_ name: EntryName, isLeaf: Bool) {
    let kind = RadixField.valid.mask | (isLeaf ? RadixField.leaf.mask : 0)
    cache.keep(
      kind,
      at: place(name),
      base: frames(name).lowerBound << configuration.pageShift,
      shift: realShift(level(name))
    )
  }

  private mutating func link(_ entry: BitVector, _ base: UInt64) {
    guard let address = machine.shape.linkedAddress(entry).constant else { return }
    for (number, page) in machine.tables.enumerated() {
      if case .fresh(address) = page.origin {
        freshBases[SymbolicTable(number: number)] = base
        reached.insert("link")
      }
    }
  }

  private mutating func invalidate(_ invalidation: RadixInvalidation<BitVector>) {
    guard let operand = invalidation.operand.constant,
      let partition = invalidation.partition.constant,
      let target = RadixInvalidation<UInt64>.Target(rawValue: invalidation.target.rawValue)
    else { return }
    let early = cache.invalidate(
      RadixInvalidation(
        target,
        operand: operand,
        partition: partition,
        isProcessScoped: invalidation.isProcessScoped
      )
    )
    claim(.ordersChanges, early == nil)
  }

  private mutating func free(_ table: SymbolicTable) {
    reached.insert("free")
    freed.insert(table)
    var current = table
    // The way to it was cut somewhere, and no walk cache has the cut entry any more.
    var isCut = machine.tables[table.number].isFresh || table == root
    while let parent = machine.tables[current.number].parent {
      let name = EntryName(table: parent.table, entry: parent.entry)
      if initial[name] != nil {
        isCut = true
        let isCached = cache.entries.contains { $0.place == place(name) }
        claim(.freesForgotten, !isCached)
        claim(
          .keepsLinked,
          .!PartitionScenario.isTable(self.entry(name).current)
        )
      }
      current = parent.table
    }
    if freshBases[table] != nil { isCut = false }
    claim(.freesUnlinked, isCut)
  }

  // MARK: The end

  private mutating func judgeLog() {
    let slot = scenario.slot(first: first)
    func bits(_ frames: Range<UInt64>) -> UInt64 {
      frames.clamped(to: slot.frames).reduce(0) { $0 | 1 << ($1 - slot.firstFrame) }
    }
    if logged != 0 { reached.insert("log") }
    var known: UInt64 = 0
    for name in order {
      guard let lost = lostChange(name) else { continue }
      let frames = bits(frames(name))
      let isLogged = logged & frames == frames
      claim(.logsChanges, isLogged ? Formula(true) : .!lost)
      if isLogged, explorer.decide(lost) { known |= frames }
    }
    // A leaf that is replaced is logged even if the new one tells of the same page.
    if case .install = scenario.operation { return }
    claim(.logsNoOther, logged & ~known == 0)
  }

  /// Whether an entry had a change bit that tells of nothing any more; nil if it was no leaf.
  private func lostChange(_ name: EntryName) -> Formula? {
    guard let old = initial[name], explorer.decide(PartitionScenario.isLeaf(old)) else {
      return nil
    }
    let new = entry(name).current
    let wasChanged = PartitionScenario.has(old, RadixField.change)
    guard explorer.decide(PartitionScenario.isLeaf(new)) else { return wasChanged }
    let place = RadixField.realPage.mask | RadixField.attributes.mask
    let isElsewhere = ((old ^ new) & BitVector(place)) .!= BitVector(0)
    return wasChanged .& (isElsewhere .| .!PartitionScenario.has(new, RadixField.change))
  }

  private mutating func judgeRefinement(_ result: Errno, _ leaf: BitVector) {
    let range = first..<first + scenario.frameCount
    for name in order {
      let (old, new) = (initial[name] ?? BitVector(0), entry(name).current)
      let isConcerned = frames(name).overlaps(range)
      let isLeaf = explorer.decide(PartitionScenario.isLeaf(old))
      let promised: BitVector
      switch scenario.operation {
      case .unmap: promised = BitVector(0)
      case .harvest: promised = old & BitVector(~RadixField.change.mask)
      case .age: promised = old & BitVector(~RadixField.reference.mask)
      case .install, .free: continue
      }
      let expected = Formula(isConcerned && isLeaf) .& (new .== promised)
      claim(.changesNoOther, expected)
    }
    switch scenario.operation {
    case .unmap:
      for frame in range {
        claim(.leavesNoFrame, leafNow(frame) == nil)
      }
    case .install(let level) where result == .ok: judgeInstalled(level, leaf)
    case .install:
      let isUntouched = order.allSatisfy {
        explorer.decide(PartitionScenario.isTable(entry($0).current))
      }
      claim(.failsUntouched, isUntouched || result == .noMemory)
    case .free:
      for (number, page) in machine.tables.enumerated() {
        let table = SymbolicTable(number: number)
        if case .root = page.origin { continue }
        if page.level == 0 { continue }
        claim(.freesAll, freed.contains(table))
      }
      claim(.freesAll, freed.contains(root))
    default: break
    }
  }

  private mutating func judgeInstalled(_ level: Int, _ leaf: BitVector) {
    guard let found = leafNow(first) else {
      return claim(.mapsRequested, false)
    }
    let rights =
      RadixField.rights | RadixField.reference.mask | RadixField.change.mask
    let isSame = ((found.entry ^ leaf) & BitVector(~rights)) .== BitVector(0)
    let isEnough = (leaf & ~found.entry & BitVector(rights)) .== BitVector(0)
    claim(.mapsRequested, isSame .& isEnough)
    claim(.mapsAtLevel, found.level == level)
  }

  /// The leaf that translates a frame at the end of the path.
  private func leafNow(_ frame: UInt64) -> (entry: BitVector, level: Int)? {
    var table = root
    for machineLevel in 0...PartitionScenario.lastLevel {
      let level = PartitionScenario.level(machineLevel)
      let shift = configuration.shift(of: level) - configuration.pageShift
      let index = BitVector(frame >> shift & 1)
      let entry = machine.load(table, at: index)
      if explorer.decide(PartitionScenario.isLeaf(entry)) { return (entry, level) }
      guard level > 0, explorer.decide(PartitionScenario.isTable(entry)) else { return nil }
      table = machine.table(
        at: machine.shape.linkedAddress(entry),
        linkedFrom: table,
        index: index
      )
    }
    return nil
  }
}

extension Clause {
  static let forgetsTaken = Clause(
    "forgets-taken",
    .breakBeforeMake,
    "returns only when nothing can be cached of what it took away"
  )
  static let keepsTranslation = Clause(
    "keeps-translation",
    .breakBeforeMake,
    "makes no valid entry another translation"
  )
  static let ordersChanges = Clause(
    "orders-changes",
    .breakBeforeMake,
    "orders changes before it invalidates what they replaced"
  )
  static let logsChanges = Clause(
    "logs-changes",
    .counts,
    "logs each page whose change bit it clears, whatever the hardware sets meanwhile"
  )
  static let logsNoOther = Clause(
    "logs-no-other",
    .counts,
    "logs no page whose change bit it does not clear"
  )
  static let logsInside = Clause("logs-inside", .counts, "logs inside the slot")
  static let changesNoOther = Clause(
    "changes-no-other",
    .refinement,
    "changes entries only as it is asked to"
  )
  static let leavesNoFrame = Clause(
    "leaves-no-frame",
    .refinement,
    "leaves no frame of the range translated"
  )
  static let failsUntouched = Clause(
    "fails-untouched",
    .refinement,
    "touches no leaf when it fails"
  )
  static let mapsRequested = Clause(
    "maps-requested",
    .refinement,
    "translates the frames with all that was asked for"
  )
  static let mapsAtLevel = Clause("maps-at-level", .refinement, "maps at the level asked for")
  static let givesUp = Clause("gives-up", .refinement, "gives up after an invalidation")
  static let freesAll = Clause("frees-all", .counts, "frees every table")
}
