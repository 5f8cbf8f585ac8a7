public import Machines

/// What a fault asks for.
@usableFromInline
struct FaultRequest: Sendable, Hashable {
  /// The guest real address of the page.
  @usableFromInline let address: UInt64
  /// The host address of the page.
  @usableFromInline let hostAddress: UInt64
  /// Stores have to be permitted.
  @usableFromInline let isWrite: Bool
  /// The slot.
  @usableFromInline let slot: GuestSlot
  /// How many invalidations there were before anything was asked.
  @usableFromInline let count: UInt64

  @inlinable
  init(address: UInt64, hostAddress: UInt64, isWrite: Bool, slot: GuestSlot, count: UInt64) {
    self.address = address
    self.hostAddress = hostAddress
    self.isWrite = isWrite
    self.slot = slot
    self.count = count
  }

  /// The same where there were so many invalidations before.
  @inlinable
  func counted(_ count: UInt64) -> FaultRequest {
    FaultRequest(
      address: address,
      hostAddress: hostAddress,
      isWrite: isWrite,
      slot: slot,
      count: count
    )
  }
}
