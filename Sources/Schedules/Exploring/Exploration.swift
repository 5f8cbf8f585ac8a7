/// What came of going through schedules.
public struct Exploration<Outcome: Hashable> {
  /// How runs ended that are alike, and one of them.
  public struct Witness {
    /// How many runs.
    public internal(set) var count: Int
    /// The first one's schedule.
    public let schedule: Schedule
  }

  /// Every distinct end, with a witness.
  public internal(set) var outcomes: [Outcome: Witness] = [:]
  /// How many runs came to an end, stuck ones included.
  public internal(set) var exploredCount = 0
  /// How many were given up, since what was left of them was seen.
  public internal(set) var prunedCount = 0
  /// How many of the explored ended with threads that could not go on.
  public internal(set) var blockedCount = 0
  /// How many were cut off by the step limit, and went on in turn.
  public internal(set) var cutCount = 0
  /// How many steps were made, repetitions included.
  public internal(set) var stepCount = 0
  /// How many runs were repeated, to see whether they do the same again.
  public internal(set) var repeatedCount = 0
  /// Whether the limit of runs was reached before the end.
  public internal(set) var wasStopped = false
  /// Whether a run did not do the same again.
  public internal(set) var isNondeterministic = false
  /// How often threads were preempted at most; nil for no bound.
  public internal(set) var preemptionLimit: Int?

  @usableFromInline
  init(preemptionLimit: Int?) { self.preemptionLimit = preemptionLimit }

  /// Whether every schedule that can matter was gone through, within the bound of preemptions if there
  /// is one.
  public var isExhausted: Bool { !wasStopped && cutCount == 0 && !isNondeterministic }
  /// Whether every schedule that can matter was gone through.
  public var isComplete: Bool { isExhausted && preemptionLimit == nil }

  /// What was gone through, in a line.
  public var text: String {
    var scope = isExhausted ? "complete" : "not complete"
    if let preemptionLimit {
      scope =
        (isExhausted ? "" : "not complete, ")
        + "up to \(preemptionLimit) preemption\(preemptionLimit == 1 ? "" : "s")"
    }
    if isNondeterministic { scope = "not deterministic" }
    return "\(scope): \(exploredCount) executions explored, \(prunedCount) pruned, \(blockedCount)"
      + " blocked, \(cutCount) cut off; \(stepCount) steps; \(outcomes.count) distinct end state"
      + (outcomes.count == 1 ? "" : "s")
  }
}
