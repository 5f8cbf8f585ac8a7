import Symbolic

/// Claims about arbitrary words, a theorem for each clause and one question to the solver for each goal.
struct Lemma: Sendable {
  /// What is assumed, and what follows.
  struct Statement {
    var assumptions: [Formula] = []
    /// The goals, each of one of the lemma's clauses.
    var goals: [Claim]
    /// The words whose values make a counterexample readable.
    var witnesses: [(name: String, word: BitVector)]
  }

  /// A theorem for each clause.
  let theorems: [Theorem]
  /// Makes the statement in a context.
  let statement: @Sendable (SolverContext) -> Statement

  /// A lemma about what `subject` names, in which `actor` does what the clauses say.
  init(
    _ subject: String,
    actor: String,
    bounds: String,
    clauses: [Clause],
    statement: @escaping @Sendable (SolverContext) -> Statement
  ) {
    theorems = clauses.map { clause in
      Theorem(subject: subject, clause: clause, actor: actor, bounds: bounds, scale: .real)
    }
    self.statement = statement
  }

  var job: ProofJob {
    ProofJob(theorems: theorems) { options throws(SolverFault) in try prove(options) }
  }

  /// Shows that the assumptions can be met, and that with each goal's negation they cannot.
  func prove(_ options: ProofOptions) throws(SolverFault) -> [TheoremResult] {
    let context = try SolverContext()
    return try Lemma.prove(theorems, statement(context), in: context, options)
  }

  /// Shows the same of a statement that was made in `context`.
  static func prove(
    _ theorems: [Theorem],
    _ statement: Statement,
    in context: SolverContext,
    _ options: ProofOptions
  ) throws(SolverFault) -> [TheoremResult] {
    let solver = try Solver(context: context, options: options.solver)
    solver.observer = options.questionObserver
    solver.subject = theorems.first?.subject ?? ""
    for assumption in statement.assumptions { solver.assert(assumption) }
    let assumed = solver.check()
    return theorems.map { theorem in
      TheoremResult(
        theorem: theorem,
        verdict: verdict(theorem, statement, assumed, solver),
        pathCount: 0,
        checkCount: solver.checkCount,
        seconds: 0
      )
    }
  }

  private static func verdict(
    _ theorem: Theorem,
    _ statement: Statement,
    _ assumed: Satisfiability,
    _ solver: Solver
  ) -> Verdict {
    switch assumed {
    case .satisfiable: break
    case .unsatisfiable: return .vacuous(reason: "the assumptions exclude every case")
    case .unknown(let reason): return .undecided(reason: reason)
    }
    let goals = statement.goals.filter { $0.clause == theorem.clause }
    if goals.isEmpty { return .vacuous(reason: "nothing is claimed") }
    for (number, goal) in goals.enumerated() {
      if goal.formula.constant == true { continue }
      switch solver.checkAlone(.!goal.formula, name: "\(theorem.clause.name).goal\(number + 1)") {
      case .unsatisfiable: continue
      case .unknown(let reason): return .undecided(reason: reason)
      case .satisfiable(let model):
        return .violated(counterexample(goal.text, statement, model))
      }
    }
    return solver.context.fault.map { .undecided(reason: $0.description) } ?? .holds
  }

  private static func counterexample(
    _ claim: String,
    _ statement: Statement,
    _ model: Model
  ) -> ProofCounterexample {
    let values = statement.witnesses.map { "\($0.name) = \(hex(model.value(of: $0.word)))" }
    return ProofCounterexample(
      claim: claim,
      operation: values.joined(separator: ", "),
      before: [],
      events: [],
      isReplayed: nil
    )
  }
}
