public import Schedules

/// How far an exploration may go.
public struct ExplorationLimits: Sendable, Hashable {
  /// How often threads may be preempted in a run; nil for no bound.
  public var preemptionLimit: Int?
  /// How many runs there may be.
  public var runLimit = Int.max
  /// Whether memory is weak.
  public var isWeak = false

  /// No bound, and memory that is sequentially consistent.
  public init() {}
}

/// What came of going through the schedules of a program.
public struct ProgramExploration: Sendable {
  /// Something that is wrong in some runs, and one of them.
  public struct Violation: Sendable {
    /// What is wrong, as all runs have it that are counted here.
    public var fingerprint: String
    /// In how many runs.
    public var runCount: Int
    /// One of those with the fewest preemptions, where that was found out; else the first.
    public var shortest: ExploredCase
  }

  /// The calls.
  public var program: ExploredProgram
  /// Whether every schedule that can matter was gone through, within the bound of preemptions if there
  /// is one.
  public var isExhausted: Bool
  /// Whether a run did not do the same again.
  public var isNondeterministic: Bool
  /// How often threads were preempted at most; nil for no bound.
  public var preemptionLimit: Int?
  /// How many runs came to an end, stuck ones included.
  public var exploredCount: Int
  /// How many were given up, since what was left of them was seen.
  public var prunedCount: Int
  /// How many of the explored ended with threads that could not go on.
  public var blockedCount: Int
  /// How many were cut off by the limit of steps, and went on in turn.
  public var cutCount: Int
  /// How many were made twice, to see whether they do the same again.
  public var repeatedCount: Int
  /// How many steps were made, repetitions included.
  public var stepCount: Int
  /// How many ends differ in what calls returned, in what is in memory, or in what is wrong.
  public var endStateCount: Int
  /// What is wrong in some runs, by fingerprint.
  public var violations: [Violation]

  /// Of a program for which there was no time.
  public init(unexplored program: ExploredProgram, preemptionLimit: Int?) {
    self.program = program
    self.preemptionLimit = preemptionLimit
    isExhausted = false
    isNondeterministic = false
    exploredCount = 0
    prunedCount = 0
    blockedCount = 0
    cutCount = 0
    repeatedCount = 0
    stepCount = 0
    endStateCount = 0
    violations = []
  }

  @usableFromInline
  init<Outcome>(
    program: ExploredProgram,
    _ exploration: Exploration<Outcome>,
    endStateCount: Int,
    violations: [Violation]
  ) {
    self.program = program
    isExhausted = exploration.isExhausted
    isNondeterministic = exploration.isNondeterministic
    preemptionLimit = exploration.preemptionLimit
    exploredCount = exploration.exploredCount
    prunedCount = exploration.prunedCount
    blockedCount = exploration.blockedCount
    cutCount = exploration.cutCount
    repeatedCount = exploration.repeatedCount
    stepCount = exploration.stepCount
    self.endStateCount = endStateCount
    self.violations = violations
  }
}
