public import Machines

/// A keeping of a guest's partition-scoped tables, as a check drives it and a proof goes through it.
///
/// Callers hold the lock of the tables, except for `handle`, `install` and `flush`, which take it.
public protocol PartitionWalker<M> {
  /// The machine it runs on.
  associatedtype M: PowerMachine

  /// How the tree is made.
  var configuration: PartitionConfiguration { get }
  /// The root directory; nil once it was freed.
  var root: M.Table? { get }

  /// Handles a fault; see `PartitionTable.handle`.
  func handle<H: PartitionHost>(
    _ fault: PartitionFault,
    on machine: inout M,
    host: inout H
  ) -> PartitionOutcome where H.M == M
  /// Makes a leaf of a level what translates an address; see `PartitionTable.install`.
  func install<H: PartitionHost>(
    _ leaf: M.W,
    at address: UInt64,
    level: RadixLevel,
    since count: UInt64,
    of slot: GuestSlot,
    on machine: inout M,
    host: inout H
  ) -> Errno where H.M == M
  /// Makes the tables down to the last level for an address; see `PartitionTable.makeTables`.
  func makeTables(for address: UInt64, on machine: inout M) -> M.Table?
  /// Takes frames of a slot from the guest; see `PartitionTable.unmap`.
  func unmap<L: DirtyLog>(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    on machine: inout M,
    log: inout L
  )
  /// Takes all of a slot from the guest; see `PartitionTable.flush`.
  func flush<H: PartitionHost>(
    _ slot: GuestSlot,
    on machine: inout M,
    host: inout H
  ) where H.M == M
  /// Hands out which of a slot's pages were written; see `PartitionTable.harvest`.
  func harvest<L: DirtyLog>(_ slot: GuestSlot, on machine: inout M, log: inout L)
  /// Forgets that a frame was accessed, and says whether it was; see `PartitionTable.age`.
  func age(_ frame: UInt64, on machine: inout M) -> Bool
  /// Whether a frame was accessed since it was aged.
  func isYoung(_ frame: UInt64, on machine: inout M) -> Bool
  /// Frees every table; a second time there is nothing to free.
  mutating func free(on machine: inout M)
}

extension PartitionWalker {
  /// The first doubleword of the partition-table entry that leads here.
  @inlinable
  public func partitionEntry(on machine: inout M) -> M.W {
    guard let root else { return M.W(0) }
    return RadixLayout.partitionEntry(
      root: machine.address(of: root),
      rootBits: configuration.rootBits,
      addressBits: configuration.addressBits
    )
  }
}
