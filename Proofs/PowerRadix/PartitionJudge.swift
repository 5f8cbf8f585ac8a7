import Architecture
import Machines
import Symbolic

/// What a call came to on one path.
struct PartitionPath {
  /// What it returned.
  enum Ending {
    case error(Errno)
    case answer(Bool)
    case outcome(PartitionOutcome)

    /// As reports name it.
    var name: String {
      switch self {
      case .error(let error): "\(error)"
      case .answer(let answer): "\(answer)"
      case .outcome(let outcome): "\(outcome)"
      }
    }
  }

  let scenario: PartitionScenario
  let situation: PartitionSituation
  let machine: SymbolicMachine
  let root: SymbolicTable
  /// The leaf that was to be installed.
  let leaf: BitVector
  let ending: Ending
  let questions: [HostQuestion]
  /// What waits in the log, and what was handed out.
  let marked: [Int: UInt64], reported: [Int: UInt64]
}

/// Judges what a path did to partition-scoped tables, by the architecture's rules and nothing else.
///
/// What is claimed of entries is claimed of those that a walk comes to for each frame of the call, before
/// and after, and of those that were written, which should be none but these.
/// Reference: Power ISA 3.0B, Book III, "Translation Table Update Synchronization Requirements".
struct PartitionJudge {
  /// One change of an entry.
  struct Change {
    let old, new: BitVector
  }

  let path: PartitionPath
  let tree: PartitionTree
  var reached: Set<String> = []
  var claims: [Claim] = []
  /// What may be cached that is no more; entries are told apart by their place on the path.
  private var cache = RadixCache(partition: 1)
  /// What was written to entries, in order; what the hardware added meanwhile is in what they were.
  private(set) var changes: [EntryName: [Change]] = [:]
  /// The entries that were written, in the order of the first store to each.
  private(set) var order: [EntryName] = []
  /// Leaves of tables that were taken out.
  private(set) var orphans: [EntryName] = []
  private(set) var freed: Set<SymbolicTable> = []

  init(_ path: PartitionPath) {
    self.path = path
    tree = PartitionTree(path.scenario, path.machine, root: path.root)
  }

  var scenario: PartitionScenario { path.scenario }
  var machine: SymbolicMachine { path.machine }
  var first: UInt64 { path.situation.first }
  var slot: GuestSlot { path.situation.slot }

  mutating func claim(_ clause: Clause, _ formula: Formula) {
    claims.append(Claim(clause, machine.explorer.known(formula)))
  }

  /// Whether an entry has a bit of a field; what the path has decided is no question any more.
  func has(_ entry: BitVector, _ field: PowerField) -> Formula {
    machine.explorer.known(PartitionScenario.has(entry, field))
  }

  func isLeaf(_ entry: BitVector) -> Formula {
    machine.explorer.known(PartitionScenario.isLeaf(tree.withoutHardware(entry)))
  }

  mutating func claim(_ clause: Clause, _ isTrue: Bool) {
    claims.append(Claim(clause, isTrue: isTrue))
  }

  /// Judges the whole path.
  mutating func judge() {
    for event in machine.trace {
      switch event {
      case .store(let table, let entry, let old, let new, _):
        store(EntryName(table: table, entry: entry), Change(old: old, new: new))
      case .powerBarrier(let barrier): cache.barrier(barrier)
      case .invalidateRadix(let invalidation): invalidate(invalidation)
      case .release(let table, _, true): free(table)
      case .freeRoot(let table, let pageCount):
        claim(.freesRoot, pageCount == scenario.configuration.rootPageCount)
        free(table)
      case .warn(let site):
        claims.append(Claim(.neverWarns, "does not come to '\(site)'", isTrue: false))
      default: break
      }
    }
    claim(.neverWarns, true)
    claim(.forgetsTaken, cache.entries.isEmpty)
    if order.isEmpty { reached.insert("hole") }
    judgeEntries()
    judgeLog()
    judgeEnding()
  }

  // MARK: Events

  /// The number under which the cache knows an entry.
  private func place(_ name: EntryName) -> UInt64 {
    UInt64(name.table.number) << 16 | UInt64(name.entry)
  }

  private mutating func store(_ name: EntryName, _ change: Change) {
    let wasTable = tree.isTable(change.old)
    let wasLeaf = !wasTable && tree.isLeaf(change.old)
    let isTable = tree.isTable(change.new)
    let isLeaf = !isTable && tree.isLeaf(change.new)
    if wasLeaf { reached.insert("leaf at level \(tree.level(name))") }
    let isKept = (wasLeaf || wasTable) && (isLeaf || isTable)
    claim(
      .keepsTranslation,
      isKept ? isSameTranslation(change, areLeaves: wasLeaf && isLeaf) : Formula(true)
    )
    if wasTable, !isTable || !BitVector.isIdentical(change.old, change.new) {
      reached.insert("link taken")
      keep(name, isLeaf: false)
      takeOut(name, change.old)
    }
    if wasLeaf {
      let kept = BitVector(RadixField.rights | RadixField.change.mask)
      let isLess = (change.old & ~change.new & kept) .!= BitVector(0)
      if !isLeaf || machine.explorer.decide(isLess) { keep(name, isLeaf: true) }
    }
    if isLeaf || isTable, !wasLeaf, !wasTable {
      claim(.makesAfterForgetting, !cache.entries.contains { $0.place == place(name) })
    }
    if isTable, tree.freshTable(linkedBy: change.new) != nil { reached.insert("link") }
    if changes[name] == nil { order.append(name) }
    changes[name, default: []].append(change)
  }

  /// Whether one valid entry may become another without a break.
  private func isSameTranslation(_ change: Change, areLeaves: Bool) -> Formula {
    let own = RadixField.reference.mask | RadixField.change.mask | RadixField.rights
    return areLeaves && !scenario.isDD1
      ? ((change.old ^ change.new) & BitVector(~own)) .== BitVector(0) : change.old .== change.new
  }

  private mutating func keep(_ name: EntryName, isLeaf: Bool) {
    let kind = RadixField.valid.mask | (isLeaf ? RadixField.leaf.mask : 0)
    cache.keep(
      kind,
      at: place(name),
      base: tree.frames(name).lowerBound << scenario.configuration.pageShift,
      // The entry's page as the hardware has it: small tables stand for those of real sizes.
      shift: [12, 21, 30, 39][tree.level(name).number]
    )
  }

  /// The leaves of a table that is led to no more may be cached like any other.
  private mutating func takeOut(_ link: EntryName, _ value: BitVector) {
    guard let table = tree.child(of: link, value) else { return }
    for index: UInt64 in 0...1 {
      let name = tree.name(index, in: table)
      let value = changes[name]?.last?.new ?? tree.value(name, .after)
      if tree.level(name) > 0, tree.isTable(value) {
        takeOut(name, value)
      } else if scenario.operation == .free {
        // Whether it is a leaf does not matter to one who makes the CPUs forget everything.
        keep(name, isLeaf: true)
      } else if tree.isLeaf(value) {
        keep(name, isLeaf: true)
        orphans.append(name)
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
    // Leaves of the table itself: the hardware would set their bits in memory that is another's.
    claim(.freesForgotten, !cache.entries.contains { $0.place >> 16 == UInt64(table.number) })
    var current = table
    // The way to it was cut somewhere, and no walk cache has the cut entry any more.
    var isCut = table == path.root || machine.tables[table.number].isFresh && !isLinked(table)
    while let parent = machine.tables[current.number].parent {
      let name = EntryName(table: parent.table, entry: parent.entry)
      if changes[name] != nil {
        isCut = true
        let isCached = cache.entries.contains { $0.place == place(name) }
        claim(.freesForgotten, !isCached)
        claim(.keepsLinked, .!PartitionScenario.isTable(tree.value(name, .after)))
      }
      current = parent.table
    }
    claim(.freesUnlinked, isCut)
  }

  /// Whether an entry leads to a page that was handed out.
  func isLinked(_ table: SymbolicTable) -> Bool {
    order.contains {
      let value = tree.value($0, .after)
      return tree.isTable(value) && tree.freshTable(linkedBy: value) == table
    }
  }
}
