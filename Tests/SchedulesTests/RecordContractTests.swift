import Machines
import Property
import Schedules
import Testing

/// Expects the same; the calls of a machine change it, which the macro cannot take.
private func same<Value: Equatable>(_ found: Value, _ expected: Value) {
  #expect(found == expected)
}

/// What every machine of records promises to a thread that is alone.
private func judgeContract<M: RecordMachine>(_ machine: inout M) where M.W == UInt64 {
  guard let toy = machine.allocate(Toy.layout, isZeroed: true, maySleep: false),
    let other = machine.allocate(Toy.layout, isZeroed: false, maySleep: true)
  else {
    Issue.record("no memory for two records")
    return
  }
  for access in [Access.plain, .once, .acquire] { same(machine.read(Toy.x, of: toy, access), 0) }
  for (value, access) in [(1, .plain), (2, .once), (3, .release)] as [(UInt64, Access)] {
    machine.write(value, Toy.x, of: toy, access)
    same(machine.read(Toy.x, of: toy, .once), value)
  }
  same(machine.add(.max, Toy.x, of: toy, .full), 3)
  same(machine.update(Toy.x, of: toy, .or, 9, .relaxed), 2)
  same(machine.update(Toy.x, of: toy, .and, 10, .acquire), 11)
  same(machine.exchange(5, Toy.x, of: toy, .release), 10)
  same(machine.compareExchange(4, with: 6, Toy.x, of: toy, .full), 5)
  same(machine.compareExchange(5, with: 6, Toy.x, of: toy, .full), 5)
  same(machine.read(Toy.x, of: toy, .plain), 6)
  machine.write(machine.address(of: other), Toy.y, of: toy, .release)
  let followed = machine.follow(Toy.y, of: toy, .acquire)
  same(followed.map { machine.address(of: $0) }, machine.address(of: other))
  same(machine.follow(Toy.z, of: toy, .acquire) == nil, true)
  for fence in Fence.allCases { machine.fence(fence) }
  judgeLocks(&machine, toy)
  machine.free(other)
  machine.free(toy, after: .rcu)
}

private func judgeLocks<M: RecordMachine>(_ machine: inout M, _ toy: M.Record)
where M.W == UInt64 {
  for field in [Toy.lock, Toy.gate, Toy.mutex, Toy.queue, Toy.done, Toy.domain] {
    machine.initialise(field, of: toy)
  }
  for (lock, mode) in [
    (Toy.lock, .spin), (Toy.lock, .spinIRQ), (Toy.gate, .write), (Toy.gate, .writeIRQ),
    (Toy.mutex, .mutex),
  ] as [(Field, LockMode)] {
    machine.acquire(lock, of: toy, mode)
    same(machine.tryAcquire(lock, of: toy, mode), false)
    machine.release(lock, of: toy, mode)
    same(machine.tryAcquire(lock, of: toy, mode), true)
    machine.release(lock, of: toy, mode)
  }
  machine.acquire(Toy.gate, of: toy, .read)
  same(machine.tryAcquire(Toy.gate, of: toy, .write), false)
  same(machine.tryAcquire(Toy.gate, of: toy, .readIRQ), true)
  machine.release(Toy.gate, of: toy, .readIRQ)
  machine.release(Toy.gate, of: toy, .read)
  same(machine.tryAcquire(Toy.gate, of: toy, .write), true)
  same(machine.tryAcquire(Toy.gate, of: toy, .read), false)
  machine.release(Toy.gate, of: toy, .write)
  machine.complete(Toy.done, of: toy, forGood: false)
  machine.complete(Toy.done, of: toy, forGood: true)
  machine.awaitCompletion(Toy.done, of: toy)
  machine.awaitCompletion(Toy.done, of: toy)
  machine.wake(Toy.queue, of: toy, all: true)
  for domain in [ReadDomain.rcu, .srcu(Toy.domain, of: toy)] {
    machine.enterSection(domain)
    machine.mightSleep()
    machine.leaveSection(domain)
    machine.synchronise(domain)
  }
}

@Suite(.serialized) struct RecordContractTests {
  @Test func `the direct machine of records keeps the contract`() {
    var machine = DirectRecordMachine()
    judgeContract(&machine)
  }

  @Test(arguments: [false, true])
  func `the scheduled machine keeps the contract, alone and as a thread`(isWeak: Bool) {
    var settings = WorldSettings()
    settings.isWeak = isWeak
    let none = ScriptScheduler(steps: [])
    let world = ScheduledWorld(none, listener: NoListener(), settings: settings)
    var alone = world.alone
    judgeContract(&alone)
    world.reset()
    let result = world.run([{ judgeContract(&$0) }])
    #expect(result.ending == .finished)
    #expect(result.preemptionCount == 0)
  }

  @Test func `memory for records may be refused, from some allocation on or anywhere`() {
    var settings = WorldSettings()
    settings.memory = .allocations(2)
    let none = ScriptScheduler(steps: [])
    let limited = ScheduledWorld(none, listener: NoListener(), settings: settings)
    _ = makeToy(limited)
    var got: [Bool] = []
    _ = limited.run([
      { machine in
        for _ in 0..<3 {
          got.append(machine.allocate(Toy.layout, isZeroed: true, maySleep: true) != nil)
        }
      }
    ])
    #expect(got == [true, true, false])
    settings.memory = .uncertain
    let script = ScriptScheduler(steps: [], values: [0, 1, 0])
    let uncertain = ScheduledWorld(script, listener: NoListener(), settings: settings)
    got = []
    _ = uncertain.run([
      { machine in
        for _ in 0..<3 {
          got.append(machine.allocate(Toy.layout, isZeroed: true, maySleep: true) != nil)
        }
      }
    ])
    #expect(got == [true, false, true])
  }
}
