import Symbolic

/// A claim made on one path, for one family of theorems.
struct Claim {
  let family: Family
  let obligation: Obligation

  init(_ family: Family, _ claim: String, _ formula: Formula) {
    self.family = family
    obligation = Obligation(claim, formula)
  }
}

/// What a program came to on one path.
struct PathOutcome {
  /// What must be true on the path.
  var claims: [Claim]
  /// Which of the intended transitions it went through.
  var reached: Set<String>
  /// Turns a model of a false claim into a case.
  var counterexample: (_ claim: String, Model) -> Counterexample
}

/// Proves the claims of a program on each of its paths.
struct PathProof {
  let theorems: [Theorem]
  /// Transitions that must be reached on some path, or the proof is vacuous.
  let intended: Set<String>

  /// Explores `program`; each run returns its claims.
  func prove(
    _ options: ProofOptions,
    program: (Explorer) -> PathOutcome
  ) throws(SolverFault) -> [TheoremResult] {
    let context = try SolverContext()
    let solver = try Solver(context: context, options: options.solver)
    let explorer = Explorer(solver: solver, limits: options.limits)
    var found: [Family: Verdict] = [:]
    var reached: Set<String> = []
    explorer.explore {
      let outcome = program(explorer)
      guard !explorer.isAbandoned else { return }
      reached.formUnion(outcome.reached)
      settle(outcome, explorer, options, &found)
    }
    return theorems.map { theorem in
      TheoremResult(
        theorem: theorem,
        verdict: verdict(found[theorem.family], explorer, reached),
        pathCount: explorer.pathCount,
        checkCount: solver.checkCount,
        seconds: 0
      )
    }
  }

  /// What is to be said of a theorem none of whose claims failed, or of one of whose one did.
  private func verdict(_ found: Verdict?, _ explorer: Explorer, _ reached: Set<String>) -> Verdict {
    if case .violated = found { return .violated(from: found) }
    if let fault = explorer.context.fault { return .undecided(reason: fault.description) }
    if let found { return found }
    if let reason = explorer.incompleteness { return .undecided(reason: reason) }
    if explorer.pathCount == 0 { return .vacuous(reason: "the assumptions exclude every case") }
    let missing = intended.subtracting(reached).sorted()
    if !missing.isEmpty {
      return .vacuous(reason: "never reached: \(missing.joined(separator: ", "))")
    }
    return .holds
  }

  /// Asks for all claims of the path at once, and one by one only if that fails.
  private func settle(
    _ outcome: PathOutcome,
    _ explorer: Explorer,
    _ options: ProofOptions,
    _ found: inout [Family: Verdict]
  ) {
    let open = outcome.claims.filter { claim in
      if case .violated = found[claim.family] { return false }
      return theorems.contains { $0.family == claim.family }
    }
    let all = Formula.all(open.map(\.obligation.formula))
    if all.constant == true { return }
    if options.queryObserver != nil {
      let job = theorems.first?.name ?? ""
      explorer.solver.queryObserver = options.queryObserver
      defer { explorer.solver.queryObserver = nil }
      let name = "\(job).path\(explorer.pathCount + 1)"
      if case .unsatisfiable = explorer.check(all, name: name) { return }
    } else if case .unsatisfiable = explorer.check(all) {
      return
    }
    for claim in open {
      if case .violated = found[claim.family] { continue }
      switch explorer.check(claim.obligation.formula) {
      case .unsatisfiable: continue
      case .unknown(let reason): found[claim.family] = .undecided(reason: reason)
      case .satisfiable(let model):
        let counterexample = outcome.counterexample(claim.obligation.claim, model)
        found[claim.family] = .violated(counterexample)
      }
    }
  }
}

extension Verdict {
  /// The verdict itself; for when it is known to be there.
  fileprivate static func violated(from verdict: Verdict?) -> Verdict {
    verdict ?? .undecided(reason: "no verdict")
  }
}
