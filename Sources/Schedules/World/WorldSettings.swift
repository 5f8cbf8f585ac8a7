/// How large a world is, and what it allows.
public struct WorldSettings: Sendable, Hashable {
  /// How many threads it has room for, beside the one that sets up.
  public var threadLimit = 4
  /// How many words of records each thread may allocate, in all.
  ///
  /// Addresses come from the thread's own region, so that they do not depend on the schedule.
  public var wordsPerThread: UInt32 = 1024
  /// How many steps a run takes by its scheduler; what is left after that goes on in turn.
  public var stepLimit = 100_000
  /// How many steps it may take in turn, before it is called a run without end.
  public var fairStepLimit = 10_000
  /// How often all that wait for a change may look again in vain, before it is called a run without end.
  public var vainRoundLimit = 100
  /// Whether a load may return older writes, and stores may be overtaken.
  public var isWeak = false
  /// Which allocations are refused.
  public var memory = MemorySupply.unlimited

  /// As described, each.
  public init() {}
}

/// How much memory there is for records, once threads run.
public enum MemorySupply: Sendable, Hashable {
  /// As much as is asked for.
  case unlimited
  /// So many allocations more succeed, whoever asks.
  case allocations(Int)
  /// Any allocation may be refused, which is a choice of the schedule's.
  case uncertain
}

/// How a run ended.
public enum RunEnding: Sendable, Hashable {
  /// Every thread came to its end.
  case finished
  /// Some have not, and none can go on.
  case stuck
  /// Some have not, though all had their turns.
  case runaway
  /// The scheduler ended it.
  case abandoned
}

/// What is told of a run.
public struct RunResult: Sendable, Hashable {
  /// How it ended.
  public let ending: RunEnding
  /// How many steps were made.
  public let stepCount: Int
  /// How often another thread went on than made the step before.
  public let switchCount: Int
  /// How often that one could have gone on.
  public let preemptionCount: Int
  /// Whether the scheduler was overruled towards the end, since its steps were used up.
  public let wasOverruled: Bool

  @usableFromInline
  init(
    ending: RunEnding,
    stepCount: Int,
    switchCount: Int,
    preemptionCount: Int,
    wasOverruled: Bool
  ) {
    self.ending = ending
    self.stepCount = stepCount
    self.switchCount = switchCount
    self.preemptionCount = preemptionCount
    self.wasOverruled = wasOverruled
  }
}
