import Machines
import Walkers

/// How calls over partition-scoped tables are made.
///
/// The walker's own are the only ones that theorems are about. A test puts others in their place, each
/// with a fault that the museum has not, to see what convicts it.
protocol PartitionCalls: Sendable {
  func unmap<T: PartitionWalker, H: PartitionHost>(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M
  func flush<T: PartitionWalker, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M
  func harvest<T: PartitionWalker, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M
  func age<T: PartitionWalker>(_ frame: UInt64, in table: T, on machine: inout T.M) -> Bool
  func isYoung<T: PartitionWalker>(
    _ frame: UInt64,
    in table: T,
    on machine: inout T.M
  ) -> Bool
  func install<T: PartitionWalker, H: PartitionHost>(
    _ leaf: T.M.W,
    at place: (address: UInt64, level: RadixLevel),
    of slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) -> Errno where H.M == T.M
  func free<T: PartitionWalker>(_ table: inout T, on machine: inout T.M)
  func handle<T: PartitionWalker, H: PartitionHost>(
    _ fault: PartitionFault,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) -> PartitionOutcome where H.M == T.M
}

extension PartitionCalls {
  func unmap<T: PartitionWalker, H: PartitionHost>(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M {
    table.unmap(frames, of: slot, on: &machine, log: &host)
  }

  func flush<T: PartitionWalker, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M {
    table.flush(slot, on: &machine, host: &host)
  }

  func harvest<T: PartitionWalker, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M {
    table.harvest(slot, on: &machine, log: &host)
  }

  func age<T: PartitionWalker>(_ frame: UInt64, in table: T, on machine: inout T.M) -> Bool {
    table.age(frame, on: &machine)
  }

  func isYoung<T: PartitionWalker>(
    _ frame: UInt64,
    in table: T,
    on machine: inout T.M
  ) -> Bool {
    table.isYoung(frame, on: &machine)
  }

  func install<T: PartitionWalker, H: PartitionHost>(
    _ leaf: T.M.W,
    at place: (address: UInt64, level: RadixLevel),
    of slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) -> Errno where H.M == T.M {
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

  func free<T: PartitionWalker>(_ table: inout T, on machine: inout T.M) {
    table.free(on: &machine)
  }

  func handle<T: PartitionWalker, H: PartitionHost>(
    _ fault: PartitionFault,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) -> PartitionOutcome where H.M == T.M {
    table.handle(fault, on: &machine, host: &host)
  }
}

/// The walker's own calls.
struct WalkersCalls: PartitionCalls {}
