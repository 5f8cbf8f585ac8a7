import Machines
import Walkers

/// How calls over partition-scoped tables are made.
///
/// The walker's own are the only ones that theorems are about. A test puts others in their place, each
/// with a fault that no flaw of the museum is, to see what convicts it.
protocol PartitionCalls: Sendable {
  func unmap<M, H: PartitionHost>(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    in table: PartitionTable<M>,
    on machine: inout M,
    host: inout H
  ) where H.M == M
  func flush<M, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: PartitionTable<M>,
    on machine: inout M,
    host: inout H
  ) where H.M == M
  func harvest<M, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: PartitionTable<M>,
    on machine: inout M,
    host: inout H
  ) where H.M == M
  func age<M>(_ frame: UInt64, in table: PartitionTable<M>, on machine: inout M) -> Bool
  func isYoung<M>(_ frame: UInt64, in table: PartitionTable<M>, on machine: inout M) -> Bool
  func install<M, H: PartitionHost>(
    _ leaf: M.W,
    at place: (address: UInt64, level: Int),
    of slot: GuestSlot,
    in table: PartitionTable<M>,
    on machine: inout M,
    host: inout H
  ) -> Errno where H.M == M
  func free<M>(_ table: inout PartitionTable<M>, on machine: inout M)
  func handle<M, H: PartitionHost>(
    _ fault: PartitionFault,
    in table: PartitionTable<M>,
    on machine: inout M,
    host: inout H
  ) -> PartitionOutcome where H.M == M
}

extension PartitionCalls {
  func unmap<M, H: PartitionHost>(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    in table: PartitionTable<M>,
    on machine: inout M,
    host: inout H
  ) where H.M == M {
    table.unmap(frames, of: slot, on: &machine, log: &host)
  }

  func flush<M, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: PartitionTable<M>,
    on machine: inout M,
    host: inout H
  ) where H.M == M {
    table.flush(slot, on: &machine, host: &host)
  }

  func harvest<M, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: PartitionTable<M>,
    on machine: inout M,
    host: inout H
  ) where H.M == M {
    table.harvest(slot, on: &machine, log: &host)
  }

  func age<M>(_ frame: UInt64, in table: PartitionTable<M>, on machine: inout M) -> Bool {
    table.age(frame, on: &machine)
  }

  func isYoung<M>(_ frame: UInt64, in table: PartitionTable<M>, on machine: inout M) -> Bool {
    table.isYoung(frame, on: &machine)
  }

  func install<M, H: PartitionHost>(
    _ leaf: M.W,
    at place: (address: UInt64, level: Int),
    of slot: GuestSlot,
    in table: PartitionTable<M>,
    on machine: inout M,
    host: inout H
  ) -> Errno where H.M == M {
    table.install(
      leaf,
      at: place.address,
      level: place.level,
      since: HostAnswers.firstCount,
      of: slot,
      on: &machine,
      host: &host
    )
  }

  func free<M>(_ table: inout PartitionTable<M>, on machine: inout M) { table.free(on: &machine) }

  func handle<M, H: PartitionHost>(
    _ fault: PartitionFault,
    in table: PartitionTable<M>,
    on machine: inout M,
    host: inout H
  ) -> PartitionOutcome where H.M == M {
    table.handle(fault, on: &machine, host: &host)
  }
}

/// The walker's own calls.
struct WalkersCalls: PartitionCalls {}
