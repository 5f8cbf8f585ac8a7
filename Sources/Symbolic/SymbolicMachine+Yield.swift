import Machines

extension SymbolicMachine {
  /// Others run, and leave any well-formed tables behind: of what was there the root alone is left, and
  /// its entries are arbitrary again.
  ///
  /// The path up to here becomes a part of its own, so that it can be judged as if the call had ended.
  public func yield() {
    guard step() else { return }
    parts.append(SymbolicMachine(copyOf: self))
    trace = []
    for number in tables.indices { tables[number].forget(startLevel: shape.startLevel) }
  }

  private convenience init(copyOf other: SymbolicMachine) {
    self.init(explorer: other.explorer, shape: other.shape)
    tables = other.tables
    trace = other.trace
    parts = other.parts
  }

  /// The name of a function of what the tables hold, for the part of the path that the walker is in.
  func nameNow(_ name: String) -> String {
    parts.isEmpty ? name : "\(name) after \(parts.count)"
  }

  /// Whether the root is there still: others may have taken it away, if they ran.
  public func hasRoot(_ root: SymbolicTable) -> Formula {
    if parts.isEmpty { return Formula(true) }
    return explorer.context.proposition("the root is there after \(parts.count)")
  }

  /// Notes that the walker must not know a page from before it let others run, nor go on with a root
  /// that it did not ask for.
  func obligeKnown(_ table: SymbolicTable) {
    if case .forgotten = tables[table.number].origin {
      oblige(
        .usesNothingStale,
        "uses no table but the root that it knew before it let others run",
        Formula(false)
      )
    } else if tables[table.number].parent == nil {
      oblige(
        .usesNothingStale,
        "uses the root after it let others run only where it is there",
        hasRoot(table)
      )
    }
  }
}

extension SymbolicPage {
  /// Forgets what the page held; a root page is there still, of any other nothing is known.
  mutating func forget(startLevel: LookupLevel) {
    entries = []
    countChange = 0
    initialCount = nil
    if case .root = origin { return }
    if level != startLevel { origin = .forgotten }
  }
}
