import Checking
import Machines
import Property
import Schedules
import Testing

/// What a thread of the toy does with a counter in memory.
private enum Step: String, Sendable, CustomStringConvertible {
  case add, addUnderLock, look, wait

  var description: String { "\(rawValue)()" }
}

extension Rule {
  fileprivate static let toyLost = Rule("toy-lost", "no addition is lost", oracle: "ToyAdder")
}

private enum ToyRecord {
  static var lock: Field { Field(0, "lock", .mutex) }
  static var value: Field { Field(1, "value") }
  static let layout = Layout("toy", [lock, value])
}

/// A counter that threads add to; `isOdd` where what it does depends on what was done before.
private final class ToyAdder: Explorable {
  struct Run {
    var record: UInt64 = 0
    var threads: [[Step]] = []
    var results: [Errno?] = []
    var runCount = 0
    var isLost = false
  }

  static var calls: KeyValuePairs<String, Step> {
    ["add": .add, "add-locked": .addUnderLock, "look": .look, "wait": .wait]
  }
  static var states: KeyValuePairs<String, [Step]> { ["zero": [], "one": [.add]] }
  static var settings: WorldSettings { WorldSettings() }
  static var judges: NoListener { NoListener() }
  static func reset(_ judges: inout NoListener) {}
  static func refusal(of threads: [[Step]], after earlier: [Step]) -> String? {
    threads.allSatisfy { $0 == [.wait] } ? "nobody adds" : nil
  }

  private let isOdd: Bool
  private let run: UnsafeMutablePointer<Run>

  init(_ isOdd: Bool) {
    self.isOdd = isOdd
    run = .allocate(capacity: 1)
    run.initialize(to: Run())
  }

  deinit {
    run.deinitialize(count: 1)
    run.deallocate()
  }

  func begin<S: Scheduler, L: RecordListener>(
    _ threads: [[Step]],
    after earlier: [Step],
    on alone: ScheduledMachine<S, L>
  ) {
    run.pointee.record = alone.allocate(ToyRecord.layout, isZeroed: true, maySleep: true) ?? 0
    run.pointee.threads = threads
    run.pointee.results = Array(repeating: nil, count: threads.joined().count)
    run.pointee.runCount += 1
    run.pointee.isLost = false
    for step in earlier { perform(step, on: alone) }
  }

  func perform<S: Scheduler, L: RecordListener>(on machine: inout ScheduledMachine<S, L>) {
    let first = run.pointee.threads[..<machine.thread].joined().count
    for (index, step) in run.pointee.threads[machine.thread].enumerated() {
      if isOdd, run.pointee.runCount % 7 == 6 { perform(.look, on: machine) }
      perform(step, on: machine)
      run.pointee.results[first + index] = .ok
    }
  }

  private func perform<S: Scheduler, L: RecordListener>(
    _ step: Step,
    on machine: ScheduledMachine<S, L>
  ) {
    let record = run.pointee.record
    switch step {
    case .look: _ = machine.read(ToyRecord.value, of: record, .once)
    case .wait:
      while machine.read(ToyRecord.value, of: record, .once) == 0 { machine.yield() }
    case .add, .addUnderLock:
      if step == .addUnderLock { machine.acquire(ToyRecord.lock, of: record, .mutex) }
      let value = machine.read(ToyRecord.value, of: record, .once)
      machine.write(value + 1, ToyRecord.value, of: record, .once)
      if step == .addUnderLock { machine.release(ToyRecord.lock, of: record, .mutex) }
    }
  }

  func audit<S: Scheduler, L: RecordListener>(on alone: ScheduledMachine<S, L>) {
    let added = run.pointee.threads.joined().count { $0 == .add || $0 == .addUnderLock }
    let found = alone.read(ToyRecord.value, of: run.pointee.record, .once)
    run.pointee.isLost = found < UInt64(added)
  }

  var results: [Errno?] { run.pointee.results }
  func hasFindings(_ judges: NoListener) -> Bool { run.pointee.isLost }
  func findings(_ judges: NoListener) -> [Finding] {
    run.pointee.isLost ? [Finding(.toyLost, "an addition is lost")] : []
  }
}

private func program(_ threads: [[Int]], state: Int = 0) -> ExploredProgram {
  ExploredProgram(state: state, threads: threads)
}

@Suite struct ToyExplorationTests {
  private let toy = SubjectExploration(ToyAdder.self, false)

  @Test func `what is lost in some schedule is found, with the fewest preemptions`() throws {
    let result = toy.explore(program([[0], [2], [0]]))
    #expect(result.isExhausted && result.violations.map(\.fingerprint) == ["toy-lost"])
    let shortest = try #require(result.violations.first?.shortest)
    let told = try #require(toy.counterexample(shortest))
    #expect(told.sections.map(\.title) == ["schedule, 1 preemption"])
    #expect(told.calls.map(\.text) == ["thread 0: add()", "thread 1: look()", "thread 2: add()"])
    #expect(told.configuration == "3 threads at once, from the state zero")
    #expect(toy.explore(program([[1], [1], [1]])).violations.isEmpty)
  }

  @Test func `within no preemption nothing is lost, and that is all that is said`() {
    var limits = ExplorationLimits()
    limits.preemptionLimit = 0
    let result = toy.explore(program([[0], [0]]), limits)
    #expect(result.isExhausted && result.violations.isEmpty)
    #expect(result.preemptionLimit == 0 && result.exploredCount == 2)
  }

  @Test func `ends that differ are counted, orders that do not matter are not`() {
    #expect(toy.explore(program([[0], [0]])).endStateCount == 2)
    let looks = toy.explore(program([[2], [2], [2]], state: 1))
    #expect((looks.exploredCount, looks.endStateCount) == (1, 1))
  }

  @Test func `an exploration ends where its limits are, and says that it is not complete`() {
    var limits = ExplorationLimits()
    limits.runLimit = 3
    let cut = toy.explore(program([[0], [0], [0]]), limits)
    #expect(!cut.isExhausted && cut.exploredCount == 3)
    let stopped = toy.explore(program([[0, 0, 0], [0, 0, 0], [0, 0]]), shouldStop: { true })
    #expect(!stopped.isExhausted && stopped.exploredCount < 100)
  }

  @Test func `what does not do the same twice is told of`() {
    let odd = SubjectExploration(ToyAdder.self, true)
    let result = odd.explore(program([[0, 0, 0], [0, 0, 0]]))
    #expect(result.isNondeterministic && !result.isExhausted)
  }

  @Test func `a case of an exploration is written as numbers, and nothing else is read as one`() {
    let schedule = Schedule(steps: [0, 0, 1, 0, 2], values: [1, 0, 3])
    let explored = ExploredCase(
      program([[0, 3], [], [2]], state: 1),
      isWeak: true,
      schedule: schedule
    )
    #expect(ExploredCase(choices: explored.choices) == explored)
    for length in 0..<explored.choices.count - schedule.values.count {
      #expect(ExploredCase(choices: Array(explored.choices.prefix(length))) == nil, "\(length)")
    }
    for index in explored.choices.indices {
      var choices = explored.choices
      choices[index] = .max
      #expect(ExploredCase(choices: choices) == nil, "\(index)")
    }
  }

  @Test func `all combinations are sets of calls, from each state, fewer threads first`() {
    let all = ExploredProgram.all(threadCounts: 1...2, callCount: 3, states: [0, 1])
    #expect(all.count == 2 * (3 + 6))
    #expect(Set(all).count == all.count)
    #expect(all.prefix(3).map(\.threads) == [[[0]], [[1]], [[2]]])
    #expect(all.last == program([[2], [2]], state: 1))
    #expect(!toy.has(program([[3], [3]])), "nobody adds")
    #expect(!toy.has(program([[4]])) && !toy.has(program([[0]], state: 2)))
  }
}
