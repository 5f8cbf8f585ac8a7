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
  /// They do; what is kept is given out without.
  @inlinable public var locksMappings: Bool { true }
  /// They are.
  @inlinable public var locksKernelMappings: Bool { true }

  /// A mapping that is kept lasts as long as its attachment: it needs no lock.
  @inlinable
  public func mapUnlocked<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ direction: BufferDirection
  ) -> M.W {
    let kept = machine.read(AttachmentRecord.table, of: attachment, .acquire)
    if !machine.isZero(kept) { return handOut(&machine, attachment, kept, direction) }
    let buffer = machine.record(at: machine.plain(AttachmentRecord.buffer, of: attachment))
    let reservation = reservation(&machine, of: buffer)
    Reservation.lock(&machine, reservation)
    let table = map(&machine, attachment, direction)
    Reservation.unlock(&machine, reservation)
    return table
  }

  /// Nothing where the mapping is kept, which it is for good.
  @inlinable
  public func unmapUnlocked<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ table: M.W,
    _ direction: BufferDirection
  ) {
    let kept = machine.read(AttachmentRecord.table, of: attachment, .acquire)
    guard machine.holds(kept .!= table) else { return }
    let buffer = machine.record(at: machine.plain(AttachmentRecord.buffer, of: attachment))
    let reservation = reservation(&machine, of: buffer)
    Reservation.lock(&machine, reservation)
    unmap(&machine, attachment, table, direction)
    Reservation.unlock(&machine, reservation)
  }

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
