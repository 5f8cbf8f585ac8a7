import Symbolic

/// What a program came to on one path.
struct PathOutcome {
  /// What must be true on the path.
  var claims: [Claim]
  /// Which of the intended transitions it went through.
  var reached: Set<String>
  /// Turns a model of a false claim into a case.
  var counterexample: (_ claim: String, Model) -> Counterexample
}

/// Proves the claims of a program on each of its paths, a theorem for each clause.
struct PathProof {
  let theorems: [Theorem]
  /// Transitions that must be reached on some path, or the proof is vacuous.
  let intended: Set<String>

  /// What is known so far.
  private struct Knowledge {
    var verdicts: [Clause: Verdict] = [:]
    /// Which clauses some path came to.
    var claimed: Set<Clause> = []
    /// Which transitions some path went through.
    var reached: Set<String> = []

    func isViolated(_ clause: Clause) -> Bool {
      if case .violated = verdicts[clause] { true } else { false }
    }
  }

  /// Explores `program`; each run returns its claims.
  func prove(
    _ options: ProofOptions,
    program: (Explorer) -> PathOutcome
  ) throws(SolverFault) -> [TheoremResult] {
    let context = try SolverContext()
    let solver = try Solver(context: context, options: options.solver)
    solver.observer = options.questionObserver
    solver.subject = theorems.first?.subject ?? ""
    let explorer = Explorer(solver: solver, limits: options.limits)
    var knowledge = Knowledge()
    explorer.explore {
      let outcome = program(explorer)
      guard !explorer.isAbandoned else { return }
      knowledge.reached.formUnion(outcome.reached)
      settle(outcome, explorer, &knowledge)
    }
    return theorems.map { theorem in
      TheoremResult(
        theorem: theorem,
        verdict: verdict(theorem.clause, explorer, knowledge),
        pathCount: explorer.pathCount,
        checkCount: solver.checkCount,
        seconds: 0
      )
    }
  }

  /// What is to be said of a theorem, once all paths were followed or given up.
  private func verdict(_ clause: Clause, _ explorer: Explorer, _ knowledge: Knowledge) -> Verdict {
    if let found = knowledge.verdicts[clause], knowledge.isViolated(clause) { return found }
    if let fault = explorer.context.fault { return .undecided(reason: fault.description) }
    if let found = knowledge.verdicts[clause] { return found }
    if let reason = explorer.incompleteness { return .undecided(reason: reason) }
    if explorer.pathCount == 0 { return .vacuous(reason: "the assumptions exclude every case") }
    let missing = intended.subtracting(knowledge.reached).sorted()
    if !missing.isEmpty {
      return .vacuous(reason: "never reached: \(missing.joined(separator: ", "))")
    }
    if !knowledge.claimed.contains(clause) {
      return .vacuous(reason: "no path comes to what it is about")
    }
    return .holds
  }

  /// The claim, if there is a theorem of it; else what the theorem of all other rules makes of it.
  ///
  /// A walker with a fault may do what no call of its kind does, and break a rule in doing it.
  private func underTheorem(_ claim: Claim) -> Claim {
    theorems.contains { $0.clause == claim.clause }
      ? claim : Claim(.keepsOtherRules, claim.text, claim.formula)
  }

  /// Asks for all claims of the path at once, and one by one only if that fails.
  private func settle(
    _ outcome: PathOutcome,
    _ explorer: Explorer,
    _ knowledge: inout Knowledge
  ) {
    let claims = outcome.claims.map(underTheorem)
    for claim in claims { knowledge.claimed.insert(claim.clause) }
    let open = claims.filter { !knowledge.isViolated($0.clause) }
    let all = Formula.all(open.map(\.formula))
    if all.constant == true { return }
    let path = "path\(explorer.pathCount + 1)"
    if case .unsatisfiable = explorer.check(all, name: path) { return }
    for claim in open where !knowledge.isViolated(claim.clause) {
      switch explorer.check(claim.formula) {
      case .unsatisfiable: continue
      case .unknown(let reason): knowledge.verdicts[claim.clause] = .undecided(reason: reason)
      case .satisfiable(let model):
        let counterexample = outcome.counterexample(claim.text, model)
        knowledge.verdicts[claim.clause] = .violated(counterexample)
      }
    }
  }
}

extension Clause {
  /// What is claimed of a path that does what its theorems are not about.
  static let keepsOtherRules = Clause(
    "other-rules",
    .memory,
    "keeps every other rule, whatever else it does"
  )
}
