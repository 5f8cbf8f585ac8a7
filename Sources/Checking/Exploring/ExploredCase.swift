public import Schedules

/// Calls that threads make at once, from a state; by their numbers among what the system names.
public struct ExploredProgram: Sendable, Hashable {
  /// The state.
  public var state: Int
  /// What each thread calls, in order.
  public var threads: [[Int]]

  /// A program of these calls.
  public init(state: Int, threads: [[Int]]) {
    self.state = state
    self.threads = threads
  }

  /// Every set of so many of `callCount` calls, one a thread, from every state: those of fewer threads first.
  public static func all(
    threadCounts: ClosedRange<Int>,
    callCount: Int,
    states: [Int]
  ) -> [ExploredProgram] {
    var programs: [ExploredProgram] = []
    var sets: [[Int]] = [[]]
    for count in 1...max(threadCounts.upperBound, 1) {
      // In order of their numbers, since threads are all alike.
      sets = sets.flatMap { set in ((set.last ?? 0)..<callCount).map { set + [$0] } }
      guard threadCounts.contains(count) else { continue }
      for state in states {
        programs += sets.map { ExploredProgram(state: state, threads: $0.map { [$0] }) }
      }
    }
    return programs
  }
}

/// A program with one of its schedules: a case that can be run again.
public struct ExploredCase: Sendable, Hashable {
  /// The calls.
  public var program: ExploredProgram
  /// Whether memory is weak.
  public var isWeak: Bool
  /// The schedule.
  public var schedule: Schedule

  /// A case of a program.
  public init(_ program: ExploredProgram, isWeak: Bool, schedule: Schedule) {
    self.program = program
    self.isWeak = isWeak
    self.schedule = schedule
  }
}

extension ExploredCase {
  /// The case as numbers: for a token.
  public var choices: [UInt64] {
    var values = [isWeak ? 1 : 0, UInt64(program.state), UInt64(program.threads.count)]
    for calls in program.threads { values += [UInt64(calls.count)] + calls.map(UInt64.init) }
    let turns = schedule.turns
    values.append(UInt64(turns.count))
    for turn in turns { values += [UInt64(turn.thread), UInt64(turn.length)] }
    return values + schedule.values.map(UInt64.init)
  }

  /// The case that some numbers stand for; nil for none.
  public init?(choices: [UInt64]) {
    var rest = choices[...]
    func next(through greatest: UInt64) -> Int? {
      guard let value = rest.popFirst(), value <= greatest else { return nil }
      return Int(value)
    }
    guard let isWeak = next(through: 1), let state = next(through: 999),
      let threadCount = next(through: UInt64(ThreadSet.limit))
    else { return nil }
    var threads: [[Int]] = []
    for _ in 0..<threadCount {
      guard let count = next(through: 999) else { return nil }
      var calls: [Int] = []
      for _ in 0..<count {
        guard let call = next(through: 999) else { return nil }
        calls.append(call)
      }
      threads.append(calls)
    }
    guard let turnCount = next(through: 100_000) else { return nil }
    var steps: [UInt8] = []
    for _ in 0..<turnCount {
      guard let thread = next(through: UInt64(ThreadSet.limit - 1)),
        let length = next(through: 1_000_000)
      else { return nil }
      steps += [UInt8](repeating: UInt8(thread), count: length)
    }
    guard rest.allSatisfy({ $0 <= 255 }) else { return nil }
    self.init(
      ExploredProgram(state: state, threads: threads),
      isWeak: isWeak == 1,
      schedule: Schedule(steps: steps, values: rest.map { UInt8($0) })
    )
  }
}

extension Schedule {
  /// Who makes steps on end, and how many.
  fileprivate var turns: [(thread: Int, length: Int)] {
    var turns: [(thread: Int, length: Int)] = []
    for step in steps {
      if turns.last?.thread == Int(step) {
        turns[turns.count - 1].length += 1
      } else {
        turns.append((Int(step), 1))
      }
    }
    return turns
  }
}
