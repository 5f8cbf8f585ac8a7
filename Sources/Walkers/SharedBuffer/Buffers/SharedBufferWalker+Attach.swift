public import Machines

extension SharedBufferWalker {
  /// Under the lock; what importer and exporter do not both deal with is mapped once for all.
  @inlinable
  public func attach<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    importer: M.W,
    isDynamic: Bool,
    reachesPeers: Bool
  ) -> Made<M.Record> {
    guard
      let attachment = machine.allocate(AttachmentRecord.layout, isZeroed: true, maySleep: true)
    else { return .failed(.noMemory) }
    machine.set(AttachmentRecord.buffer, of: attachment, to: machine.address(of: buffer))
    machine.set(AttachmentRecord.importer, of: attachment, to: importer)
    machine.set(AttachmentRecord.isDynamic, of: attachment, to: M.W(isDynamic ? 1 : 0))
    let reaches = reachesPeers || faults.contains(.forgetsPeers)
    machine.set(AttachmentRecord.reachesPeers, of: attachment, to: M.W(reaches ? 1 : 0))
    if can(&machine, buffer, ExporterOperations.attach) {
      let exporter = exporter(&machine, buffer)
      let result = machine.exporterAttaches(attachment, of: exporter)
      guard result == .ok else {
        machine.free(attachment)
        return .failed(result)
      }
    }
    let reservation = reservation(&machine, of: buffer)
    Reservation.lock(&machine, reservation)
    let first = machine.plain(BufferRecord.attachments, of: buffer)
    machine.set(AttachmentRecord.next, of: attachment, to: first)
    machine.set(
      BufferRecord.attachments,
      of: buffer,
      to: machine.address(of: attachment)
    )
    var result = Errno.ok
    if self.isDynamic(&machine, buffer) != isDynamic {
      result = keepMapping(&machine, buffer, attachment)
    }
    Reservation.unlock(&machine, reservation)
    guard result == .ok else {
      detach(&machine, buffer, attachment)
      return .failed(result)
    }
    return .made(attachment)
  }

  /// Maps for as long as an attachment lasts, and keeps the buffer where it is meanwhile.
  @inlinable
  func keepMapping<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ attachment: M.Record
  ) -> Errno {
    let exporter = exporter(&machine, buffer)
    let pins = isDynamic(&machine, buffer) && !faults.contains(.mapsUnpinned)
    if pins {
      let result = machine.exporterPins(attachment, of: exporter)
      guard result == .ok else { return result }
    }
    let table = mapTable(&machine, attachment, .both)
    guard !machine.holds(ErrorPointer.isError(table)) else {
      if pins, !faults.contains(.failureLeavesPinned) {
        machine.exporterUnpins(attachment, of: exporter)
      }
      return ErrorPointer.error(&machine, table)
    }
    keep(&machine, attachment, table, .both)
    return .ok
  }

  /// Keeps a mapping, whose direction is there when it is found.
  @inlinable
  func keep<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ table: M.W,
    _ direction: BufferDirection
  ) {
    let number = M.W(UInt64(direction.rawValue))
    machine.set(AttachmentRecord.direction, of: attachment, to: number)
    machine.write(table, AttachmentRecord.table, of: attachment, .release)
  }

  /// Has the exporter map; an importer that does not move waits for the kernel's own work on it.
  /// - Returns: a table, or an error.
  @inlinable
  func mapTable<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ direction: BufferDirection
  ) -> M.W {
    let buffer = machine.record(at: machine.plain(AttachmentRecord.buffer, of: attachment))
    let exporter = exporter(&machine, buffer)
    let table = machine.exporterMaps(attachment, of: exporter, direction)
    if machine.isZero(table) { return ErrorPointer.make(.noMemory) }
    guard !machine.holds(ErrorPointer.isError(table)) else { return table }
    let isDynamic = machine.plain(AttachmentRecord.isDynamic, of: attachment)
    guard machine.isZero(isDynamic), !faults.contains(.skipsKernelFences) else { return table }
    let reservation = reservation(&machine, of: buffer)
    let result = reservations.wait(&machine, reservation, .kernel, isInterruptible: true)
    guard result == .ok else {
      machine.exporterUnmaps(attachment, of: exporter, table, direction)
      return ErrorPointer.make(result)
    }
    return table
  }

  /// Under the lock: gives the mapping up that was kept, and takes the attachment away.
  @inlinable
  public func detach<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ attachment: M.Record
  ) {
    let reservation = reservation(&machine, of: buffer)
    let exporter = exporter(&machine, buffer)
    Reservation.lock(&machine, reservation)
    let table = machine.plain(AttachmentRecord.table, of: attachment)
    if !machine.isZero(table) {
      let direction = keptDirection(&machine, attachment)
      if !faults.contains(.detachKeepsMapping) {
        machine.exporterUnmaps(attachment, of: exporter, table, direction)
      }
      if isDynamic(&machine, buffer), !faults.contains(.mapsUnpinned) {
        machine.exporterUnpins(attachment, of: exporter)
      }
    }
    unlink(&machine, buffer, attachment)
    Reservation.unlock(&machine, reservation)
    if can(&machine, buffer, ExporterOperations.attach) {
      machine.exporterDetaches(attachment, of: exporter)
    }
    machine.free(attachment)
  }

  @inlinable
  func unlink<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ attachment: M.Record
  ) {
    let next = machine.plain(AttachmentRecord.next, of: attachment)
    guard var before = machine.follow(BufferRecord.attachments, of: buffer, .plain) else { return }
    if machine.isSame(before, attachment) {
      return machine.set(BufferRecord.attachments, of: buffer, to: next)
    }
    while let other = machine.follow(AttachmentRecord.next, of: before, .plain) {
      if machine.isSame(other, attachment) {
        return machine.set(AttachmentRecord.next, of: before, to: next)
      }
      before = other
    }
  }

  /// The direction of the mapping that an attachment keeps.
  @inlinable
  func keptDirection<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record
  ) -> BufferDirection {
    let kept = machine.plain(AttachmentRecord.direction, of: attachment)
    if machine.isZero(kept) { return .both }
    let isRead = machine.holds(kept .== M.W(UInt64(BufferDirection.toDevice.rawValue)))
    return isRead ? .toDevice : .fromDevice
  }

  /// The mapping that is kept, or a new one, which is kept where the exporter says so.
  @inlinable
  public func map<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ direction: BufferDirection
  ) -> M.W {
    machine.mightSleep()
    let kept = machine.plain(AttachmentRecord.table, of: attachment)
    if !machine.isZero(kept) { return handOut(&machine, attachment, kept, direction) }
    let table = mapTable(&machine, attachment, direction)
    guard !machine.holds(ErrorPointer.isError(table)) else { return table }
    let buffer = machine.record(at: machine.plain(AttachmentRecord.buffer, of: attachment))
    if can(&machine, buffer, ExporterOperations.cachesMappings) {
      keep(&machine, attachment, table, direction)
    }
    return table
  }

  /// Gives a mapping out that is kept; one direction's is not another's.
  @inlinable
  func handOut<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ kept: M.W,
    _ direction: BufferDirection
  ) -> M.W {
    let keptDirection = keptDirection(&machine, attachment)
    guard keptDirection == direction || keptDirection == .both else {
      return ErrorPointer.make(.busy)
    }
    return kept
  }

  /// Nothing where the mapping is kept.
  @inlinable
  public func unmap<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ table: M.W,
    _ direction: BufferDirection
  ) {
    machine.mightSleep()
    let kept = machine.plain(AttachmentRecord.table, of: attachment)
    guard machine.holds(kept .!= table) else { return }
    let buffer = machine.record(at: machine.plain(AttachmentRecord.buffer, of: attachment))
    let exporter = exporter(&machine, buffer)
    machine.exporterUnmaps(attachment, of: exporter, table, direction)
  }

  /// Keeps the buffer where it is, under the lock.
  @inlinable
  public func pin<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record
  ) -> Errno {
    let buffer = machine.record(at: machine.plain(AttachmentRecord.buffer, of: attachment))
    guard isDynamic(&machine, buffer) else { return .ok }
    let exporter = exporter(&machine, buffer)
    return machine.exporterPins(attachment, of: exporter)
  }

  /// Lets it move again, under the lock.
  @inlinable
  public func unpin<M: BufferHostMachine>(_ machine: inout M, _ attachment: M.Record) {
    let buffer = machine.record(at: machine.plain(AttachmentRecord.buffer, of: attachment))
    guard isDynamic(&machine, buffer) else { return }
    let exporter = exporter(&machine, buffer)
    machine.exporterUnpins(attachment, of: exporter)
  }

  /// Tells each importer that can deal with it.
  @inlinable
  public func notifyMove<M: BufferHostMachine>(_ machine: inout M, _ buffer: M.Record) {
    guard !faults.contains(.movesSilently) else { return }
    var next = machine.follow(BufferRecord.attachments, of: buffer, .plain)
    while let attachment = next {
      let isDynamic = machine.plain(AttachmentRecord.isDynamic, of: attachment)
      if !machine.isZero(isDynamic) { machine.importerIsNotified(attachment) }
      next = machine.follow(AttachmentRecord.next, of: attachment, .plain)
    }
  }

  // MARK: With and without the lock

  /// Whether a mapping is made and undone under the lock.
  @inlinable
  public func mapsLocked<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record
  ) -> Bool {
    let isDynamic = machine.plain(AttachmentRecord.isDynamic, of: attachment)
    return locksMappings || !machine.isZero(isDynamic)
  }

  /// Takes the lock and maps.
  @inlinable
  public func mapUnlocked<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ direction: BufferDirection
  ) -> M.W {
    let buffer = machine.record(at: machine.plain(AttachmentRecord.buffer, of: attachment))
    let reservation = reservation(&machine, of: buffer)
    Reservation.lock(&machine, reservation)
    let table = map(&machine, attachment, direction)
    Reservation.unlock(&machine, reservation)
    return table
  }

  /// Takes the lock and undoes a mapping.
  @inlinable
  public func unmapUnlocked<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ table: M.W,
    _ direction: BufferDirection
  ) {
    let buffer = machine.record(at: machine.plain(AttachmentRecord.buffer, of: attachment))
    let reservation = reservation(&machine, of: buffer)
    Reservation.lock(&machine, reservation)
    unmap(&machine, attachment, table, direction)
    Reservation.unlock(&machine, reservation)
  }
}
