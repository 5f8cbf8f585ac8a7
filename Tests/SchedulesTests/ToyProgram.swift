import Machines
import Oracles
import Property
import Schedules

/// A small program of several threads, drawn at random, to compare explorers on.
struct ToyProgram: CustomStringConvertible {
  /// What a thread does next; what it reads goes to its register.
  enum Step {
    case read(Field)
    case write(Field, UInt64)
    case add(Field)
    case exchange(Field)
    case lock(Field)
    case unlock(Field)
    case tryLock(Field)
    case readLock, readUnlock, writeLock, writeUnlock
    case await(Field)
    case wake, sleep, complete, completed
    case enter, leave, synchronise
    case free, fence, freeLater
  }

  let threads: [[Step]]

  var description: String {
    threads.map { $0.map { "\($0)" }.joined(separator: "; ") }.joined(separator: " | ")
  }

  /// Draws one of so many threads, each of a few steps.
  static func draw(_ choices: inout Choices, threadCount: Int, stepCount: Int) -> ToyProgram {
    ToyProgram(
      threads: (0..<threadCount).map { _ in
        var steps: [Step] = []
        while steps.count < stepCount { steps += drawSteps(&choices) }
        return steps
      }
    )
  }

  private static func drawSteps(_ choices: inout Choices) -> [Step] {
    let field = choices.pick([Toy.x, Toy.y])
    switch choices.draw(below: 22) {
    case 0...4: return [.read(field)]
    case 5...8: return [.write(field, choices.draw(through: 2))]
    case 9: return [.add(field)]
    case 10: return [.exchange(field)]
    case 11: return [.lock(Toy.lock), .read(field), .unlock(Toy.lock)]
    case 12: return [.lock(Toy.lock), .lock(Toy.other), .unlock(Toy.other), .unlock(Toy.lock)]
    case 13: return [.lock(Toy.other), .lock(Toy.lock), .unlock(Toy.lock), .unlock(Toy.other)]
    case 14: return [.tryLock(Toy.lock), .unlock(Toy.lock)]
    case 15: return [.readLock, .read(field), .readUnlock]
    case 16: return [.writeLock, .add(field), .writeUnlock]
    case 17: return [.await(field)]
    case 18: return choices.flip(oneIn: 2) ? [.sleep] : [.wake]
    case 19: return choices.flip(oneIn: 2) ? [.complete] : [.completed]
    case 20: return choices.flip(oneIn: 2) ? [.enter, .read(field), .leave] : [.synchronise]
    default: return [choices.pick([.fence, .free, .freeLater])]
    }
  }
}

extension ToyProgram.Step {
  /// Does it, and takes what was seen into the register.
  func perform<M: RecordMachine>(
    _ machine: inout M,
    _ toy: M.Record,
    _ register: UnsafeMutablePointer<UInt64>
  ) where M.W == UInt64 {
    func see(_ value: UInt64) { register.pointee = register.pointee &* 31 &+ value &+ 1 }
    switch self {
    case .read(let field): see(machine.read(field, of: toy, .once))
    case .write(let field, let value): machine.write(value, field, of: toy, .once)
    case .add(let field): see(machine.add(1, field, of: toy, .full))
    case .exchange(let field):
      see(machine.compareExchange(0, with: 2, field, of: toy, .full))
    case .lock(let lock): machine.acquire(lock, of: toy, .spin)
    case .unlock(let lock): machine.release(lock, of: toy, .spin)
    case .tryLock(let lock): see(machine.tryAcquire(lock, of: toy, .spin) ? 1 : 0)
    case .readLock: machine.acquire(Toy.gate, of: toy, .read)
    case .readUnlock: machine.release(Toy.gate, of: toy, .read)
    case .writeLock: machine.acquire(Toy.gate, of: toy, .write)
    case .writeUnlock: machine.release(Toy.gate, of: toy, .write)
    case .await(let field):
      while machine.read(field, of: toy, .once) == 0 { machine.yield() }
    case .wake: machine.wake(Toy.queue, of: toy, all: false)
    case .sleep:
      machine.prepareToWait(on: Toy.queue, of: toy)
      if machine.read(Toy.x, of: toy, .once) == 0 { machine.sleep() }
      machine.finishWait(on: Toy.queue, of: toy)
    case .complete: machine.complete(Toy.done, of: toy, forGood: false)
    case .completed: machine.awaitCompletion(Toy.done, of: toy)
    case .enter: machine.enterSection(.rcu)
    case .leave: machine.leaveSection(.rcu)
    case .synchronise: machine.synchronise(.rcu)
    case .free: machine.free(toy)
    case .freeLater: machine.free(toy, after: .rcu)
    case .fence: machine.fence(.smpMB)
    }
  }
}

extension ToyProgram {
  /// How a run ended: what is left in memory, what each thread saw, and what the judges found.
  struct End: Hashable {
    var ending: RunEnding
    var memory: UInt64
    var registers: [UInt64]
    var findings: Set<String>
  }

  /// Goes through the program's schedules.
  func explored(by explorer: Explorer) -> Exploration<End> {
    let registers = UnsafeMutablePointer<UInt64>.allocate(capacity: threads.count)
    defer { registers.deallocate() }
    return explorer.explore(listener: ThreadJudges()) { world in
      world.withListener { $0.listener.reset() }
      registers.initialize(repeating: 0, count: threads.count)
      let toy = makeToy(world)
      return threads.enumerated().map { index, steps in
        { machine in
          for step in steps { step.perform(&machine, toy, registers + index) }
        }
      }
    } end: { world, result in
      End(
        ending: result.ending,
        memory: world.memoryDigest,
        registers: Array(UnsafeBufferPointer(start: registers, count: threads.count)),
        findings: Set(world.listener.listener.violations.map(\.fingerprint))
      )
    }
  }
}

extension ToyProgram {
  /// Runs the program once.
  func run<S: Scheduler>(by scheduler: S, settings: WorldSettings) -> (end: End, scheduler: S) {
    let registers = UnsafeMutablePointer<UInt64>.allocate(capacity: threads.count)
    registers.initialize(repeating: 0, count: threads.count)
    defer { registers.deallocate() }
    let world = ScheduledWorld(scheduler, listener: ThreadJudges(), settings: settings)
    let toy = makeToy(world)
    let result = world.run(
      threads.enumerated().map { index, steps in
        { machine in
          for step in steps { step.perform(&machine, toy, registers + index) }
        }
      }
    )
    let end = End(
      ending: result.ending,
      memory: world.memoryDigest,
      registers: Array(UnsafeBufferPointer(start: registers, count: threads.count)),
      findings: Set(world.listener.violations.map(\.fingerprint))
    )
    return (end, world.scheduler)
  }
}
