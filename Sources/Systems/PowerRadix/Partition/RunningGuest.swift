import Architecture
import Machines
import Oracles

/// The guest that runs beside a call: it uses the tables at any moment, as the hardware lets it.
final class RunningGuest {
  /// An access of the guest's, which comes in the middle of a call.
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

  /// An access that is still to come.
  private var pending: Access?
  /// The access that was made, and succeeded.
  private var made: Access?

  /// Has the guest make an access in the middle of what comes; nil for none.
  func prepare(_ access: Access?, on machine: inout TracingMachine<RadixListener>) {
    pending = access
    machine.run(beside: access == nil ? nil : { [self] machine, _, _ in act(on: &machine) })
  }

  /// The access that was made since this was last asked; none is to come any more.
  func takeMade(on machine: inout TracingMachine<RadixListener>) -> Access? {
    defer { made = nil }
    prepare(nil, on: &machine)
    return made
  }

  /// Makes the access when it is its turn.
  private func act(on machine: inout TracingMachine<RadixListener>) {
    guard var access = pending else { return }
    guard access.delay == 0 else {
      access.delay -= 1
      access.steps += 1
      pending = access
      return
    }
    prepare(nil, on: &machine)
    if case .done = machine.access(access.address, isWrite: access.isWrite, setsBits: true) {
      access.steps += 1
      made = access
    }
  }
}

extension TracingMachine<RadixListener> {
  /// Makes a guest's access, as the hardware does.
  mutating func access(_ address: UInt64, isWrite: Bool, setsBits: Bool) -> PartitionAccess {
    let memory = memory
    return PartitionAccess.perform(
      address,
      isWrite: isWrite,
      from: listener.root,
      setsBits: setsBits,
      read: { memory.descriptor(at: $0) },
      write: { value, place in
        let old = rewrite(value, at: place).old
        listener.observe(.hardwareStore(address: place, old: old, new: value))
      }
    )
  }

  /// What would become of a guest's access, the bits of its leaf being software's to set.
  func outcome(_ address: UInt64, isWrite: Bool) -> PartitionAccess {
    PartitionAccess.perform(
      address,
      isWrite: isWrite,
      from: listener.root,
      setsBits: false,
      read: { memory.descriptor(at: $0) },
      write: { _, _ in }
    )
  }
}
