import Machines

@testable import Symbolic

/// A toy tree for tests: bit 0 says 'link' above the last level, the rest is an address.
enum Toy {
  /// Two levels of four entries, pages of 4 KiB.
  static let shape = TableTreeShape(
    indexBits: 2,
    pageShift: 12,
    startLevel: 0,
    lastLevel: 1,
    freshBase: 1 << 40,
    linkedAddress: { $0 & BitVector(~0xfff) },
    isLink: { value, _ in (value & BitVector(1)) .!= BitVector(0) },
    isWellFormed: { value, _ in (value & BitVector(1 << 40)) .== BitVector(0) }
  )

  /// Explores `body` on a machine a path.
  @discardableResult
  static func explore(
    options: SolverOptions = SolverOptions(),
    limits: ExplorationLimits = ExplorationLimits(),
    _ body: (SymbolicMachine) -> Void
  ) throws -> PathExplorer {
    let context = try SolverContext()
    let explorer = PathExplorer(
      solver: try Solver(context: context, options: options),
      limits: limits
    )
    explorer.explore { body(SymbolicMachine(explorer: explorer, shape: shape)) }
    return explorer
  }
}

/// A walker of one page, generic as real walkers are: counts the nonzero entries below `end`.
func countNonzero<M: TableMachine>(_ machine: inout M, in table: M.Table, below end: M.W) -> UInt64
{
  var found: UInt64 = 0
  var index = M.W(0)
  while machine.holds(index .< end) {
    if machine.holds(machine.load(table, at: index) .!= M.W(0)) { found += 1 }
    index = index &+ M.W(1)
  }
  return found
}
