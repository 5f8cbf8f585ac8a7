import CZ3

/// One of Z3's solvers that is asked again and again, and what it was told.
final class SolverEngine {
  private(set) var raw: OpaquePointer
  private let context: SolverContext
  private let options: SolverOptions
  /// The literal that stands for each formula Z3 was told of, and the formula of each literal.
  private var literals: [OpaquePointer: OpaquePointer] = [:]
  private var formulas: [OpaquePointer: OpaquePointer] = [:]
  /// How many of the context's conditions on functions Z3 was told of.
  private var consistencyCount = 0

  /// One that was told nothing; nil where Z3 makes none.
  init?(_ context: SolverContext, _ options: SolverOptions) {
    guard let raw = Solver.make(context, options) else { return nil }
    self.raw = raw
    self.context = context
    self.options = options
  }

  deinit { Z3_solver_dec_ref(context.raw, raw) }

  /// Forgets what it was told, where a question of so many assertions would find most of it to be of others.
  ///
  /// Z3 searches and tidies up all that it was told, whatever the question is about. What it learns from
  /// paths that were left long ago costs more than to be told anew what this one and the next have in common.
  func forgetMost(besides count: Int) {
    guard literals.count > 2 * (count + 20), let new = Solver.make(context, options) else { return }
    Z3_solver_dec_ref(context.raw, raw)
    raw = new
    literals = [:]
    formulas = [:]
    consistencyCount = 0
  }

  /// The literal that stands for a formula.
  func literal(of formula: Formula) -> OpaquePointer? {
    let ast = formula.ast(in: context)
    if let literal = literals[ast] { return literal }
    let literal = context.proposition("assertion\(literals.count)").ast(in: context)
    Z3_solver_assert(
      context.raw,
      raw,
      context.formula(Z3_mk_implies(context.raw, literal, ast))
    )
    literals[ast] = literal
    formulas[literal] = ast
    return literal
  }

  /// Tells Z3 what became known of functions since it was last asked.
  func assertConsistency() {
    let conditions = context.functions.consistency
    for condition in conditions[consistencyCount...] {
      Z3_solver_assert(context.raw, raw, condition.ast(in: context))
    }
    consistencyCount = conditions.count
    context.noteFault()
  }

  /// The assertions that Z3's last refutation made use of.
  func core() -> Set<OpaquePointer>? {
    guard let core = Z3_solver_get_unsat_core(context.raw, raw) else { return nil }
    Z3_ast_vector_inc_ref(context.raw, core)
    defer { Z3_ast_vector_dec_ref(context.raw, core) }
    var assertions: Set<OpaquePointer> = []
    for index in 0..<Z3_ast_vector_size(context.raw, core) {
      guard let literal = Z3_ast_vector_get(context.raw, core, index),
        let formula = formulas[literal]
      else { return nil }
      assertions.insert(formula)
    }
    return assertions
  }
}
