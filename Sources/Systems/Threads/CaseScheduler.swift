import Property
import Schedules

/// Schedules a run as its first choice says: each thread for a while at random, or by priorities that
/// change at two of its steps.
///
/// The first finds what needs many switches, the second what needs one or two at the right steps. Who is
/// alone needs no schedule.
struct CaseScheduler: Scheduler {
  private var random = RandomScheduler(Choices(replaying: []))
  private var priorities = PCTScheduler(
    Choices(replaying: []),
    threadCount: 4,
    stepCount: 160,
    depth: 3
  )
  private var hasPriorities = false
  private var isAlone = false

  /// Takes the choices of a run, and gives those in return that it had.
  mutating func begin(_ choices: inout Choices, isAlone: Bool) {
    self.isAlone = isAlone
    hasPriorities = !isAlone && choices.flip(oneIn: 2)
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

extension SpanKind {
  /// All that a run is scheduled by.
  static let schedule = SpanKind(rawValue: 20)
}
