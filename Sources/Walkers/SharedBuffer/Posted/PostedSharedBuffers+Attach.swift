public import Machines

extension PostedSharedBuffers {
  /// The attachment is found before it is mapped, and has its mapping only when the lock is given back.
  @inlinable
  public func attach<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    importer: M.W,
    isDynamic: Bool,
    reachesPeers: Bool
  ) -> Made<M.Record> {
    guard ownFaults.contains(.mapsUnlocked) else {
      return mended.attach(
        &machine,
        buffer,
        importer: importer,
        isDynamic: isDynamic,
        reachesPeers: reachesPeers
      )
    }
    guard
      let attachment = machine.allocate(AttachmentRecord.layout, isZeroed: true, maySleep: true)
    else { return .failed(.noMemory) }
    machine.set(AttachmentRecord.buffer, of: attachment, to: machine.address(of: buffer))
    machine.set(AttachmentRecord.importer, of: attachment, to: importer)
    machine.set(AttachmentRecord.isDynamic, of: attachment, to: M.W(isDynamic ? 1 : 0))
    machine.set(AttachmentRecord.reachesPeers, of: attachment, to: M.W(reachesPeers ? 1 : 0))
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
    Reservation.unlock(&machine, reservation)
    guard self.isDynamic(&machine, buffer) != isDynamic else { return .made(attachment) }
    let result = keepMapping(&machine, buffer, attachment, reservation)
    guard result == .ok else {
      detach(&machine, buffer, attachment)
      return .failed(result)
    }
    return .made(attachment)
  }

  @inlinable
  func keepMapping<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ attachment: M.Record,
    _ reservation: M.Record
  ) -> Errno {
    let pins = isDynamic(&machine, buffer)
    let exporter = exporter(&machine, buffer)
    if pins {
      Reservation.lock(&machine, reservation)
      let result = machine.exporterPins(attachment, of: exporter)
      guard result == .ok else {
        Reservation.unlock(&machine, reservation)
        return result
      }
    }
    let table = mapTable(&machine, attachment, .both)
    let isError = machine.holds(ErrorPointer.isError(table))
    if pins {
      if isError { machine.exporterUnpins(attachment, of: exporter) }
      Reservation.unlock(&machine, reservation)
    }
    guard !isError else { return ErrorPointer.error(&machine, table) }
    keep(&machine, attachment, table, .both)
    return .ok
  }

  /// The mapping goes under the lock only where the exporter can move.
  @inlinable
  public func detach<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ attachment: M.Record
  ) {
    guard ownFaults.contains(.mapsUnlocked) else {
      return mended.detach(&machine, buffer, attachment)
    }
    let reservation = reservation(&machine, of: buffer)
    let exporter = exporter(&machine, buffer)
    let table = machine.plain(AttachmentRecord.table, of: attachment)
    if !machine.isZero(table) {
      let pins = isDynamic(&machine, buffer)
      if pins { Reservation.lock(&machine, reservation) }
      let direction = keptDirection(&machine, attachment)
      machine.exporterUnmaps(attachment, of: exporter, table, direction)
      if pins {
        machine.exporterUnpins(attachment, of: exporter)
        Reservation.unlock(&machine, reservation)
      }
    }
    Reservation.lock(&machine, reservation)
    unlink(&machine, buffer, attachment)
    Reservation.unlock(&machine, reservation)
    if can(&machine, buffer, ExporterOperations.attach) {
      machine.exporterDetaches(attachment, of: exporter)
    }
    machine.free(attachment)
  }
}
