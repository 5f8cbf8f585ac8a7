import Machines
import Symbolic

/// Judges a path's page counts and page lifetimes by what the tables hold at its end.
///
/// Counts move with the nonzero entries; a page that hangs in the tree is not freed; one that does
/// not is, with all that hung beneath it; after an unmap no visited table is left empty.
struct Counts {
  let memory: PathMemory
  /// Whether the call promises to leave no empty table where it went.
  let leavesNoEmptyTable: Bool
  private(set) var claims: [Claim] = []
  private(set) var reached: Set<String> = []

  init(memory: PathMemory, leavesNoEmptyTable: Bool) {
    self.memory = memory
    self.leavesNoEmptyTable = leavesNoEmptyTable
  }

  private var machine: SymbolicMachine { memory.machine }

  private mutating func claim(_ clause: Clause, _ formula: Formula) {
    claims.append(Claim(clause, formula))
  }

  /// Judges the end of the path; the memory must have seen the whole trace.
  mutating func judge() {
    for number in machine.tables.indices {
      let table = SymbolicTable(number: number)
      switch machine.tables[number].origin {
      case .root, .forgotten: continue
      case .initial, .fresh: break
      }
      if machine.tables[number].isFreed {
        judge(freed: table)
      } else {
        judge(kept: table)
      }
    }
  }

  private mutating func judge(kept table: SymbolicTable) {
    let page = memory.page(table)
    let change = BitVector(UInt64(bitPattern: Int64(page.countChange)))
    claim(
      .countsEntries,
      change .== page.currentNonzeroCount &- page.initialNonzeroCount
    )
    for name in memory.entries(of: table) { judgeLostChild(of: name) }
    let isRoot = !page.isFresh && page.parent == nil
    if isRoot { return }
    claim(.freesDetached, Formula(isLinked(table)))
    if leavesNoEmptyTable, !page.entries.isEmpty {
      let count = machine.initialCount(of: table) &+ change
      claim(.leavesNoneEmpty, count .!= BitVector(1))
    }
  }

  /// A table that an entry no longer links to must have been met, or all beneath it is lost.
  private mutating func judgeLostChild(of name: EntryName) {
    let entry = memory.entry(name)
    let level = memory.level(name)
    guard !entry.isUntouched, level < Decoder.lastLevel else { return }
    let isMet = entry.initialChild != nil
    claim(
      .losesNone,
      isMet ? Formula(true) : .!memory.decoder.isTable(entry.initial, level: level)
    )
  }

  private mutating func judge(freed table: SymbolicTable) {
    reached.insert("free of a table")
    claim(.keepsLinked, Formula(!isLinked(table)))
    let page = memory.page(table)
    for name in memory.entries(of: table) {
      let level = memory.level(name)
      guard level < Decoder.lastLevel else { continue }
      let isChildFreed = memory.child(of: name).map { memory.page($0).isFreed } ?? false
      if isChildFreed { continue }
      claim(
        .freesBeneath,
        .!memory.decoder.isTable(memory.value(name), level: level)
      )
      judgeLostChild(of: name)
    }
    if !page.isFresh, page.level < Decoder.lastLevel {
      let unseen = machine.unseenCount(of: table)
      claim(.seesWhatItFrees, unseen .== BitVector(0))
    }
  }

  /// Whether the entry a page hangs from links to it at the end, and is in the tree itself.
  private func isLinked(_ table: SymbolicTable) -> Bool {
    guard let link = memory.link(of: table) else { return false }
    guard memory.child(of: link) == table else { return false }
    return !memory.page(link.table).isFreed
  }
}

extension Clause {
  static let countsEntries = Clause(
    "counts-entries",
    .counts,
    "leaves in every table's count one for each entry that is not empty"
  )
  static let freesDetached = Clause(
    "frees-detached",
    .counts,
    "frees what it takes out of the tree"
  )
  static let leavesNoneEmpty = Clause(
    "none-empty",
    .counts,
    "leaves no empty table where it unmapped"
  )
  static let losesNone = Clause(
    "loses-none",
    .counts,
    "overwrites no link to a table that it did not go through"
  )
  static let keepsLinked = Clause("keeps-linked", .counts, "frees no table that is linked")
  static let freesBeneath = Clause(
    "frees-beneath",
    .counts,
    "frees with a table what hangs beneath it"
  )
  static let seesWhatItFrees = Clause(
    "sees-all",
    .counts,
    "frees a table only when it saw all it held"
  )
}
