import Architecture
import Machines
import Oracles

/// What listens to a checked keeper of partition-scoped tables: the judges, a recording, and the
/// hardware, which uses the tables at any moment.
struct RadixListener: EventListener {
  /// A guest's access that the hardware makes while a call runs.
  struct Access: Sendable, Hashable {
    /// How many loads and stores of the call come before.
    var delay: UInt64
    /// The guest real address.
    let address: UInt64
    /// It is a store.
    let isWrite: Bool
    /// How many loads and stores came before it, once it was made.
    var steps: UInt64 = 0

    /// The access in words, as the end of a call's.
    var text: String {
      "; after \(steps) loads and stores the guest \(isWrite ? "stores to" : "loads from")"
        + " \(hex(address))"
    }
  }

  var judges: RadixJudges
  /// The first doubleword of the partition-table entry.
  var root: UInt64 = 0
  /// An access that is still to come.
  var pending: Access?
  /// The access that was made, and succeeded.
  private(set) var made: Access?
  var isRecording = false
  private(set) var recording: [Event] = []

  init(judges: RadixJudges) { self.judges = judges }

  mutating func reset() {
    judges.reset()
    pending = nil
    made = nil
    root = 0
    recording.removeAll(keepingCapacity: true)
  }

  /// Forgets the events kept.
  mutating func forgetRecording() { recording.removeAll(keepingCapacity: true) }

  mutating func observe(_ event: Event) {
    if isRecording { recording.append(event) }
    judges.observe(event)
    guard pending != nil else { return }
    switch event {
    case .load, .store, .exchange: step()
    default: break
    }
  }

  private mutating func step() {
    guard var access = pending else { return }
    guard access.delay == 0 else {
      access.delay -= 1
      access.steps += 1
      pending = access
      return
    }
    pending = nil
    if case .done = perform(access.address, isWrite: access.isWrite, setsBits: true) {
      access.steps += 1
      made = access
    }
  }

  /// The access that the hardware made since this was last asked.
  mutating func takeMade() -> Access? {
    defer { made = nil }
    pending = nil
    return made
  }

  /// Makes a guest's access.
  mutating func perform(_ address: UInt64, isWrite: Bool, setsBits: Bool) -> PartitionAccess {
    let memory = judges.memory
    return PartitionAccess.perform(
      address,
      isWrite: isWrite,
      from: root,
      setsBits: setsBits,
      read: { memory.descriptor(at: $0) },
      write: { value, place in
        let old = memory.pointer(to: place).pointee
        memory.pointer(to: place).pointee = value
        let event = Event.hardwareStore(address: place, old: old, new: value)
        if isRecording { recording.append(event) }
        judges.observe(event)
      }
    )
  }

  /// What would become of a guest's access, the bits of its leaf being software's to set.
  func outcome(_ address: UInt64, isWrite: Bool) -> PartitionAccess {
    let memory = judges.memory
    return PartitionAccess.perform(
      address,
      isWrite: isWrite,
      from: root,
      setsBits: false,
      read: { memory.descriptor(at: $0) },
      write: { _, _ in }
    )
  }
}
