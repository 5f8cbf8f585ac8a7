import Machines
import Oracles
import Schedules
import Testing

/// The races of two threads, the first of which comes first.
private func races(
  _ first: @escaping LitmusBody,
  _ second: @escaping LitmusBody,
  _ third: LitmusBody? = nil
) -> [String] {
  let world = ScheduledWorld(ScriptScheduler(steps: []), listener: ThreadJudges())
  _ = makeToy(world)
  _ = world.run([first, second] + (third.map { [$0] } ?? []))
  return world.listener.violations.filter { $0.rule == .dataRace }.map(\.fingerprint)
}

/// The first record of a world.
private let toy: UInt64 = 136

@Suite(.serialized) struct DataRaceTests {
  @Test func `marked accesses do not race with each other, and plain ones do with both`() {
    for (first, second, isRace) in [
      (.once, .once, false), (.plain, .once, true), (.once, .plain, true), (.plain, .plain, true),
    ] as [(Access, Access, Bool)] {
      let found = races(
        { $0.write(1, Toy.x, of: toy, first) },
        { _ = $0.read(Toy.x, of: toy, second) }
      )
      #expect(found.count == (isRace ? 1 : 0))
      let both = races(
        { _ = $0.read(Toy.x, of: toy, first) },
        { _ = $0.read(Toy.x, of: toy, second) }
      )
      #expect(both.isEmpty)
    }
  }

  @Test func `what is released and acquired is ordered, and what is only marked is not`() {
    for (release, acquire, isRace) in [
      (.release, .acquire, false), (.once, .acquire, true), (.release, .once, true),
    ] as [(Access, Access, Bool)] {
      let found = races(
        { machine in
          machine.write(1, Toy.x, of: toy, .plain)
          machine.write(1, Toy.y, of: toy, release)
        },
        { machine in
          guard machine.read(Toy.y, of: toy, acquire) == 1 else { return }
          _ = machine.read(Toy.x, of: toy, .plain)
        }
      )
      #expect(found == (isRace ? ["data-race/toy.x: plain read, plain write"] : []))
    }
  }

  @Test func `fences order marked accesses where both sides have one`() {
    for (write, read, isRace) in [
      (.smpWMB, .smpRMB, false), (.smpMB, .smpMB, false), (nil, .smpRMB, true),
      (.smpWMB, nil, true), (.smpRMB, .smpWMB, true),
    ] as [(Fence?, Fence?, Bool)] {
      let found = races(
        { machine in
          machine.write(1, Toy.x, of: toy, .plain)
          if let write { machine.fence(write) }
          machine.write(1, Toy.y, of: toy, .once)
        },
        { machine in
          guard machine.read(Toy.y, of: toy, .once) == 1 else { return }
          if let read { machine.fence(read) }
          _ = machine.read(Toy.x, of: toy, .plain)
        }
      )
      #expect(found.isEmpty == !isRace)
    }
  }

  @Test func `an atomic that orders hands on what it found, and one that is relaxed does not`() {
    for order in [AtomicOrder.full, .relaxed] {
      let found = races(
        { machine in
          machine.write(1, Toy.x, of: toy, .plain)
          _ = machine.add(1, Toy.z, of: toy, order)
        },
        { machine in
          guard machine.add(1, Toy.z, of: toy, order) == 1 else { return }
          machine.write(2, Toy.x, of: toy, .plain)
        }
      )
      #expect(found.isEmpty == (order == .full))
    }
  }

  @Test func `readers of a lock are ordered against its writer, and not among each other`() {
    let write: LitmusBody = { machine in
      machine.acquire(Toy.gate, of: toy, .write)
      machine.write(1, Toy.x, of: toy, .plain)
      machine.release(Toy.gate, of: toy, .write)
    }
    let read: LitmusBody = { machine in
      machine.acquire(Toy.gate, of: toy, .read)
      _ = machine.read(Toy.x, of: toy, .plain)
      machine.release(Toy.gate, of: toy, .read)
    }
    let writeShared: LitmusBody = { machine in
      machine.acquire(Toy.gate, of: toy, .read)
      machine.write(1, Toy.x, of: toy, .plain)
      machine.release(Toy.gate, of: toy, .read)
    }
    #expect(races(write, read, write).isEmpty)
    #expect(races(read, read, write).isEmpty)
    #expect(!races(read, writeShared).isEmpty)
  }

  @Test func `a grace period orders what readers did before what comes after it`() {
    for waits in [true, false] {
      let found = races(
        { machine in
          machine.enterSection(.rcu)
          _ = machine.read(Toy.x, of: toy, .plain)
          machine.leaveSection(.rcu)
        },
        { machine in
          if waits { machine.synchronise(.rcu) }
          machine.write(1, Toy.x, of: toy, .plain)
        }
      )
      #expect(found.isEmpty == waits)
    }
  }

  @Test func `freeing races with a use that is in no order with it`() {
    let found = races({ _ = $0.read(Toy.x, of: toy, .once) }, { $0.free(toy) })
    #expect(found == ["data-race/toy.freed: marked read, plain write"])
  }

  @Test func `what was set up is ordered before every thread`() {
    let world = ScheduledWorld(ScriptScheduler(steps: []), listener: ThreadJudges())
    let toy = makeToy(world)
    world.alone.write(1, Toy.x, of: toy, .plain)
    _ = world.run([{ $0.write(2, Toy.x, of: toy, .plain) }])
    _ = world.alone.read(Toy.x, of: toy, .plain)
    #expect(world.listener.violations.isEmpty)
  }
}
