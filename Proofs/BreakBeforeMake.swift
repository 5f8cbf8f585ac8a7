import Machines
import Symbolic

/// Judges a path's stores, barriers and invalidations, by the manual's rules and nothing else.
///
/// Every break goes through barrier, invalidation that covers all that any TLB can hold of it, and
/// barrier, before the entry is made again, before a table it led to is freed, and before the call
/// returns. Not established: anything about interleavings of several CPUs' calls.
/// Reference: Arm ARM DDI 0487, "Using break-before-make when updating translation table entries".
struct BreakBeforeMake {
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

  /// An entry that was valid and no longer is.
  struct Break {
    let name: EntryName
    let isTable: Bool
    let child: SymbolicTable?
    var phase = Phase.stored
  }

  var memory: PathMemory
  var breaks: [Break] = []
  var claims: [Claim] = []
  /// Stores that no barrier made visible yet.
  var unpublished: [EntryName] = []
  var isReturnUnpublished = false
  private(set) var reached: Set<String> = []

  private var explorer: Explorer { memory.machine.explorer }
  private var decoder: Decoder { memory.decoder }

  init(memory: PathMemory) { self.memory = memory }

  mutating func claim(_ text: String, _ formula: Formula = Formula(false)) {
    claims.append(Claim(.breakBeforeMake, text, formula))
  }

  /// Judges the whole path.
  mutating func judge() {
    for event in memory.machine.trace {
      switch event {
      case .store(let table, let entry, let old, let new, let order):
        store(EntryName(table: table, entry: entry), old, new, order)
      case .barrier(let barrier): observe(barrier)
      case .invalidate(let invalidation): observe(invalidation)
      case .release(let table, _, true): free(table)
      case .warn(let site): claim("does not come to where it says '\(site)'")
      default: break
      }
    }
    for pending in breaks where pending.phase != .done {
      claim("returns only when nothing can be cached of what it broke", false)
    }
    if isReturnUnpublished { claim("returns only when what it mapped is visible") }
  }

  private mutating func claim(_ text: String, _ isTrue: Bool) { claim(text, Formula(isTrue)) }

  private mutating func store(
    _ name: EntryName,
    _ old: BitVector,
    _ new: BitVector,
    _ order: MemoryOrder
  ) {
    let wasValid = explorer.decide(decoder.isValid(old))
    let isValid = explorer.decide(decoder.isValid(new))
    if wasValid, isValid {
      let demanding = (old ^ new) & BitVector(~Decoder.harmless)
      claim("replaces no valid entry by one that demands a break", demanding .== BitVector(0))
    }
    if wasValid, !isValid {
      let isTable = explorer.decide(decoder.isTable(old, level: memory.level(name)))
      let child = isTable ? memory.child(of: name) : nil
      breaks.append(Break(name: name, isTable: isTable, child: child))
      reached.insert(isTable ? "break of a table" : "break of a leaf")
    }
    memory.store(new, to: name)
    if isValid {
      make(name, new, order)
    }
    unpublished.append(name)
  }

  private mutating func make(_ name: EntryName, _ new: BitVector, _ order: MemoryOrder) {
    for pending in breaks where pending.name == name && pending.phase != .done {
      claim("makes an entry only when nothing can be cached of what was there", false)
    }
    if let child = memory.freshTable(linkedBy: new) {
      // The page's zeroes, and what was stored in it since, must be visible before the link.
      let isOrdered = order == .release || !unpublished.contains { $0.table == child }
      let isZeroVisible = order == .release
      claim("links a table only when its contents are visible", isOrdered && isZeroVisible)
      reached.insert("link of a table")
    } else {
      reached.insert("make of a leaf")
      // An empty table translates as little as the invalid entry before it, so that a walker may
      // see the one or the other; a leaf that was asked for has to be seen.
      isReturnUnpublished = true
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
      case (.completing, .dsbISH): breaks[index].phase = .done
      default: break
      }
    }
  }

  private mutating func free(_ table: SymbolicTable) {
    var place: SymbolicTable? = table
    var isDetached = false
    while let current = place, let link = memory.link(of: current) {
      for pending in breaks where pending.name == link && pending.child == current {
        isDetached = true
        if pending.phase != .done {
          claim("frees a table only when no walk cache can hold the way to it", false)
        }
      }
      place = link.table
    }
    if memory.link(of: table) != nil {
      claim("frees a table only when nothing links to it", isDetached)
    }
    reached.insert("free of a table")
  }
}
