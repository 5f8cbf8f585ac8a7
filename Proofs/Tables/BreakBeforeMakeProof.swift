import Machines
import Symbolic

/// Judges a path's stores, barriers and invalidations, by the manual's rules and nothing else.
///
/// Every break goes through barrier, invalidation that covers all that any TLB can hold of it, and
/// barrier, before the entry is made again, before a table it led to is freed, and before the call
/// returns. Not established: anything about interleavings of several CPUs' calls.
/// Reference: Arm ARM DDI 0487, "Using break-before-make when updating translation table entries".
struct BreakBeforeMakeProof {
  /// How far the invalidation of a broken entry has come.
  enum Phase: Int {
    /// Stored, perhaps not yet visible to other CPUs' walkers.
    case stored
    /// Visible; no walker finds the old entry any more.
    case visible
    /// Stage-2 entries are being invalidated.
    case invalidating
    /// Stage-2 entries are gone everywhere.
    case invalidated
    /// Everything is being invalidated, or all but combined entries are gone and those are.
    case completing
    /// Nothing is left.
    case done
  }

  /// An entry that was valid and no longer is, or a leaf that changed where it stood.
  struct Break {
    let name: EntryName
    let isTable: Bool
    let child: SymbolicTable?
    /// What was there.
    let old: BitVector
    /// Whether the entry is a valid leaf still.
    var isChange = false
    var phase = Phase.stored
    /// The position in the trace of the barrier at which nothing was left.
    var doneAt: Int?
  }

  var memory: PathMemory
  /// Whether the call came back with an error.
  let isFailure: Bool
  /// Whether the call owes the invalidation of leaves that it changed where they stood.
  let invalidatesChanges: Bool
  /// Whether the call owes the barrier that makes its leaves visible.
  let publishes: Bool
  var breaks: [Break] = []
  var claims: [Claim] = []
  /// Stores that no barrier made visible yet.
  var unpublished: [EntryName] = []
  var isReturnUnpublished = false
  private var hasMade = false
  private var position = 0
  private(set) var reached: Set<String> = []

  private var explorer: PathExplorer { memory.machine.explorer }
  private var decoder: Decoder { memory.decoder }

  init(
    memory: PathMemory,
    isFailure: Bool = false,
    invalidatesChanges: Bool = false,
    publishes: Bool = true
  ) {
    self.memory = memory
    self.isFailure = isFailure
    self.invalidatesChanges = invalidatesChanges
    self.publishes = publishes
  }

  private mutating func claim(_ clause: Clause, _ isTrue: Bool) {
    claims.append(Claim(clause, isTrue: isTrue))
  }

  /// Judges the whole path.
  mutating func judge() {
    for (position, event) in memory.machine.trace.enumerated() {
      self.position = position
      switch event {
      case .store(let table, let entry, let old, let new, let order):
        store(EntryName(table: table, entry: entry), old, new, order)
      case .barrier(let barrier): observe(barrier)
      case .invalidate(let invalidation): observe(invalidation)
      case .release(let table, _, true): free(table)
      case .warn(let site):
        claims.append(Claim(.neverWarns, "does not come to where it says '\(site)'", isTrue: false))
      default: break
      }
    }
    for broken in breaks where !broken.isChange {
      claim(isFailure ? .forgetsOnFailure : .forgetsBreaks, broken.phase == .done)
    }
    for changed in breaks where changed.isChange {
      claim(.forgetsChanges, changed.phase == .done)
    }
    if hasMade, publishes {
      claim(isFailure ? .publishesOnFailure : .publishesLeaves, !isReturnUnpublished)
    }
    claim(.neverWarns, true)
  }

  private mutating func store(
    _ name: EntryName,
    _ old: BitVector,
    _ new: BitVector,
    _ order: MemoryOrder
  ) {
    let wasValid = explorer.decide(decoder.isValid(old))
    let isValid = explorer.decide(decoder.isValid(new))
    let demanding = (old ^ new) & BitVector(~Decoder.harmless)
    let isFree = !wasValid || !isValid
    claims.append(Claim(.breaksFirst, isFree ? Formula(true) : demanding .== BitVector(0)))
    if wasValid, !isValid {
      let isTable = explorer.decide(decoder.isTable(old, level: memory.level(name)))
      let child = isTable ? memory.child(of: name) : nil
      breaks.append(Break(name: name, isTable: isTable, child: child, old: old))
      reached.insert(isTable ? "break of a table" : "break of a leaf")
    }
    if wasValid, isValid, invalidatesChanges, explorer.decide(mayBeCached(old, butNot: new)) {
      breaks.append(Break(name: name, isTable: false, child: nil, old: old, isChange: true))
    }
    memory.store(new, to: name)
    if isValid {
      make(name, new, order)
    }
    unpublished.append(name)
  }

  /// Whether a TLB may hold of a leaf what its new descriptor does not say: the access flag was set,
  /// and more than software's bits changed.
  ///
  /// Reference: Arm ARM DDI 0487, IWZCBG.
  private func mayBeCached(_ old: BitVector, butNot new: BitVector) -> Formula {
    ((old & BitVector(Decoder.accessFlag)) .!= BitVector(0))
      .& (((old ^ new) & BitVector(~Decoder.software)) .!= BitVector(0))
  }

  private mutating func make(_ name: EntryName, _ new: BitVector, _ order: MemoryOrder) {
    for broken in breaks where broken.name == name && !broken.isChange {
      claim(.makesAfterForgetting, broken.phase == .done)
    }
    if let child = memory.freshTable(linkedBy: new) {
      // The page's zeroes, and what was stored in it since, must be visible before the link.
      let isOrdered = order == .release || !unpublished.contains { $0.table == child }
      let isZeroVisible = order == .release
      claim(.publishesTables, isOrdered && isZeroVisible)
      reached.insert("link of a table")
    } else {
      reached.insert("make of a leaf")
      // An empty table translates as little as the invalid entry before it, so that a walker may
      // see the one or the other; a leaf that was asked for has to be seen.
      isReturnUnpublished = true
      hasMade = true
    }
  }

  private mutating func observe(_ barrier: Barrier) {
    guard barrier == .dsbISH || barrier == .dsbISHST else { return }
    unpublished = []
    isReturnUnpublished = false
    for index in breaks.indices {
      switch (breaks[index].phase, barrier) {
      case (.stored, _): breaks[index].phase = .visible
      // Only a barrier for all accesses waits for TLB maintenance.
      case (.invalidating, .dsbISH): breaks[index].phase = .invalidated
      case (.completing, .dsbISH):
        breaks[index].phase = .done
        breaks[index].doneAt = position
      default: break
      }
    }
  }

  private mutating func free(_ table: SymbolicTable) {
    var place: SymbolicTable? = table
    var isDetached = false
    while let current = place, let link = memory.link(of: current) {
      for broken in breaks where broken.name == link && broken.child == current {
        isDetached = true
        claim(.freesForgotten, broken.phase == .done)
      }
      place = link.table
    }
    if memory.link(of: table) != nil { claim(.freesUnlinked, isDetached) }
    reached.insert("free of a table")
  }
}

extension Clause {
  /// The clauses of a call that takes entries away.
  static let breaks: [Clause] = [.forgetsBreaks, .neverWarns]
  /// Those of a call that may free tables.
  static let frees: [Clause] = [.freesForgotten, .freesUnlinked]

  static let breaksFirst = Clause(
    "breaks-first",
    .breakBeforeMake,
    "replaces no valid entry by one that demands a break"
  )
  static let forgetsBreaks = Clause(
    "forgets-breaks",
    .breakBeforeMake,
    "returns only when nothing can be cached of what it broke"
  )
  static let forgetsOnFailure = Clause(
    "forgets-on-failure",
    .breakBeforeMake,
    "returns an error only when nothing can be cached of what it broke before"
  )
  static let forgetsChanges = Clause(
    "forgets-changes",
    .breakBeforeMake,
    "returns only when no leaf can be cached as it was before it changed it"
  )
  static let makesAfterForgetting = Clause(
    "makes-late",
    .breakBeforeMake,
    "makes an entry again only when nothing can be cached of what was there"
  )
  static let publishesTables = Clause(
    "publishes-tables",
    .breakBeforeMake,
    "links a table only when its contents are visible"
  )
  static let publishesLeaves = Clause(
    "publishes-leaves",
    .breakBeforeMake,
    "returns only when what it mapped is visible"
  )
  static let publishesOnFailure = Clause(
    "publishes-on-failure",
    .breakBeforeMake,
    "returns an error only when what it mapped before is visible"
  )
  static let freesForgotten = Clause(
    "frees-forgotten",
    .breakBeforeMake,
    "frees a table only when no walk cache can hold the way to it"
  )
  static let freesUnlinked = Clause(
    "frees-unlinked",
    .breakBeforeMake,
    "frees a table only when it took out the way to it"
  )
  static let neverWarns = Clause(
    "no-warning",
    .breakBeforeMake,
    "comes to no place that it thinks impossible"
  )
}
