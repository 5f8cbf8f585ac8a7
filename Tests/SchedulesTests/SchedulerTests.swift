import Machines
import Oracles
import Property
import Schedules
import Testing

/// Philosophers under some scheduler: whether they starve, and in how many switches.
private func dine<S: Scheduler>(_ scheduler: S) -> (isStuck: Bool, result: RunResult, scheduler: S)
{
  let world = ScheduledWorld(scheduler, listener: NoListener())
  let layout = Layout("table", [Toy.lock, Toy.other, Field(2, "third", .spinLock)])
  let forks = layout.fields
  let table = world.alone.allocate(layout, isZeroed: true, maySleep: true) ?? 0
  let result = world.run(
    (0..<3).map { thread in
      { machine in
        let pair = [forks[thread], forks[(thread + 1) % 3]]
        for fork in pair { machine.acquire(fork, of: table, .spin) }
        for fork in pair.reversed() { machine.release(fork, of: table, .spin) }
      }
    }
  )
  return (result.ending == .stuck, result, world.scheduler)
}

private struct Starving: ShrinkTarget {
  mutating func stillFails(_ choices: inout Choices) -> Bool {
    let run = dine(PCTScheduler(choices, threadCount: 3, stepCount: 18, depth: 3))
    choices = run.scheduler.choices
    return run.isStuck
  }
}

/// One thread writes two words one after the other, another looks at both once: what it finds.
private func glance(_ scheduler: some Scheduler) -> [UInt64] {
  let world = ScheduledWorld(scheduler, listener: NoListener())
  let toy = makeToy(world)
  let found = UnsafeMutablePointer<[UInt64]>.allocate(capacity: 1)
  found.initialize(to: [])
  defer { found.deinitialize(count: 1).deallocate() }
  _ = world.run([
    { machine in
      for _ in 0..<20 { _ = machine.read(Toy.z, of: toy, .once) }
      for word in [Toy.x, Toy.y] { machine.write(1, word, of: toy, .once) }
      for _ in 0..<20 { _ = machine.read(Toy.z, of: toy, .once) }
    },
    { machine in
      found.pointee = [Toy.y, Toy.x].map { machine.read($0, of: toy, .once) }
    },
  ])
  return found.pointee
}

@Suite(.serialized) struct SchedulerTests {
  @Test func `priorities that change at writes change right after one`() {
    var outcomes: [PCTScheduler.Unit: [[UInt64]: Int]] = [:]
    for (unit, count) in [(.write, 2), (.step, 42)] as [(PCTScheduler.Unit, UInt64)] {
      for index in 0..<1000 as Range<UInt64> {
        let choices = Choices(seed: 34, case: index)
        let scheduler = PCTScheduler(
          choices,
          threadCount: 2,
          stepCount: count,
          depth: 2,
          at: unit
        )
        outcomes[unit, default: [:]][glance(scheduler), default: 0] += 1
      }
    }
    // The writer comes first in half of them, and is stopped after each of its writes in half of these.
    let between = [0, 1] as [UInt64]
    #expect((200...300).contains(outcomes[.write]?[between] ?? 0), "\(outcomes)")
    #expect((200...300).contains(outcomes[.write]?[[1, 1]] ?? 0), "\(outcomes)")
    // Of its steps there are many more.
    #expect((1...50).contains(outcomes[.step]?[between] ?? 0), "\(outcomes)")
  }

  @Test func `PCT keeps its bound`() {
    // Two of three have to be stopped between their forks: depth 3, 18 steps.
    let bound = PCTScheduler.bound(threadCount: 3, stepCount: 18, depth: 3)
    #expect(abs(bound - 1.0 / (3 * 18 * 18)) < 1e-12)
    #expect(PCTScheduler.runs(threadCount: 3, stepCount: 18, depth: 3) > 972)
    let runs: UInt64 = 20_000
    var found = 0
    for index in 0..<runs {
      let choices = Choices(seed: 31, case: index)
      if dine(PCTScheduler(choices, threadCount: 3, stepCount: 18, depth: 3)).isStuck { found += 1 }
    }
    #expect(Double(found) >= Double(runs) * bound)
    let shallow = (0..<1000).count { index in
      let choices = Choices(seed: 32, case: UInt64(index))
      return dine(PCTScheduler(choices, threadCount: 3, stepCount: 18, depth: 1)).isStuck
    }
    #expect(shallow == 0)
  }

  @Test func `a schedule of PCT replays and shrinks`() {
    let found = (0..<20_000 as Range<UInt64>).first { index in
      dine(
        PCTScheduler(Choices(seed: 31, case: index), threadCount: 3, stepCount: 18, depth: 3)
      ).isStuck
    }
    guard let found else {
      Issue.record("nobody starves")
      return
    }
    let fresh = dine(
      PCTScheduler(Choices(seed: 31, case: found), threadCount: 3, stepCount: 18, depth: 3)
    )
    let values = fresh.scheduler.choices.values
    let replayed = dine(
      PCTScheduler(Choices(replaying: values), threadCount: 3, stepCount: 18, depth: 3)
    )
    #expect(replayed.result == fresh.result)
    var target = Starving()
    let shrunk = Shrinker().shrink(values, target: &target)
    #expect(shrunk.ending == .minimal)
    // Thread 0 comes first, and falls behind before its second fork.
    #expect(shrunk.values == [0, 1, 0, 2])
  }

  @Test func `who spins without letting others run does not keep them from it for ever`() {
    for index in 0..<20 as Range<UInt64> {
      let choices = Choices(seed: 33, case: index)
      let world = ScheduledWorld(
        PCTScheduler(choices, threadCount: 2, stepCount: 10, depth: 1),
        listener: NoListener()
      )
      let toy = makeToy(world)
      let result = world.run([
        { machine in while machine.read(Toy.x, of: toy, .once) == 0 {} },
        { $0.write(1, Toy.x, of: toy, .once) },
      ])
      #expect(result.ending == .finished && !result.wasOverruled)
    }
  }

  @Test func `what an exploration found replays from choices, and so from a token`() {
    for seed in [41, 42] as [UInt64] {
      for index in 0..<60 as Range<UInt64> {
        var choices = Choices(seed: Seed(seed), case: index)
        let program = ToyProgram.draw(&choices, threadCount: 3, stepCount: 2)
        var explorer = Explorer()
        explorer.settings.stepLimit = 60
        explorer.settings.fairStepLimit = 10
        explorer.settings.isWeak = seed == 42
        explorer.runLimit = 50
        let exploration = program.explored(by: explorer)
        guard exploration.cutCount == 0 else { continue }
        for (end, witness) in exploration.outcomes {
          let followed = RandomScheduler(
            following: witness.schedule,
            recordingIn: Choices(seed: 0, case: 0)
          )
          let recorded = program.run(by: followed, settings: explorer.settings)
          #expect(recorded.end == end, "\(program)")
          let values = recorded.scheduler.choices.values
          let replay = RandomScheduler(Choices(replaying: values))
          let replayed = program.run(by: replay, settings: explorer.settings)
          #expect(replayed.end == end, "\(program)")
        }
      }
    }
  }
}
