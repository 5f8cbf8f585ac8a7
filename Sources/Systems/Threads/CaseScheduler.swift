import Property
import Schedules

/// Schedules a run as its first choices say: each thread for a while at random, or by priorities that change at
/// two of its steps, or of its writes.
///
/// The first finds what needs many switches, the second what needs one or two at the right steps, the third what
/// shows between two writes alone. Who is alone needs no schedule.
struct CaseScheduler: Scheduler {
  private let length: RunLength
  private var random = RandomScheduler(Choices(replaying: []))
  private var priorities: PCTScheduler
  private var hasPriorities = false
  private var isAlone = false

  /// For runs that are about so long.
  init(_ length: RunLength) {
    self.length = length
    priorities = PCTScheduler(
      Choices(replaying: []),
      threadCount: 4,
      stepCount: length.stepCount,
      depth: 3
    )
  }

  /// Takes the choices of a run, and gives those in return that it had.
  mutating func begin(_ choices: inout Choices, isAlone: Bool) {
    self.isAlone = isAlone
    hasPriorities = !isAlone && choices.flip(oneIn: 2)
    if hasPriorities, let writeCount = length.writeCount {
      let isByWrites = choices.flip(oneIn: 2)
      priorities.unit = isByWrites ? .write : .step
      priorities.stepCount = isByWrites ? writeCount : length.stepCount
    }
    exchange(&choices)
  }

  /// Exchanges its choices for others.
  mutating func exchange(_ choices: inout Choices) {
    if hasPriorities {
      swap(&priorities.choices, &choices)
    } else {
      swap(&random.choices, &choices)
    }
  }

  @inline(__always)
  mutating func next(of runnable: Runnable, after current: Int?) -> Int? {
    if isAlone { return runnable.threads.first }
    return hasPriorities
      ? priorities.next(of: runnable, after: current)
      : random.next(of: runnable, after: current)
  }

  mutating func choose(below count: Int) -> Int {
    hasPriorities ? priorities.choose(below: count) : random.choose(below: count)
  }

  mutating func chooseWrite(below count: Int) -> Int {
    hasPriorities ? priorities.chooseWrite(below: count) : random.chooseWrite(below: count)
  }
}

/// About how much the threads of a system's case do in a run.
struct RunLength {
  var stepCount: UInt64 = 160
  /// nil where priorities do not change at writes.
  var writeCount: UInt64?
}

extension SpanKind {
  /// All that a run is scheduled by.
  static let schedule = SpanKind(rawValue: 20)
}
