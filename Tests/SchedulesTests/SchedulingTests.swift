import Machines
import Property
import Schedules
import Testing

/// Two threads that count under a lock that is none: x ends at 1 where one was overtaken.
private func countBadly(
  _ choices: Choices
) -> (end: UInt64, result: RunResult, events: [Recorder.Entry], choices: Choices) {
  let world = ScheduledWorld(RandomScheduler(choices), listener: Recorder())
  let toy = makeToy(world)
  let body: (inout ScheduledMachine<RandomScheduler, Recorder>) -> Void = {
    ToyCode.countBadly(&$0, toy)
  }
  let result = world.run([body, body])
  let end = world.alone.read(Toy.x, of: toy, .once)
  return (end, result, world.listener.entries, world.scheduler.choices)
}

/// What is shrunk: a schedule in which one thread overtakes the other.
private struct Overtaken: ShrinkTarget {
  mutating func stillFails(_ choices: inout Choices) -> Bool {
    let run = countBadly(choices)
    choices = run.choices
    return run.end == 1
  }

  func suggestions(for recording: Recording) -> [[UInt64]] { recording.joinedTurns }
}

@Suite(.serialized) struct SchedulingTests {
  @Test func `others run before an access, so that what was read may be old`() {
    let world = ScheduledWorld(ScriptScheduler(steps: [0, 0, 1, 1, 1, 0]), listener: NoListener())
    let toy = makeToy(world)
    let body: (inout ScheduledMachine<ScriptScheduler, NoListener>) -> Void = { machine in
      let value = machine.read(Toy.x, of: toy, .once)
      machine.write(value &+ 1, Toy.x, of: toy, .once)
    }
    let result = world.run([body, body])
    #expect(result.ending == .finished)
    let end = world.alone.read(Toy.x, of: toy, .once)
    #expect(end == 1)
  }

  @Test func `a lock excludes in every schedule, and one that is none does not`() {
    var ends: Set<UInt64> = []
    for index in 0..<2000 as Range<UInt64> {
      let world = ScheduledWorld(
        RandomScheduler(Choices(seed: 3, case: index)),
        listener: NoListener()
      )
      let toy = makeToy(world)
      let body: (inout ScheduledMachine<RandomScheduler, NoListener>) -> Void = {
        ToyCode.count(&$0, toy)
      }
      let result = world.run([body, body, body])
      #expect(result.ending == .finished)
      let end = world.alone.read(Toy.x, of: toy, .once)
      #expect(end == 3)
      ends.insert(countBadly(Choices(seed: 3, case: index)).end)
    }
    #expect(ends == [1, 2])
  }

  @Test func `the same choices give the same events`() {
    for index in 0..<200 as Range<UInt64> {
      let fresh = countBadly(Choices(seed: 4, case: index))
      let again = countBadly(Choices(seed: 4, case: index))
      #expect(fresh.events == again.events)
      let replayed = countBadly(Choices(replaying: fresh.choices.values))
      #expect(replayed.events == fresh.events)
      #expect(replayed.result == fresh.result)
      #expect(replayed.choices.values == fresh.choices.values)
    }
  }

  @Test func `a schedule shrinks to the fewest switches`() {
    let found = (0..<2000 as Range<UInt64>).first {
      countBadly(Choices(seed: 5, case: $0)).end == 1
    }
    guard let found else {
      Issue.record("no schedule overtakes")
      return
    }
    let values = countBadly(Choices(seed: 5, case: found)).choices.values
    var target = Overtaken()
    let shrunk = Shrinker().shrink(values, target: &target)
    #expect(shrunk.ending == .minimal)
    let best = countBadly(Choices(replaying: shrunk.values))
    #expect(best.end == 1)
    // Both have seen y at 0 before either takes it, and one has read x when the other does the rest.
    #expect(best.result.preemptionCount == 2)
    #expect(shrunk.values == [0, 0, 2, 4, 0, 0])
  }

  @Test func `who cannot go on is not run, and that none can is told`() {
    let world = ScheduledWorld(ScriptScheduler(steps: [0, 0, 1, 1]), listener: Recorder())
    let toy = makeToy(world)
    let result = world.run([
      { machine in
        machine.acquire(Toy.lock, of: toy, .spin)
        machine.acquire(Toy.other, of: toy, .spin)
      },
      { machine in
        machine.acquire(Toy.other, of: toy, .spin)
        machine.acquire(Toy.lock, of: toy, .spin)
      },
    ])
    #expect(result.ending == .stuck)
    let stuck = world.listener.entries.suffix(2)
    #expect(
      stuck.map(\.event) == [
        .stuck(.lock, FieldPlace(Toy.other, of: toy)), .stuck(.lock, FieldPlace(Toy.lock, of: toy)),
      ]
    )
    #expect(stuck.map(\.thread) == [0, 1])
    // The world is as good as new.
    world.reset()
    let again = makeToy(world)
    #expect(again == toy)
    let alone = world.run([{ $0.write(1, Toy.x, of: again, .once) }])
    #expect(alone.ending == .finished)
  }

  @Test func `who waits for what nobody does never ends, and is told of`() {
    let world = ScheduledWorld(ScriptScheduler(steps: []), listener: Recorder())
    let toy = makeToy(world)
    let result = world.run([
      { machine in while machine.read(Toy.x, of: toy, .once) == 0 { machine.yield() } },
      { $0.write(1, Toy.y, of: toy, .once) },
    ])
    #expect(result.ending == .runaway)
    #expect(!result.wasOverruled)
    #expect(world.listener.entries.last == Recorder.Entry(event: .runaway, thread: 0))
  }

  @Test func `who goes round for ever, and changes things, is cut off after all had their turns`() {
    var settings = WorldSettings()
    settings.stepLimit = 200
    settings.fairStepLimit = 100
    let world = ScheduledWorld(
      ScriptScheduler(steps: []),
      listener: Recorder(),
      settings: settings
    )
    let toy = makeToy(world)
    let result = world.run([
      { machine in while machine.add(1, Toy.x, of: toy, .full) != .max {} },
      { $0.write(1, Toy.y, of: toy, .once) },
    ])
    #expect(result.ending == .runaway)
    #expect(result.wasOverruled)
    #expect(result.stepCount == 300)
    let end = world.alone.read(Toy.y, of: toy, .once)
    #expect(end == 1)
  }

  @Test func `who looks a few times and gives up is not taken for one that never ends`() {
    let world = ScheduledWorld(ScriptScheduler(steps: []), listener: NoListener())
    let toy = makeToy(world)
    let body: (inout ScheduledMachine<ScriptScheduler, NoListener>) -> Void = { machine in
      for _ in 0..<50 where machine.read(Toy.x, of: toy, .once) == 0 { machine.yield() }
    }
    let result = world.run([body, body])
    #expect(result.ending == .finished)
  }

  /// How often thread 0 looks at x, and which write of y was the last before it ended, where thread 1 writes
  /// y fifty times and then x.
  private func looks(
    seed: Seed,
    _ body: @escaping (inout ScheduledMachine<RandomScheduler, Recorder>, UInt64) -> Void
  ) -> (lookCount: Int, lastWrite: Int) {
    let scheduler = RandomScheduler(Choices(seed: seed, case: 0), meanLength: 1)
    let world = ScheduledWorld(scheduler, listener: Recorder())
    let toy = makeToy(world)
    let result = world.run([
      { body(&$0, toy) },
      { machine in
        for count in 1...50 as ClosedRange<UInt64> { machine.write(count, Toy.y, of: toy, .once) }
        machine.write(1, Toy.x, of: toy, .once)
      },
    ])
    #expect(result.ending == .finished)
    let entries = world.listener.entries
    let end = entries.lastIndex { $0.thread == 0 && $0.event == .finish } ?? entries.endIndex
    return (
      entries.count { entry in
        guard case .read(let place, _, _, _) = entry.event else { return false }
        return entry.thread == 0 && place.field.index == Toy.x.index
      },
      entries[..<end].count { entry in
        guard case .write = entry.event else { return false }
        return entry.thread == 1
      }
    )
  }

  @Test func `who finds the same twice goes on when a word has changed that it looked at`() {
    for seed in 1...20 as ClosedRange<UInt64> {
      // Under a lock, which changes whenever it looks.
      let (lookCount, lastWrite) = looks(seed: Seed(seed)) { machine, toy in
        while true {
          machine.acquire(Toy.lock, of: toy, .spin)
          let value = machine.read(Toy.x, of: toy, .plain)
          machine.release(Toy.lock, of: toy, .spin)
          if value != 0 { break }
          machine.yield()
        }
      }
      #expect(lookCount <= 4 && lastWrite == 51)
    }
  }

  @Test func `who looks at something else each time goes on for any change`() {
    let ends = (1...20 as ClosedRange<UInt64>).map { seed in
      looks(seed: Seed(seed)) { machine, toy in
        for field in [Toy.x, Toy.y, Toy.z, Toy.x] {
          _ = machine.read(field, of: toy, .once)
          machine.yield()
        }
      }
    }
    #expect(ends.allSatisfy { $0.lookCount == 2 && $0.lastWrite < 51 })
  }
}
