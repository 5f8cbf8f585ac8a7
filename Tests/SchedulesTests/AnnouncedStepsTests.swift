import Machines
import Schedules
import Testing

/// A record of two words that hardware reads at any moment.
private enum Watched {
  static func word(_ index: UInt8) -> Field { Field(index, "word", .descriptor) }
  static let layout = Layout("watched", [word(0), word(1)])
}

/// Explores two threads.
/// - Returns: in which orders they made the steps that hardware is told of, or may see.
private func orders(
  _ step: @escaping (inout Explorer.World<Trace>.Machine, UInt64) -> Void
) -> Set<[Int]> {
  var record: UInt64 = 0
  let exploration = Explorer().explore(
    listener: Trace(),
    begin: { world in
      world.withListener { $0.listener.reset() }
      record = world.alone.allocate(Watched.layout, isZeroed: true, maySleep: true) ?? 0
      let body: (inout Explorer.World<Trace>.Machine) -> Void = { step(&$0, record) }
      return [body, body]
    },
    end: { world, _ in
      world.withListener { listener in
        listener.listener.entries.compactMap { entry -> Int? in
          switch entry.event {
          case .barrier, .write, .read: entry.thread
          default: nil
          }
        }
      }
    }
  )
  #expect(exploration.isComplete)
  return Set(exploration.outcomes.keys)
}

@Suite struct AnnouncedStepsTests {
  @Test func `what hardware is told is tried in every order, though it touches no word`() {
    #expect(orders { machine, _ in machine.announce(.barrier(.dsbISH)) } == [[0, 1], [1, 0]])
  }

  @Test func `so is what it may see, in different words`() {
    let found = orders { machine, record in
      machine.write(1, Watched.word(UInt8(machine.thread)), of: record, .once)
    }
    #expect(found == [[0, 1], [1, 0]])
  }

  @Test func `reads of what it sees are not`() {
    let found = orders { machine, record in
      _ = machine.read(Watched.word(0), of: record, .once)
    }
    #expect(found.count == 1)
  }
}
