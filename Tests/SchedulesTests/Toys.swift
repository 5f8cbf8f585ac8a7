import Machines
import Property
import Schedules

/// Keeps every event, with who made it.
struct Recorder: RecordListener {
  struct Entry: Equatable {
    var event: RecordEvent
    var thread: Int
  }
  var entries: [Entry] = []
  mutating func observe(_ event: RecordEvent, by thread: Int) {
    entries.append(Entry(event: event, thread: thread))
  }
}

/// A record with a lock of each kind and a few words.
enum Toy {
  @inlinable static var lock: Field { Field(0, "lock", .spinLock) }
  @inlinable static var other: Field { Field(1, "other", .spinLock) }
  @inlinable static var gate: Field { Field(2, "gate", .readWriteLock) }
  @inlinable static var mutex: Field { Field(3, "mutex", .mutex) }
  @inlinable static var queue: Field { Field(4, "queue", .waitQueue) }
  @inlinable static var done: Field { Field(5, "done", .completion) }
  @inlinable static var domain: Field { Field(6, "domain", .srcu) }
  @inlinable static var x: Field { Field(7, "x") }
  @inlinable static var y: Field { Field(8, "y") }
  @inlinable static var z: Field { Field(9, "z") }
  @inlinable static var third: Field { Field(10, "third", .spinLock) }
  static let layout = Layout(
    "toy",
    [lock, other, gate, mutex, queue, done, domain, x, y, z, third]
  )
}

/// A zeroed toy record in a world, with its locks and its queue made; 0 where there is no memory for it.
func makeToy<S, L>(_ world: ScheduledWorld<S, L>) -> UInt64 {
  let machine = world.alone
  guard let toy = machine.allocate(Toy.layout, isZeroed: true, maySleep: true) else { return 0 }
  for field in [Toy.lock, Toy.other, Toy.gate, Toy.mutex, Toy.third, Toy.queue] {
    machine.initialise(field, of: toy)
  }
  return toy
}

/// Code of a toy, on any machine.
enum ToyCode {
  /// Adds 1 to x under the lock.
  @inlinable
  static func count<M: RecordMachine>(_ machine: inout M, _ toy: M.Record) {
    machine.acquire(Toy.lock, of: toy, .spin)
    let value = machine.read(Toy.x, of: toy, .plain)
    machine.write(value &+ M.W(1), Toy.x, of: toy, .plain)
    machine.release(Toy.lock, of: toy, .spin)
  }

  /// Adds 1 to x under a lock that is none: y is read, and then written.
  @inlinable
  static func countBadly<M: RecordMachine>(_ machine: inout M, _ toy: M.Record) {
    while machine.holds(machine.read(Toy.y, of: toy, .once) .!= M.W(0)) { machine.yield() }
    machine.write(M.W(1), Toy.y, of: toy, .once)
    let value = machine.read(Toy.x, of: toy, .once)
    machine.write(value &+ M.W(1), Toy.x, of: toy, .once)
    machine.write(M.W(0), Toy.y, of: toy, .release)
  }
}
