import Machines
import Property
import Schedules
import Testing

@Suite(.serialized) struct WeakMemoryTests {
  private static let tests =
    MemoryLitmus.messagePassing + MemoryLitmus.buffering + MemoryLitmus.propagation
    + MemoryLitmus.coherence

  @Test(arguments: tests.indices)
  func `a litmus test has its verdict`(index: Int) {
    let test = WeakMemoryTests.tests[index]
    let (verdict, exploration) = test.explored(isWeak: true)
    #expect(exploration.isComplete, "\(test.name): \(exploration.text)")
    #expect(verdict == test.verdicts.own, "\(test.name)")
  }

  @Test func `no verdict is weaker than the kernel's, and one is stronger`() {
    let stronger = WeakMemoryTests.tests.filter {
      $0.verdicts.kernel == .sometimes && $0.verdicts.own == .never
    }
    #expect(stronger.map(\.name) == ["LB+poonceonces"])
    let weaker = WeakMemoryTests.tests.filter {
      $0.verdicts.kernel == .never && $0.verdicts.own == .sometimes
    }
    #expect(weaker.map(\.name) == [])
    #expect(Set(WeakMemoryTests.tests.map(\.name)).count == WeakMemoryTests.tests.count)
  }

  @Test func `where memory is sequentially consistent no litmus test ends so`() {
    for test in WeakMemoryTests.tests {
      let (verdict, exploration) = test.explored(isWeak: false)
      #expect(exploration.isComplete)
      #expect(verdict == .never, "\(test.name)")
    }
  }

  @Test func `atomics take the latest, and hand on what it carried`() {
    var explorer = Explorer()
    explorer.settings.isWeak = true
    for (order, ends) in [(.full, [1, 2]), (.relaxed, [0, 1, 2])] as [(AtomicOrder, Set<UInt64>)] {
      let seen = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
      defer { seen.deallocate() }
      let exploration = explorer.explore(listener: NoListener()) { world in
        seen.initialize(to: 2)
        let toy = makeToy(world)
        return [
          { machine in
            machine.write(1, Toy.x, of: toy, .once)
            _ = machine.add(1, Toy.y, of: toy, order)
          },
          { machine in
            guard machine.add(1, Toy.y, of: toy, order) == 1 else { return }
            seen.pointee = machine.read(Toy.x, of: toy, .once)
          },
        ]
      } end: { world, _ -> UInt64 in
        let sum = world.alone.read(Toy.y, of: 136, .once)
        return sum == 2 ? seen.pointee : 99
      }
      #expect(exploration.isComplete)
      #expect(Set(exploration.outcomes.keys) == ends)
    }
  }

  @Test func `who waits for a field sees it change in the end`() {
    var settings = WorldSettings()
    settings.isWeak = true
    for index in 0..<100 as Range<UInt64> {
      let world = ScheduledWorld(
        RandomScheduler(Choices(seed: 21, case: index)),
        listener: NoListener(),
        settings: settings
      )
      let toy = makeToy(world)
      let result = world.run([
        { machine in while machine.read(Toy.x, of: toy, .once) == 0 { machine.yield() } },
        { $0.write(1, Toy.x, of: toy, .once) },
      ])
      #expect(result.ending == .finished)
    }
  }

  @Test func `a run may touch as many words as it likes`() {
    var settings = WorldSettings()
    settings.isWeak = true
    settings.wordsPerThread = 8192
    let world = ScheduledWorld(
      RandomScheduler(Choices(seed: 22, case: 0)),
      listener: NoListener(),
      settings: settings
    )
    let toys = (0..<300).map { _ in makeToy(world) }
    let last = toys[299]
    let result = world.run([
      { machine in
        for toy in toys { machine.write(toy, Toy.x, of: toy, .once) }
        machine.write(1, Toy.y, of: last, .release)
      },
      { machine in
        while machine.read(Toy.y, of: last, .acquire) == 0 { machine.yield() }
        for toy in toys where machine.read(Toy.x, of: toy, .once) == toy {
          _ = machine.add(1, Toy.z, of: last, .relaxed)
        }
      },
    ])
    #expect(result.ending == .finished && !result.wasOverruled)
    #expect(world.alone.read(Toy.z, of: last, .once) == 300)
  }
}
