public import Proofs
public import Symbolic

/// What `prove` found, as data.
///
/// The property names are the keys of its JSON form.
public struct ProofReport: Codable, Sendable {
  /// What became of one theorem.
  public struct Result: Codable, Sendable {
    /// The theorem's name.
    public var theorem: String
    /// What it claims, in a word: the end of its name.
    public var clause: String
    /// Which kind of claim it is.
    public var family: String
    /// The claim, in a sentence.
    public var statement: String
    /// For what sizes, ranges and configurations.
    public var bounds: String
    /// Whether the tables are the architecture's, or small ones.
    public var scale: String
    /// `proved`, `violated`, `undecided` or `vacuous`.
    public var verdict: String
    /// Why it is undecided or vacuous.
    public var reason: String?
    /// How many paths of the walker it was shown on; 0 where no walker is involved.
    public var paths: Int
    /// How many questions the solver was asked.
    public var checks: Int
    /// How long it took, together with the theorems about the same paths.
    public var seconds: Double
    /// A case in which it is false.
    public var counterexample: ProofCounterexample?
  }

  /// A case in which a theorem is false.
  public struct ProofCounterexample: Codable, Sendable {
    /// What should have been true.
    public var claim: String
    /// The call, with its arguments and its result.
    public var operation: String
    /// What the tables held before.
    public var before: [String]
    /// What the walker did, event by event.
    public var trace: [String]
    /// Whether the walker did the same on plain memory; absent where no walker is involved.
    public var isReplayed: Bool?
  }

  /// What another solver made of the questions.
  public struct SecondOpinion: Codable, Sendable {
    /// The other solver, with its version.
    public var solver: String
    /// How many questions it answered as Z3 did.
    public var alike: Int
    /// How many questions one of the two did not answer.
    public var silent: Int
    /// The questions that it answered otherwise.
    public var disagreements: [Disagreement]

    /// A second opinion.
    public init(solver: String, alike: Int, silent: Int, disagreements: [Disagreement]) {
      self.solver = solver
      self.alike = alike
      self.silent = silent
      self.disagreements = disagreements
    }
  }

  /// A question that two solvers answer differently: one of them is wrong.
  public struct Disagreement: Codable, Sendable {
    /// The question's name: what is proved, and which path or check of it.
    public var question: String
    /// What Z3 said: `sat` or `unsat`.
    public var answer: String

    /// A question that the other solver answered otherwise.
    public init(_ question: SolverQuestion) {
      self.question = question.name
      answer = question.isSatisfiable == true ? "sat" : "unsat"
    }
  }

  /// The version of this form.
  public var formatVersion = 1
  /// The walker that the theorems are about.
  public var subject: String
  /// The version of the Z3 library.
  public var solver: String
  /// The solver's limit on each question, in its own units.
  public var resourceLimit: UInt32
  /// The solver's seed.
  public var solverSeed: UInt32
  /// The theorems, in a fixed order.
  public var theorems: [Result]
  /// What another solver made of the questions, if one was asked.
  public var secondOpinion: SecondOpinion?

  /// The report of these results.
  public init(
    subject: String,
    solver: String,
    options: ProofOptions,
    results: [TheoremResult]
  ) {
    self.subject = subject
    self.solver = solver
    resourceLimit = options.resourceLimit
    solverSeed = options.solverSeed
    theorems = results.map(Result.init)
  }

  /// How the command ends.
  public var status: ExitStatus {
    if let secondOpinion, !secondOpinion.disagreements.isEmpty { return .internalFault }
    if theorems.contains(where: { $0.verdict == "violated" }) {
      // A counterexample that the walker does not follow on plain memory is our fault, not its.
      return theorems.contains { $0.counterexample?.isReplayed == false }
        ? .internalFault : .violated
    }
    return theorems.allSatisfy { $0.verdict == "proved" } && !theorems.isEmpty ? .held : .undecided
  }
}

extension ProofReport.Result {
  /// The report of one theorem.
  public init(_ result: TheoremResult) {
    theorem = result.theorem.name
    clause = result.theorem.clause.name
    family = result.theorem.clause.family.rawValue
    statement = result.theorem.statement
    bounds = result.theorem.bounds
    scale = result.theorem.scale.rawValue
    paths = result.pathCount
    checks = result.checkCount
    seconds = result.seconds
    switch result.verdict {
    case .holds: verdict = "proved"
    case .undecided(let reason), .vacuous(let reason):
      verdict = result.verdict.name
      self.reason = reason
    case .violated(let found):
      verdict = "violated"
      counterexample = ProofReport.ProofCounterexample(
        claim: found.claim,
        operation: found.operation,
        before: found.before,
        trace: found.events,
        isReplayed: found.isReplayed
      )
    }
  }

  /// The theorem's line, and its counterexample if it has one.
  fileprivate var lines: [String] {
    guard let counterexample else { return [] }
    var lines = [
      "\(verdict)  \(theorem)", "  \(statement)",
      "  but it is not so that the walker always \(counterexample.claim):",
    ]
    lines += ["  tables:"] + counterexample.before.map { "    \($0)" }
    lines += ["  call:", "    \(counterexample.operation)", "  events:"]
    lines += counterexample.trace.enumerated().map { "    #\($0 + 1)  \($1)" }
    if let isReplayed = counterexample.isReplayed {
      lines.append(
        isReplayed
          ? "  replayed on plain memory: the walker does just this"
          : "  NOT REPLAYED: the walker does something else on plain memory; a fault of walkproof"
      )
    }
    return lines
  }
}

extension ProofReport {
  /// The lines about theorems that were proved together: one for those that are proved, and more for
  /// each of the others.
  public static func lines(_ results: [TheoremResult]) -> [String] {
    guard let first = results.first else { return [] }
    let reports = results.map(Result.init)
    let provedCount = reports.count { $0.verdict == "proved" }
    let effort = "\(first.pathCount) paths, \(first.checkCount) checks, \(rounded(first.seconds)) s"
    let head =
      "proved \(provedCount) of \(results.count)  \(first.theorem.subject)  \(effort); "
      + "\(first.theorem.scale.rawValue): \(first.theorem.bounds)"
    let violated = reports.filter { $0.counterexample != nil }
    let silent = Dictionary(grouping: reports.filter { $0.reason != nil }) {
      "\($0.verdict), \($0.reason ?? "")"
    }
    let reasons = silent.sorted { $0.key < $1.key }.map { reason, reports in
      "  \(reason): \(reports.map(\.clause).joined(separator: ", "))"
    }
    return [head] + violated.flatMap(\.lines) + reasons
  }

  /// The last lines of the report.
  public var summary: String {
    var counts: [String] = []
    for verdict in ["proved", "violated", "undecided", "vacuous"] {
      let count = theorems.count { $0.verdict == verdict }
      if count > 0 { counts.append("\(count) \(verdict)") }
    }
    return "\(theorems.count) theorems about \(subject): \(counts.joined(separator: ", "))"
      + " (Z3 \(solver), resource limit \(resourceLimit), seed \(solverSeed))\n"
      + (secondOpinion?.text ?? "")
  }
}

extension ProofReport.SecondOpinion {
  /// What is said of it, with the questions that are to be looked at.
  fileprivate var text: String {
    let questions = disagreements.map { disagreement in
      let other = disagreement.answer == "sat" ? "unsat" : "sat"
      return "  \(disagreement.question): \(disagreement.answer) says Z3, \(other) the other\n"
    }
    return "\(solver) answers \(alike) questions alike, \(disagreements.count) otherwise, "
      + "and to \(silent) one of the two has no answer\n" + questions.joined()
      + (questions.isEmpty ? "" : "one of the two is wrong; no verdict above can be trusted\n")
  }
}
