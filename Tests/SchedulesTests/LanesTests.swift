import Machines
import Oracles
import Schedules
import Testing

@Suite(.serialized) struct LanesTests {
  /// Two threads count badly, by a schedule in which one is overtaken.
  private func trace() -> Trace {
    let world = ScheduledWorld(ScriptScheduler(steps: [0, 0, 1, 1, 1, 1]), listener: Trace())
    let toy = makeToy(world)
    let body: (inout ScheduledMachine<ScriptScheduler, Trace>) -> Void = { machine in
      machine.call(Site("count"))
      ToyCode.countBadly(&machine, toy)
      machine.write(1, Toy.z, of: toy, .plain)
      machine.returned(Site("count"))
    }
    _ = world.run([
      body,
      { machine in
        machine.call(Site("count"))
        ToyCode.countBadly(&machine, toy)
        machine.returned(Site("count"))
      },
    ])
    return world.listener
  }

  @Test func `lanes have a column a thread, and only steps that matter`() {
    let lanes = Lanes(trace(), titles: ["user", "other user"])
    #expect(
      lanes.text == """
        user                  other user
        count
        toy.y is 0
                              count
                              toy.y is 0
                              toy.y = 1
                              toy.x is 0
                              toy.x = 1
                              toy.y = 0 (release)
                              count returns
        toy.y = 1
        toy.x is 1
        toy.x = 2
        toy.y = 0 (release)
        count returns

        """
    )
  }

  @Test func `a call is told of as its caller says`() {
    let lanes = Lanes(trace()) { thread, index, isReturn in
      isReturn ? nil : "call \(index) of \(thread)"
    }
    let texts = lanes.lines.map(\.text)
    #expect(texts.first == "call 0 of 0" && texts.contains("call 0 of 1"))
    #expect(texts.last == "count returns")
  }

  @Test func `asked for everything, lanes tell everything`() {
    let all = Lanes(trace(), tellsAll: true)
    #expect(all.titles == ["thread 0", "thread 1"])
    #expect(all.lines.contains { $0.text == "toy.z = 1 (plain)" })
    #expect(all.lines.contains { $0.text == "ends" })
  }

  @Test func `records of one name are numbered, and a read of an older write says so`() {
    var settings = WorldSettings()
    settings.isWeak = true
    let world = ScheduledWorld(
      ScriptScheduler(steps: [0, 0, 1, 1], values: [1]),
      listener: PairedListener(Trace(), NoListener()),
      settings: settings
    )
    let first = makeToy(world)
    let second = makeToy(world)
    _ = world.run([
      { machine in
        machine.write(first, Toy.x, of: second, .once)
        machine.free(first)
      },
      { _ = $0.read(Toy.x, of: second, .once) },
    ])
    let texts = Lanes(world.listener.first).lines.map(\.text)
    #expect(texts == ["toy 2.x = 136", "toy 2.x is 0, which is old", "frees toy 1"])
  }
}
