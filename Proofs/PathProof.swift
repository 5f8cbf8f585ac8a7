import Symbolic

/// What a program came to on one path.
struct PathOutcome {
  /// What must be true on the path.
  var claims: [Claim]
  /// Which of the intended transitions it went through.
  var reached: Set<String>
  /// Turns a model of a false claim into a case.
  var counterexample: (_ claim: String, Model) -> ProofCounterexample
}

/// Proves the claims of a program on each of its paths, a theorem for each clause.
struct PathProof {
  let theorems: [Theorem]
  /// Transitions that must be reached on some path, or the proof is vacuous.
  let intended: Set<String>
  /// What claims may cost that are asked for at once, in Z3's units, before they are asked for apart.
  var jointCost = UInt32.max

  /// What the paths of a walker came to.
  private struct Coverage {
    /// Which clauses they came to.
    var claimed: Set<Clause> = []
    /// Which transitions they went through.
    var reached: Set<String> = []
  }

  /// What is known so far.
  private struct Knowledge {
    var verdicts: [Clause: Verdict] = [:]
    /// Which clauses some path came to.
    var claimed: Set<Clause> = []
    /// Which transitions some path went through.
    var reached: Set<String> = []
    /// What the paths of the reference walker came to, where that was asked.
    var reference: Coverage?

    func isViolated(_ clause: Clause) -> Bool {
      if case .violated = verdicts[clause] { true } else { false }
    }
  }

  /// Explores `program`, which runs the walker that it is given options about; each run returns its
  /// claims.
  ///
  /// Where the walker never comes to what the theorems are about, it is asked whether `reference`
  /// does, on the same tables: then that is the walker's fault, and not that of the set-up.
  func prove(
    _ options: ProofOptions,
    reference: ProofSubject,
    program: (ProofOptions, PathExplorer) -> PathOutcome
  ) throws(SolverFault) -> [TheoremResult] {
    let context = try SolverContext()
    let solver = try Solver(context: context, options: options.solver)
    solver.observer = options.questionObserver
    solver.subject = theorems.first?.subject ?? ""
    var limits = options.limits
    limits.jointCost = jointCost
    let explorer = PathExplorer(solver: solver, limits: limits)
    var knowledge = Knowledge()
    explorer.explore {
      let outcome = program(options, explorer)
      guard !explorer.isAbandoned else { return }
      knowledge.reached.formUnion(outcome.reached)
      settle(outcome, explorer, &knowledge)
      if let isEnough = options.isEnough,
        knowledge.verdicts.keys.contains(where: { knowledge.isViolated($0) && isEnough($0) })
      {
        explorer.abandon(because: "the proof was ended at a violation")
      }
    }
    let isReference =
      options.subject == reference && options.mutation == nil && options.recordMutation == nil
    if !isReference, mayBeVacuous(explorer, knowledge) {
      knowledge.reference = try coverage(of: reference, options, program)
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

  /// Whether the paths, all of them followed, left out what some theorem is about.
  private func mayBeVacuous(_ explorer: PathExplorer, _ knowledge: Knowledge) -> Bool {
    guard explorer.incompleteness == nil, explorer.pathCount > 0 else { return false }
    let isReached = intended.isSubset(of: knowledge.reached)
    return !isReached || theorems.contains { !knowledge.claimed.contains($0.clause) }
  }

  /// What the paths of another walker come to.
  private func coverage(
    of subject: ProofSubject,
    _ options: ProofOptions,
    _ program: (ProofOptions, PathExplorer) -> PathOutcome
  ) throws(SolverFault) -> Coverage {
    var options = options
    options.subject = subject
    options.mutation = nil
    options.recordMutation = nil
    let solver = try Solver(context: try SolverContext(), options: options.solver)
    let explorer = PathExplorer(solver: solver, limits: options.limits)
    var coverage = Coverage()
    explorer.explore {
      let outcome = program(options, explorer)
      guard !explorer.isAbandoned else { return }
      coverage.reached.formUnion(outcome.reached)
      coverage.claimed.formUnion(outcome.claims.map { underTheorem($0).clause })
    }
    return coverage
  }

  /// Why a theorem says nothing: what no path came to, and whether the reference walker's do.
  private func vacuity(_ clause: Clause, _ knowledge: Knowledge) -> String? {
    let reached = knowledge.reference?.reached ?? []
    let missing = intended.subtracting(knowledge.reached)
    let reasons = [
      missing.intersection(reached).sorted().joined(separator: ", "),
      missing.subtracting(reached).sorted().joined(separator: ", "),
    ]
    let hint = "which the reference walker reaches on the same tables: look at the walker"
    if !missing.isEmpty {
      return zip(reasons, [", \(hint)", ""]).filter { !$0.0.isEmpty }
        .map { "never reached: \($0)\($1)" }.joined(separator: "; ")
    }
    if knowledge.claimed.contains(clause) { return nil }
    let isComeTo = knowledge.reference?.claimed.contains(clause) == true
    return "no path comes to what it is about" + (isComeTo ? ", \(hint)" : "")
  }

  /// What is to be said of a theorem, once all paths were followed or given up.
  private func verdict(
    _ clause: Clause,
    _ explorer: PathExplorer,
    _ knowledge: Knowledge
  ) -> Verdict {
    if let found = knowledge.verdicts[clause], knowledge.isViolated(clause) { return found }
    if let fault = explorer.context.fault { return .undecided(reason: fault.description) }
    if let found = knowledge.verdicts[clause] { return found }
    if let reason = explorer.incompleteness { return .undecided(reason: reason) }
    if explorer.pathCount == 0 { return .vacuous(reason: "the assumptions exclude every case") }
    return vacuity(clause, knowledge).map(Verdict.vacuous) ?? .holds
  }

  /// The claim, if there is a theorem of it; else what the theorem of all other rules makes of it.
  ///
  /// A walker with a fault may do what no call of its kind does, and break a rule in doing it.
  private func underTheorem(_ claim: Claim) -> Claim {
    theorems.contains { $0.clause == claim.clause }
      ? claim : Claim(.keepsOtherRules, claim.text, claim.formula)
  }

  /// Asks for all claims of the path at once, and for fewer only where that fails.
  private func settle(
    _ outcome: PathOutcome,
    _ explorer: PathExplorer,
    _ knowledge: inout Knowledge
  ) {
    let claims = outcome.claims.map(underTheorem)
    for claim in claims { knowledge.claimed.insert(claim.clause) }
    let open = claims.filter { !knowledge.isViolated($0.clause) }
    let path = "path\(explorer.pathCount + 1)"
    for index in explorer.unknown(among: open.map(\.formula), name: path) {
      let claim = open[index]
      if knowledge.isViolated(claim.clause) { continue }
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
