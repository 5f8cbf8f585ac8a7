import Machines
import Oracles
import Schedules
import Testing

typealias LitmusMachine = ScheduledMachine<ScriptScheduler, ThreadJudges>
typealias LitmusBody = (inout LitmusMachine) -> Void

/// A rule's litmus: threads that it convicts, and a near miss in which nothing is wrong.
struct ThreadLitmus: Sendable {
  let rule: Rule
  /// Who makes the first steps; then each thread in turn goes to its end.
  var steps: [UInt8] = []
  /// The threads, with the fault or without; what they share is the toy.
  let threads: @Sendable (_ toy: UInt64, _ hasFault: Bool) -> [LitmusBody]

  /// The rules that are broken.
  func judged(_ hasFault: Bool) -> [Rule] {
    var settings = WorldSettings()
    settings.stepLimit = 500
    settings.fairStepLimit = 500
    let world = ScheduledWorld(
      ScriptScheduler(steps: steps),
      listener: ThreadJudges(),
      settings: settings
    )
    let toy = makeToy(world)
    _ = world.run(threads(toy, hasFault))
    return world.listener.violations.map(\.rule)
  }
}

/// Adds to x under a lock of the toy.
private func count(_ machine: inout LitmusMachine, _ toy: UInt64, under lock: Field) {
  machine.acquire(lock, of: toy, .spin)
  let value = machine.read(Toy.x, of: toy, .plain)
  machine.write(value + 1, Toy.x, of: toy, .plain)
  machine.release(lock, of: toy, .spin)
}

extension ThreadLitmus {
  static let ofLocks: [ThreadLitmus] = [
    ThreadLitmus(rule: .dataRace) { toy, hasFault in
      [
        { count(&$0, toy, under: Toy.lock) },
        { count(&$0, toy, under: hasFault ? Toy.other : Toy.lock) },
      ]
    },
    ThreadLitmus(rule: .lockOrderInversion) { toy, hasFault in
      let order = hasFault ? [Toy.other, Toy.lock] : [Toy.lock, Toy.other]
      return [
        { machine in
          for lock in [Toy.lock, Toy.other] { machine.acquire(lock, of: toy, .spin) }
          for lock in [Toy.other, Toy.lock] { machine.release(lock, of: toy, .spin) }
        },
        { machine in
          for lock in order { machine.acquire(lock, of: toy, .spin) }
          for lock in order.reversed() { machine.release(lock, of: toy, .spin) }
        },
      ]
    },
    ThreadLitmus(rule: .foreignRelease) { toy, hasFault in
      [
        { machine in
          machine.acquire(Toy.gate, of: toy, .read)
          if hasFault { machine.release(Toy.gate, of: toy, .write) }
          if !hasFault { machine.release(Toy.gate, of: toy, .read) }
          if hasFault { machine.finishWithRead(toy) }
        }
      ]
    },
    ThreadLitmus(rule: .lockNotMade) { _, hasFault in
      [
        { machine in
          guard let record = machine.allocate(Toy.layout, isZeroed: true, maySleep: true) else {
            return
          }
          machine.initialise(hasFault ? Toy.other : Toy.lock, of: record)
          machine.acquire(Toy.lock, of: record, .spin)
          machine.release(Toy.lock, of: record, .spin)
        }
      ]
    },
    ThreadLitmus(rule: .lockReinitialised, steps: [0, 0, 0, 1, 1]) { toy, hasFault in
      [
        { machine in
          machine.acquire(Toy.lock, of: toy, .spin)
          machine.write(1, Toy.x, of: toy, .once)
          machine.release(Toy.lock, of: toy, .spin)
        },
        { $0.initialise(hasFault ? Toy.lock : Toy.other, of: toy) },
      ]
    },
    ThreadLitmus(rule: .lockInterruptible) { toy, hasFault in
      [
        { machine in
          machine.acquire(Toy.lock, of: toy, .spinIRQ)
          machine.release(Toy.lock, of: toy, .spinIRQ)
        },
        { machine in
          // Within what has them disabled there is no need to disable them again.
          if !hasFault { machine.acquire(Toy.other, of: toy, .spinIRQ) }
          machine.acquire(Toy.lock, of: toy, .spin)
          machine.release(Toy.lock, of: toy, .spin)
          if !hasFault { machine.release(Toy.other, of: toy, .spinIRQ) }
        },
      ]
    },
    ThreadLitmus(rule: .lockOverwritten) { toy, hasFault in
      [
        { machine in
          machine.acquire(Toy.lock, of: toy, .spin)
          machine.write(1, hasFault ? Toy.lock : Toy.x, of: toy, .plain)
          machine.release(Toy.lock, of: toy, .spin)
        }
      ]
    },
    ThreadLitmus(rule: .lockKept) { toy, hasFault in
      [
        { machine in
          machine.acquire(Toy.lock, of: toy, .spin)
          if !hasFault { machine.release(Toy.lock, of: toy, .spin) }
        }
      ]
    },
    ThreadLitmus(rule: .sleepNotPermitted) { toy, hasFault in
      [
        { machine in
          machine.acquire(Toy.gate, of: toy, .writeIRQ)
          _ = machine.allocate(Toy.layout, isZeroed: true, maySleep: hasFault)
          machine.release(Toy.gate, of: toy, .writeIRQ)
        }
      ]
    },
    ThreadLitmus(rule: .deadlock, steps: [0, 0, 1, 1]) { toy, hasFault in
      // Whoever tries a lock does not wait for it.
      [
        { machine in
          machine.acquire(Toy.lock, of: toy, .spin)
          machine.acquire(Toy.other, of: toy, .spin)
          machine.release(Toy.other, of: toy, .spin)
          machine.release(Toy.lock, of: toy, .spin)
        },
        { machine in
          machine.acquire(Toy.other, of: toy, .spin)
          if hasFault {
            machine.acquire(Toy.lock, of: toy, .spin)
            machine.release(Toy.lock, of: toy, .spin)
          } else if machine.tryAcquire(Toy.lock, of: toy, .spin) {
            machine.release(Toy.lock, of: toy, .spin)
          }
          machine.release(Toy.other, of: toy, .spin)
        },
      ]
    },
  ]

  static let ofWaiting: [ThreadLitmus] = [
    ThreadLitmus(rule: .lostWakeUp, steps: [0, 0, 1, 1, 1]) { toy, hasFault in
      [
        { machine in
          if hasFault {
            guard machine.read(Toy.x, of: toy, .acquire) == 0 else { return }
            machine.prepareToWait(on: Toy.queue, of: toy)
            machine.sleep()
          } else {
            machine.prepareToWait(on: Toy.queue, of: toy)
            if machine.read(Toy.x, of: toy, .acquire) == 0 { machine.sleep() }
          }
          machine.finishWait(on: Toy.queue, of: toy)
        },
        { machine in
          machine.write(1, Toy.x, of: toy, .release)
          machine.wake(Toy.queue, of: toy, all: true)
        },
      ]
    },
    ThreadLitmus(rule: .queueNotLeft) { toy, hasFault in
      [
        { machine in
          machine.prepareToWait(on: Toy.queue, of: toy)
          machine.prepareToWait(on: Toy.queue, of: toy)
          if !hasFault { machine.finishWait(on: Toy.queue, of: toy) }
        }
      ]
    },
    ThreadLitmus(rule: .threadNeverEnds) { toy, hasFault in
      [
        { machine in while machine.read(Toy.x, of: toy, .acquire) == 0 { machine.yield() } },
        { $0.write(1, hasFault ? Toy.y : Toy.x, of: toy, .release) },
      ]
    },
    ThreadLitmus(rule: .unbalancedReadSection) { toy, hasFault in
      [
        { machine in
          machine.enterSection(.srcu(Toy.domain, of: toy))
          if !hasFault { machine.leaveSection(.srcu(Toy.domain, of: toy)) }
        }
      ]
    },
    ThreadLitmus(rule: .unexpectedWarning) { toy, hasFault in
      [{ if $0.read(Toy.x, of: toy, .once) == (hasFault ? 0 : 1) { $0.warn(Site("odd")) } }]
    },
  ]

  /// Publishes a record by y, which another thread then reads.
  private static func publishing(
    _ body: @escaping @Sendable (inout LitmusMachine, UInt64) -> Void
  ) -> @Sendable (UInt64, Bool) -> [LitmusBody] {
    { toy, _ in
      [
        { machine in
          guard let record = machine.allocate(Toy.layout, isZeroed: true, maySleep: true) else {
            return
          }
          machine.write(record, Toy.y, of: toy, .release)
        },
        { machine in
          guard let record = machine.follow(Toy.y, of: toy, .acquire) else { return }
          body(&machine, record)
        },
      ]
    }
  }

  static let ofRecords: [ThreadLitmus] = [
    ThreadLitmus(rule: .recordUsedAfterFree) { toy, hasFault in
      publishing { machine, record in
        machine.write(1, Toy.x, of: record, .plain)
        machine.free(record)
        if hasFault { _ = machine.read(Toy.x, of: record, .plain) }
      }(toy, hasFault)
    },
    ThreadLitmus(rule: .recordFreedTwice) { toy, hasFault in
      publishing { machine, record in
        machine.free(record)
        if hasFault { machine.free(record) }
      }(toy, hasFault)
    },
    ThreadLitmus(rule: .noSuchRecord) { toy, hasFault in
      publishing { machine, record in
        let link = machine.record(at: machine.read(Toy.z, of: record, .plain))
        if hasFault { _ = machine.read(Toy.x, of: link, .plain) }
      }(toy, hasFault)
    },
    ThreadLitmus(rule: .uninitialisedField) { toy, hasFault in
      [
        { machine in
          let record = machine.allocate(Toy.layout, isZeroed: false, maySleep: true)
          guard let record else { return }
          machine.write(0, hasFault ? Toy.y : Toy.x, of: record, .plain)
          _ = machine.read(Toy.x, of: record, .plain)
        }
      ]
    },
  ]
}

extension ScheduledMachine {
  /// Gives the gate back as it was taken.
  fileprivate func finishWithRead(_ toy: UInt64) { release(Toy.gate, of: toy, .read) }
}

@Suite(.serialized) struct ThreadRuleTests {
  private static let pairs = ThreadLitmus.ofLocks + ThreadLitmus.ofWaiting + ThreadLitmus.ofRecords

  @Test(arguments: pairs.indices)
  func `a rule of threads convicts its threads and not the near miss`(index: Int) {
    let pair = ThreadRuleTests.pairs[index]
    #expect(pair.judged(true).first == pair.rule, "\(pair.rule.name): \(pair.judged(true))")
    #expect(pair.judged(false).isEmpty, "\(pair.rule.name): \(pair.judged(false))")
  }

  @Test func `every rule of the judges of threads has a litmus pair, and one`() {
    let pairs = ThreadRuleTests.pairs.map(\.rule)
    #expect(pairs.map(\.name).sorted() == ThreadJudges.rules.map(\.name).sorted())
    #expect(Set(pairs) == Set(ThreadJudges.rules))
  }
}
