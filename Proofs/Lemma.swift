import Symbolic

/// A claim about arbitrary words, shown by one question to the solver for each goal.
struct Lemma: Sendable {
  /// What is assumed, and what follows.
  struct Statement {
    var assumptions: [Formula] = []
    /// The goals, each with its words for a counterexample: 'the walker always ...'.
    var goals: [(claim: String, formula: Formula)]
    /// The words whose values make a counterexample readable.
    var witnesses: [(name: String, word: BitVector)]
  }

  let theorem: Theorem
  /// Makes the statement in a context.
  let statement: @Sendable (SolverContext) -> Statement

  var job: ProofJob {
    ProofJob(theorems: [theorem]) { options throws(SolverFault) in [try prove(options)] }
  }

  /// Shows that the assumptions can be met, and that with each goal's negation they cannot.
  func prove(_ options: ProofOptions) throws(SolverFault) -> TheoremResult {
    let context = try SolverContext()
    return try Lemma.prove(theorem, statement(context), in: context, options)
  }

  /// Shows the same of a statement that was made in `context`.
  static func prove(
    _ theorem: Theorem,
    _ statement: Statement,
    in context: SolverContext,
    _ options: ProofOptions
  ) throws(SolverFault) -> TheoremResult {
    let solver = try Solver(context: context, options: options.solver)
    solver.queryObserver = options.queryObserver
    for assumption in statement.assumptions { solver.assert(assumption) }
    func result(_ verdict: Verdict) -> TheoremResult {
      TheoremResult(
        theorem: theorem,
        verdict: verdict,
        pathCount: 0,
        checkCount: solver.checkCount,
        seconds: 0
      )
    }
    switch solver.check() {
    case .satisfiable: break
    case .unsatisfiable: return result(.vacuous(reason: "the assumptions exclude every case"))
    case .unknown(let reason): return result(.undecided(reason: reason))
    }
    for (number, goal) in statement.goals.enumerated() {
      if goal.formula.constant == true { continue }
      switch solver.checkAlone(.!goal.formula, name: "\(theorem.name).goal\(number + 1)") {
      case .unsatisfiable: continue
      case .unknown(let reason): return result(.undecided(reason: reason))
      case .satisfiable(let model):
        return result(.violated(counterexample(goal.claim, statement, model)))
      }
    }
    return result(context.fault.map { .undecided(reason: $0.description) } ?? .holds)
  }

  private static func counterexample(
    _ claim: String,
    _ statement: Statement,
    _ model: Model
  ) -> Counterexample {
    let values = statement.witnesses.map { "\($0.name) = \(hex(model.value(of: $0.word)))" }
    return Counterexample(
      claim: claim,
      operation: values.joined(separator: ", "),
      before: [],
      events: [],
      isReplayed: nil
    )
  }
}
