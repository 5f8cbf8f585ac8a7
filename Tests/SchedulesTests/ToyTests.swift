import Machines
import Oracles
import Property
import Schedules
import Testing

/// A toy of several threads.
enum FaultyToy {
  /// What one thread does, on any machine.
  protocol Body {
    func run<M: RecordMachine>(_ machine: inout M, _ toy: M.Record, thread: Int)
    where M.W == UInt64
  }
}

/// A lock that is none: y is found at 0 and then set.
struct LockThatIsNone: FaultyToy.Body {
  func run<M: RecordMachine>(_ machine: inout M, _ toy: M.Record, thread: Int)
  where M.W == UInt64 {
    while machine.read(Toy.y, of: toy, .acquire) != 0 { machine.yield() }
    machine.write(1, Toy.y, of: toy, .once)
    machine.write(machine.read(Toy.x, of: toy, .plain) + 1, Toy.x, of: toy, .plain)
    machine.write(0, Toy.y, of: toy, .release)
  }
}

/// A sleeper who looks before it prepares to wait, and its waker.
struct LostWakeUp: FaultyToy.Body {
  let preparesFirst: Bool
  func run<M: RecordMachine>(_ machine: inout M, _ toy: M.Record, thread: Int)
  where M.W == UInt64 {
    guard thread == 0 else {
      machine.write(1, Toy.x, of: toy, .release)
      machine.wake(Toy.queue, of: toy, all: true)
      return
    }
    if preparesFirst {
      machine.prepareToWait(on: Toy.queue, of: toy)
      if machine.read(Toy.x, of: toy, .acquire) == 0 { machine.sleep() }
    } else {
      guard machine.read(Toy.x, of: toy, .acquire) == 0 else { return }
      machine.prepareToWait(on: Toy.queue, of: toy)
      machine.sleep()
    }
    machine.finishWait(on: Toy.queue, of: toy)
  }
}

/// Philosophers around a table of three forks; the last may be left-handed.
struct Philosophers: FaultyToy.Body {
  let isLastLeftHanded: Bool
  static let forks = [Toy.lock, Toy.other, Toy.third]
  func run<M: RecordMachine>(_ machine: inout M, _ toy: M.Record, thread: Int)
  where M.W == UInt64 {
    var forks = [Self.forks[thread], Self.forks[(thread + 1) % 3]]
    if isLastLeftHanded && thread == 2 { forks.swapAt(0, 1) }
    for fork in forks { machine.acquire(fork, of: toy, .spin) }
    for fork in forks.reversed() { machine.release(fork, of: toy, .spin) }
  }
}

/// A Treiber stack of two nodes, y and z as links: thread 0 pops one; thread 1 pops both and puts the
/// first back, so that the top is what it was and what lies beneath is not.
struct TreiberStack: FaultyToy.Body {
  /// Whether the top carries a count of changes.
  let isCounted: Bool
  func run<M: RecordMachine>(_ machine: inout M, _ toy: M.Record, thread: Int)
  where M.W == UInt64 {
    if thread == 0 {
      _ = pop(&machine, toy)
      return
    }
    guard let first = pop(&machine, toy), pop(&machine, toy) != nil else { return }
    push(first, &machine, toy)
  }

  /// The link of a node: node 1 has y, node 2 has z.
  private func link(_ node: UInt64) -> Field { node == 1 ? Toy.y : Toy.z }

  private func top(_ node: UInt64, after top: UInt64) -> UInt64 {
    isCounted ? node | ((top >> 8) + 1) << 8 : node
  }

  private func pop<M: RecordMachine>(_ machine: inout M, _ toy: M.Record) -> UInt64?
  where M.W == UInt64 {
    while true {
      let found = machine.read(Toy.x, of: toy, .acquire)
      let node = found & 255
      guard node != 0 else { return nil }
      let next = machine.read(link(node), of: toy, .once)
      let new = top(next, after: found)
      if machine.compareExchange(found, with: new, Toy.x, of: toy, .full) == found {
        return node
      }
    }
  }

  private func push<M: RecordMachine>(_ node: UInt64, _ machine: inout M, _ toy: M.Record)
  where M.W == UInt64 {
    while true {
      let found = machine.read(Toy.x, of: toy, .acquire)
      machine.write(found & 255, link(node), of: toy, .once)
      let new = top(node, after: found)
      if machine.compareExchange(found, with: new, Toy.x, of: toy, .full) == found { return }
    }
  }
}

extension FaultyToy.Body {
  /// Goes through the toy's schedules; what is left in the fields is the outcome, with the findings.
  func explored(
    threadCount: Int,
    preparing: [(Field, UInt64)] = []
  ) -> Exploration<[String]> {
    Explorer().explore(listener: ThreadJudges()) { world in
      world.withListener { $0.listener.reset() }
      let toy = makeToy(world)
      for (field, value) in preparing { world.alone.write(value, field, of: toy, .once) }
      return (0..<threadCount).map { thread in { self.run(&$0, toy, thread: thread) } }
    } end: { world, result in
      let findings = Set(world.listener.listener.violations.map(\.rule.name)).sorted()
      let x = result.ending == .finished ? world.alone.read(Toy.x, of: 136, .once) : 0
      return findings + ["x=\(x & 255)"]
    }
  }
}

@Suite(.serialized) struct ToyTests {
  private func ends(_ exploration: Exploration<[String]>) -> Set<[String]> {
    #expect(exploration.isComplete, "\(exploration.text)")
    return Set(exploration.outcomes.keys)
  }

  @Test func `a lock that is none lets both in, and the judges see the race`() {
    let found = ends(LockThatIsNone().explored(threadCount: 2))
    #expect(found == [["x=2"], ["data-race", "x=1"], ["data-race", "x=2"]])
  }

  @Test func `who looks before it prepares to wait may sleep for ever`() {
    #expect(
      ends(LostWakeUp(preparesFirst: false).explored(threadCount: 2))
        == [["x=1"], ["lost-wake-up", "x=0"]]
    )
    #expect(ends(LostWakeUp(preparesFirst: true).explored(threadCount: 2)) == [["x=1"]])
  }

  @Test func `philosophers starve, and do not where one is left-handed`() {
    let starving = ends(Philosophers(isLastLeftHanded: false).explored(threadCount: 3))
    #expect(starving.contains(["deadlock", "x=0"]))
    #expect(starving.contains(["lock-order-inversion", "x=0"]))
    #expect(ends(Philosophers(isLastLeftHanded: true).explored(threadCount: 3)) == [["x=0"]])
  }

  @Test func `a stack whose top comes back is taken for unchanged, unless changes are counted`() {
    let stack: [(Field, UInt64)] = [(Toy.x, 1), (Toy.y, 2)]
    let naive = ends(TreiberStack(isCounted: false).explored(threadCount: 2, preparing: stack))
    // Node 2 was popped and is on top again.
    #expect(naive.contains(["x=2"]))
    let counted = ends(TreiberStack(isCounted: true).explored(threadCount: 2, preparing: stack))
    #expect(!counted.contains(["x=2"]))
    #expect(counted.contains(["x=0"]))
  }

  @Test func `what an exploration says of itself is what it did`() {
    let exploration = Philosophers(isLastLeftHanded: false).explored(threadCount: 3)
    #expect(exploration.blockedCount > 0)
    #expect(!exploration.isNondeterministic)
    let counted = exploration.outcomes.values.map(\.count).reduce(0, +)
    #expect(counted == exploration.exploredCount)
    #expect(exploration.text.hasPrefix("complete: \(exploration.exploredCount) executions"))
    var bounded = Exploration<Int>.text(of: 1)
    #expect(bounded.hasPrefix("up to 1 preemption:"))
    bounded = Exploration<Int>.text(of: 2)
    #expect(bounded.hasPrefix("up to 2 preemptions:"))
  }

  @Test func `an exploration that is stopped says that it is not complete`() {
    var asked = 0
    let exploration = Explorer().explore(listener: NoListener()) { world in
      let toy = makeToy(world)
      return (0..<4).map { _ in
        { machine in for _ in 0..<4 { _ = machine.add(1, Toy.x, of: toy, .full) } }
      }
    } end: { _, _ in
      0
    } shouldStop: {
      asked += 1
      return asked == 3
    }
    #expect(exploration.exploredCount == 299)
    #expect(!exploration.isComplete && exploration.text.hasPrefix("not complete: 299 executions"))
  }

  @Test func `runs that differ from one time to the next are told`() {
    let count = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    count.initialize(to: 0)
    defer { count.deallocate() }
    var explorer = Explorer()
    explorer.repeatInterval = 1
    let exploration = explorer.explore(listener: NoListener()) { world in
      let toy = makeToy(world)
      count.pointee += 1
      let value = count.pointee
      return [{ $0.write(value, Toy.x, of: toy, .once) }]
    } end: { _, _ in
      0
    }
    #expect(exploration.isNondeterministic && !exploration.isComplete)
  }
}

extension Exploration where Outcome == Int {
  /// What an exploration with a bound says of two threads that write the same.
  static func text(of limit: Int) -> String {
    var explorer = Explorer()
    explorer.preemptionLimit = limit
    return explorer.explore(listener: NoListener()) { world in
      let toy = makeToy(world)
      return [1, 2].map { value in { $0.write(value, Toy.x, of: toy, .once) } }
    } end: { _, _ in
      0
    }.text
  }
}
