import Machines
import Oracles
import Schedules
import Testing

/// The rules that some threads break, each going to its end before the next after the first steps.
private func judged(_ threads: [LitmusBody], steps: [UInt8] = []) -> [Rule] {
  let world = ScheduledWorld(ScriptScheduler(steps: steps), listener: ThreadJudges())
  _ = makeToy(world)
  _ = world.run(threads)
  return world.listener.violations.map(\.rule)
}

/// The first record of a world.
private let toy: UInt64 = 136

/// Takes locks in an order, and gives them back in the other.
private func nest(_ locks: [(Field, LockMode)]) -> LitmusBody {
  { machine in
    for (lock, mode) in locks { machine.acquire(lock, of: toy, mode) }
    for (lock, mode) in locks.reversed() { machine.release(lock, of: toy, mode) }
  }
}

@Suite(.serialized) struct ThreadJudgeTests {
  @Test func `three threads that each take two of three locks in a ring are an inversion`() {
    let ring = [(Toy.lock, Toy.other), (Toy.other, Toy.mutex), (Toy.mutex, Toy.lock)]
    let modes: (Field) -> LockMode = { $0 == Toy.mutex ? .mutex : .spin }
    let rules = judged(
      ring.map { first, second in nest([(first, modes(first)), (second, modes(second))]) }
    )
    #expect(rules.filter { $0 == .lockOrderInversion }.count == 1)
    let open = judged(ring.dropLast().map { nest([($0, modes($0)), ($1, modes($1))]) })
    #expect(!open.contains(.lockOrderInversion))
  }

  @Test func `locks that are shared, tried, or taken by one thread alone are no inversion`() {
    let one: [(Field, LockMode)] = [(Toy.lock, .spin), (Toy.gate, .read)]
    // Who shares the gate does not wait for the other who does; who wants it alone would.
    #expect(judged([nest(one), nest(one.reversed())]).isEmpty)
    let alone: [(Field, LockMode)] = [(Toy.gate, .write), (Toy.lock, .spin)]
    #expect(judged([nest(one), nest(alone)]) == [.lockOrderInversion])
    let gates: [(Field, LockMode)] = [(Toy.gate, .read), (Toy.lock, .spin)]
    let tried: LitmusBody = { machine in
      machine.acquire(Toy.lock, of: toy, .spin)
      if machine.tryAcquire(Toy.gate, of: toy, .write) {
        machine.release(Toy.gate, of: toy, .write)
      }
      machine.release(Toy.lock, of: toy, .spin)
    }
    #expect(judged([nest(gates), tried]).isEmpty)
    let both: LitmusBody = { machine in
      nest(gates)(&machine)
      nest(gates.reversed())(&machine)
    }
    #expect(judged([both]).isEmpty)
  }

  /// What may sleep.
  private static var sleepers: [LitmusBody] {
    [
      { $0.mightSleep() },
      { machine in
        machine.acquire(Toy.mutex, of: toy, .mutex)
        machine.release(Toy.mutex, of: toy, .mutex)
      },
      { $0.sleep() },
      { machine in
        machine.complete(Toy.done, of: toy, forGood: true)
        machine.awaitCompletion(Toy.done, of: toy)
      },
      { $0.synchronise(.srcu(Toy.domain, of: toy)) },
      { _ = $0.allocate(Toy.layout, isZeroed: true, maySleep: true) },
    ]
  }

  @Test func `nothing sleeps under a spinning lock, with interrupts disabled, or in RCU`() {
    for sleeper in ThreadJudgeTests.sleepers {
      let contexts: [(LitmusBody, isPermitted: Bool)] = [
        (sleeper, true),
        (
          { machine in
            machine.acquire(Toy.lock, of: toy, .spin)
            sleeper(&machine)
            machine.release(Toy.lock, of: toy, .spin)
          }, false
        ),
        (
          { machine in
            machine.acquire(Toy.gate, of: toy, .read)
            sleeper(&machine)
            machine.release(Toy.gate, of: toy, .read)
          }, false
        ),
        (
          { machine in
            machine.setInterrupts(areEnabled: false)
            sleeper(&machine)
            machine.setInterrupts(areEnabled: true)
            sleeper(&machine)
          }, false
        ),
        (
          { machine in
            machine.enterSection(.rcu)
            sleeper(&machine)
            machine.leaveSection(.rcu)
          }, false
        ),
        (
          { machine in
            machine.enterSection(.srcu(Toy.z, of: toy))
            sleeper(&machine)
            machine.leaveSection(.srcu(Toy.z, of: toy))
          }, true
        ),
      ]
      for (body, isPermitted) in contexts {
        #expect(judged([body]) == (isPermitted ? [] : [.sleepNotPermitted]))
      }
    }
  }

  @Test(arguments: [false, true])
  func `a queue is made before somebody waits on it, or wakes who does`(isMade: Bool) {
    let rules = judged([
      { machine in
        guard let record = machine.allocate(Toy.layout, isZeroed: true, maySleep: true) else {
          return
        }
        if isMade { machine.initialise(Toy.queue, of: record) }
        machine.wake(Toy.queue, of: record, all: true)
        machine.prepareToWait(on: Toy.queue, of: record)
        machine.finishWait(on: Toy.queue, of: record)
      }
    ])
    #expect(rules == (isMade ? [] : [.lockNotMade]))
  }

  @Test func `a queue that is waited on is not made anew, nor a lock given back by others`() {
    let rules = judged(
      [
        { machine in
          machine.prepareToWait(on: Toy.queue, of: toy)
          machine.write(1, Toy.x, of: toy, .once)
          machine.finishWait(on: Toy.queue, of: toy)
        },
        { $0.initialise(Toy.queue, of: toy) },
      ],
      steps: [0, 0, 0, 1, 1]
    )
    #expect(rules == [.lockReinitialised])
    let foreign = judged(
      [
        { machine in
          machine.acquire(Toy.lock, of: toy, .spin)
          machine.write(1, Toy.x, of: toy, .once)
        },
        { $0.release(Toy.lock, of: toy, .spin) },
      ],
      steps: [0, 0, 0, 1, 1]
    )
    #expect(foreign == [.lockKept, .foreignRelease])
  }

  @Test func `what begins between two words is no record`() {
    let rules = judged([{ machine in machine.write(1, Toy.x, of: toy + 4, .once) }])
    #expect(rules == [.noSuchRecord])
  }

  @Test func `a lock is given back in the mode in which it was taken`() {
    for (taken, given) in [(LockMode.readIRQ, LockMode.read), (.write, .writeIRQ)] {
      let rules = judged([
        { machine in
          machine.acquire(Toy.gate, of: toy, taken)
          machine.release(Toy.gate, of: toy, given)
          machine.release(Toy.gate, of: toy, taken)
        }
      ])
      #expect(rules == [.foreignRelease], "\(taken) \(given)")
    }
  }

  @Test func `a record is kept while a section is that could see it, and not after`() {
    for isInside in [true, false] {
      let rules = judged(
        [
          { machine in
            machine.enterSection(.rcu)
            if isInside { _ = machine.read(Toy.x, of: toy, .once) }
            machine.leaveSection(.rcu)
            machine.enterSection(.rcu)
            if !isInside { _ = machine.read(Toy.x, of: toy, .once) }
            machine.leaveSection(.rcu)
          },
          { $0.free(toy, after: .rcu) },
        ],
        steps: [0, 0, 1, 1, 1]
      )
      #expect(rules == (isInside ? [] : [.recordUsedAfterFree]))
    }
  }

  @Test func `who waits for its own section waits for ever`() {
    let rules = judged([
      { machine in
        machine.enterSection(.rcu)
        machine.synchronise(.rcu)
      }
    ])
    #expect(rules == [.sleepNotPermitted, .deadlock])
  }

  @Test func `known findings are counted and are none`() {
    let world = ScheduledWorld(ScriptScheduler(steps: []), listener: ThreadJudges())
    let race: LitmusBody = { $0.write(1, Toy.x, of: toy, .plain) }
    _ = makeToy(world)
    _ = world.run([race, race])
    let fingerprints = world.listener.violations.map(\.fingerprint)
    #expect(fingerprints == ["data-race/toy.x: plain write, plain write"])
    world.reset()
    world.withListener {
      $0.reset()
      $0.acceptedFingerprints = Set(fingerprints)
    }
    _ = makeToy(world)
    _ = world.run([race, race])
    #expect(world.listener.violations.isEmpty)
  }
}
