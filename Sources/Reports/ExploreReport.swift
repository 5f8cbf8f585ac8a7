public import Checking
public import Property

/// The findings of `explore`, as data.
///
/// The property names are the keys of its JSON form.
public struct ExploreReport: Codable, Sendable, Equatable {
  /// The version of the JSON form.
  public static let formatVersion = 1

  /// The schedules of a few calls that threads make at once.
  public struct Program: Codable, Sendable, Equatable {
    /// The state that the threads begin in.
    public var state: String
    /// What each thread calls.
    public var threads: [[String]]
    /// How far it was gone through: `complete`, `up to 3 preemptions`, `not complete`.
    public var scope: String
    /// Whether every schedule was gone through that was to be.
    public var isExhausted: Bool
    /// How many executions came to an end.
    public var executions: Int
    /// How many were given up, since what was left of them was seen.
    public var pruned: Int
    /// How many ended with threads that could not go on.
    public var blocked: Int
    /// How many were cut off by the limit of steps.
    public var cutOff: Int
    /// How many were made twice, and did the same.
    public var repeated: Int
    /// How many steps were made.
    public var steps: Int
    /// How many ends differ.
    public var endStates: Int
    /// The rules that some executions break, with their causes.
    public var broken: [String]
    /// How long it took, in seconds.
    public var seconds: Double
  }

  /// What was found of one subject.
  public struct Result: Codable, Sendable, Equatable {
    /// The system.
    public var system: String
    /// The subject.
    public var subject: String
    /// What it came to.
    public var verdict: CheckReport.Verdict
    /// `sequentially consistent` or `weak`.
    public var memory: String
    /// The bound of preemptions; absent for none.
    public var preemptions: Int?
    /// How long it took, in seconds.
    public var seconds: Double
    /// What was explored.
    public var programs: [Program]
    /// What was found, each fault in the fewest calls and preemptions.
    public var violations: [ViolationReport]
    /// Executions that did not do the same twice.
    public var nondeterminism: [String]
  }

  /// The version of this form.
  public var formatVersion = ExploreReport.formatVersion
  /// The subjects, in the order in which they were explored.
  public var results: [Result] = []

  /// The report of nothing.
  public init() {}

  /// How the command ends.
  public var status: ExitStatus {
    let verdicts = Set(results.map(\.verdict))
    if verdicts.contains(.violated) { return .violated }
    if verdicts.contains(.nondeterministic) { return .internalFault }
    return verdicts.contains(.undecided) || results.isEmpty ? .undecided : .held
  }
}

extension ExploreReport.Result {
  /// What came of a subject's programs, and how long each took.
  public init(
    system: System,
    subject: Subject,
    _ exploration: SubjectExploration,
    _ limits: ExplorationLimits,
    _ explored: [(result: ProgramExploration, seconds: Double)],
    seconds: Double
  ) {
    self.system = system.name
    self.subject = subject.name
    memory = limits.isWeak ? "weak" : "sequentially consistent"
    preemptions = limits.preemptionLimit
    self.seconds = seconds
    programs = explored.map { ExploreReport.Program($0.result, exploration, seconds: $0.seconds) }
    violations = []
    nondeterminism = zip(explored, programs).filter(\.0.result.isNondeterministic).map {
      "\($0.1.title): an execution did not do the same twice"
    }
    // Each fault once: of the first program that shows it, those with the fewest calls before others.
    var seen: Set<String> = []
    for violation in explored.flatMap(\.result.violations)
    where seen.insert(violation.fingerprint).inserted {
      let token = ReplayToken(of: violation, in: system, subject)
      guard let told = exploration.counterexample(violation.shortest),
        told.finding.fingerprint == violation.fingerprint
      else {
        nondeterminism.append("\(violation.fingerprint) did not happen again when replayed")
        continue
      }
      violations.append(ViolationReport(told, token: token, replay: subject.replay))
    }
    verdict =
      !nondeterminism.isEmpty
      ? .nondeterministic
      : !violations.isEmpty
        ? .violated : programs.allSatisfy(\.isExhausted) ? .holds : .undecided
  }
}

extension ReplayToken {
  /// The token of a run that an exploration found something in.
  public init(of violation: ProgramExploration.Violation, in system: System, _ subject: Subject) {
    self.init(
      system: system.name,
      subject: subject.name,
      choices: violation.shortest.choices,
      kind: .explored
    )
  }
}

extension ExploreReport.Program {
  init(_ result: ProgramExploration, _ exploration: SubjectExploration, seconds: Double) {
    state = exploration.states[result.program.state].name
    threads = result.program.threads.map { $0.map { exploration.calls[$0].name } }
    let done = result.isExhausted ? "" : "not complete"
    let bound = result.preemptionLimit.map { "up to \($0) preemption\($0 == 1 ? "" : "s")" }
    scope =
      result.isExhausted
      ? bound ?? "complete" : [done, bound].compactMap { $0 }.joined(separator: ", ")
    isExhausted = result.isExhausted
    executions = result.exploredCount
    pruned = result.prunedCount
    blocked = result.blockedCount
    cutOff = result.cutCount
    repeated = result.repeatedCount
    steps = result.stepCount
    endStates = result.endStateCount
    broken = result.violations.map(\.fingerprint)
    self.seconds = seconds
  }

  /// What is called at once, as it is typed, and from where.
  var title: String {
    "\(threads.map { $0.joined(separator: "; ") }.joined(separator: " | ")), from \(state)"
  }
}
