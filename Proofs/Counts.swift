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

  private mutating func claim(_ text: String, _ formula: Formula) {
    claims.append(Claim(.counts, text, formula))
  }

  /// Judges the end of the path; the memory must have seen the whole trace.
  mutating func judge() {
    for number in machine.tables.indices {
      let table = SymbolicTable(number: number)
      if case .root = machine.tables[number].origin { continue }
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
      "counts what a table holds",
      change .== page.currentNonzeroCount &- page.initialNonzeroCount
    )
    let isRoot = !page.isFresh && page.parent == nil
    if isRoot { return }
    claim("frees what it takes out of the tree", Formula(isLinked(table)))
    if leavesNoEmptyTable, !page.entries.isEmpty {
      let count = machine.initialCount(of: table) &+ change
      claim("leaves no empty table where it unmapped", count .!= BitVector(1))
    }
    for name in memory.entries(of: table) { judgeLostChild(of: name) }
  }

  /// A table that an entry no longer links to must have been met, or all beneath it is lost.
  private mutating func judgeLostChild(of name: EntryName) {
    let entry = memory.entry(name)
    let level = memory.level(name)
    guard !entry.isUntouched, entry.initialChild == nil, level < Decoder.lastLevel else { return }
    claim("loses no table", .!memory.decoder.isTable(entry.initial, level: level))
  }

  private mutating func judge(freed table: SymbolicTable) {
    reached.insert("free of a table")
    claim("frees no table that is linked", Formula(!isLinked(table)))
    let page = memory.page(table)
    for name in memory.entries(of: table) {
      let level = memory.level(name)
      guard level < Decoder.lastLevel else { continue }
      let isChildFreed = memory.child(of: name).map { memory.page($0).isFreed } ?? false
      if isChildFreed { continue }
      claim(
        "frees with a table what hangs beneath it",
        .!memory.decoder.isTable(memory.value(name), level: level)
      )
      judgeLostChild(of: name)
    }
    if !page.isFresh, page.level < Decoder.lastLevel {
      let unseen = machine.unseenCount(of: table)
      claim("frees a table only when it saw all it held", unseen .== BitVector(0))
    }
    if page.level == Decoder.lastLevel, !page.isFresh {
      // Entries still there are only given up with a whole table that a block replaces.
      let change = BitVector(UInt64(bitPattern: Int64(page.countChange)))
      claim(
        "frees a table exactly when its count is used up",
        machine.initialCount(of: table) &+ change .== BitVector(0)
      )
    }
  }

  /// Whether the entry a page hangs from links to it at the end, and is in the tree itself.
  private func isLinked(_ table: SymbolicTable) -> Bool {
    guard let link = memory.link(of: table) else { return false }
    guard memory.child(of: link) == table else { return false }
    return !memory.page(link.table).isFreed
  }
}
