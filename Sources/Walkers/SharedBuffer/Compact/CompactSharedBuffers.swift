public import Machines

/// The optimised shared buffers: fences in a table, no lock where all that is asked is known, and a mapping
/// that is kept is given out again without one.
public struct CompactSharedBuffers: SharedBufferWalker {
  /// As described.
  public init() {}

  /// In a table.
  @inlinable public var reservations: CompactReservations { CompactReservations() }
  /// None.
  @inlinable public var faults: FaultsOf<BufferFault> { [] }
  /// They are.
  @inlinable public static var locksMappings: Bool { true }

  /// Without the lock where nothing is pending; nothing is allocated.
  @inlinable
  public func poll<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ events: PollEvents
  ) -> PollEvents {
    let reservation = reservation(&machine, of: buffer)
    var ready = PollEvents()
    if events.contains(.write), reservations.isSignalled(&machine, reservation, .read) {
      // Who writes waits for all that who reads does.
      return events
    }
    if events.contains(.read), reservations.isSignalled(&machine, reservation, .write) {
      ready.insert(.read)
    }
    guard ready != events else { return ready }
    Reservation.lock(&machine, reservation)
    if events.contains(.write), isReady(&machine, buffer, reservation, isWrite: true) {
      ready.insert(.write)
    }
    if events.contains(.read), !ready.contains(.read),
      isReady(&machine, buffer, reservation, isWrite: false)
    {
      ready.insert(.read)
    }
    Reservation.unlock(&machine, reservation)
    return ready
  }
}
