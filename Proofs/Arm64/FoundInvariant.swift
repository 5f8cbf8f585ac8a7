import Symbolic

/// A claim that bad states are never reached, for which Z3's fixed-point engine finds the invariant
/// and its ordinary solver checks it.
struct FoundInvariant: Sendable {
  let theorem: Theorem
  /// Makes the system in a context.
  let system: @Sendable (SolverContext) -> TransitionSystem
  /// States that have to be reached for the claim to be about anything, in terms of the words.
  let intended: @Sendable (SolverContext) -> Formula

  var job: ProofJob {
    ProofJob(theorems: [theorem]) { options throws(SolverFault) in [try prove(options)] }
  }

  /// Finds an invariant, and shows that it begins true, stays true, and excludes the bad states.
  func prove(_ options: ProofOptions) throws(SolverFault) -> TheoremResult {
    let context = try SolverContext()
    let system = system(context)
    var intendedSystem = system
    intendedSystem.isBad = intended(context)
    switch try intendedSystem.reachability(in: context) {
    case .reachable: break
    case .unreachable: return result(.vacuous(reason: "the states it is about are never reached"))
    case .unknown(let reason): return result(.undecided(reason: reason))
    }
    switch try system.reachability(in: context) {
    case .unknown(let reason): return result(.undecided(reason: reason))
    case .reachable:
      let claim = "the bad states are never reached, and the fixed-point engine reaches one"
      return result(
        .violated(
          ProofCounterexample(claim: claim, operation: "", before: [], events: [], isReplayed: nil)
        )
      )
    case .unreachable(let invariant):
      let statement = statement(system, invariant, context)
      return try Lemma.prove([theorem], statement, in: context, options)[0]
    }
  }

  private func statement(
    _ system: TransitionSystem,
    _ invariant: Formula,
    _ context: SolverContext
  ) -> Lemma.Statement {
    let after = system.afterStep(invariant, in: context)
    func claim(_ text: String, _ formula: Formula) -> Claim {
      Claim(theorem.clause, text, formula)
    }
    return Lemma.Statement(
      goals: [
        claim("begins within the invariant", Formula.implies(system.start, invariant)),
        claim("stays within the invariant", Formula.implies(invariant .& system.step, after)),
        claim("excludes the bad states", Formula.implies(invariant, .!system.isBad)),
      ],
      witnesses: system.words.map { ($0.description, $0) }
    )
  }

  private func result(_ verdict: Verdict) -> TheoremResult {
    TheoremResult(theorem: theorem, verdict: verdict, pathCount: 0, checkCount: 2, seconds: 0)
  }
}
