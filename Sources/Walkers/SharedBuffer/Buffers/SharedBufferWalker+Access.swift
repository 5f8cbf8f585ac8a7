public import Machines

extension SharedBufferWalker {
  /// Asks the exporter first, and ends what it began where the wait fails.
  @inlinable
  public func beginAccess<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ direction: BufferDirection
  ) -> Errno {
    let exporter = exporter(&machine, buffer)
    let asks = can(&machine, buffer, ExporterOperations.access)
    if asks {
      let result = machine.exporterBeginsAccess(exporter, direction)
      guard result == .ok else { return result }
    }
    let isWrite = direction != .fromDevice && !faults.contains(.accessPassesReaders)
    let reservation = reservation(&machine, of: buffer)
    let result = reservations.wait(
      &machine,
      reservation,
      .waitedFor(toWrite: isWrite),
      isInterruptible: true
    )
    if result != .ok, asks, !faults.contains(.accessLeftOpen) {
      _ = machine.exporterEndsAccess(exporter, direction)
    }
    return result
  }

  /// Tells the exporter.
  @inlinable
  public func endAccess<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ direction: BufferDirection
  ) -> Errno {
    guard can(&machine, buffer, ExporterOperations.access) else { return .ok }
    let exporter = exporter(&machine, buffer)
    return machine.exporterEndsAccess(exporter, direction)
  }

  /// The call from user space: begins or ends an access, as flags say.
  @inlinable
  public func synchronise<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    flags: M.W
  ) -> Errno {
    if let error = machine.refuses(.copyIn) { return error }
    guard machine.isZero(flags & ~M.W(SyncFlags.both | SyncFlags.end)) else { return .invalid }
    let access = flags & M.W(SyncFlags.both)
    if machine.isZero(access) { return .invalid }
    let direction: BufferDirection =
      machine.holds(access .== M.W(SyncFlags.read))
      ? .fromDevice : machine.holds(access .== M.W(SyncFlags.write)) ? .toDevice : .both
    return machine.isZero(flags & M.W(SyncFlags.end))
      ? beginAccess(&machine, buffer, direction) : endAccess(&machine, buffer, direction)
  }

  /// Whether pages of a buffer are all in it, their numbers taken as integers without limit.
  @inlinable
  func contains<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    offset: M.W,
    pageCount: M.W
  ) -> Bool {
    let pages = machine.plain(BufferRecord.size, of: buffer) &>> HostMemory.pageShift
    if faults.contains(.offsetWraps) { return machine.holds(offset &+ pageCount .<= pages) }
    return machine.holds((pageCount .<= pages) .& (offset .<= pages &- pageCount))
  }

  /// Gives the area the buffer's file while the exporter maps it, and its own back where that fails.
  @inlinable
  public func mapArea<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ area: M.Record,
    offset: M.W
  ) -> Errno {
    guard can(&machine, buffer, ExporterOperations.area) else { return .invalid }
    let pageCount = machine.plain(AreaRecord.pageCount, of: area)
    if machine.holds(offset &+ pageCount .< offset) { return .overflow }
    guard contains(&machine, buffer, offset: offset, pageCount: pageCount) else {
      return .invalid
    }
    let file = file(&machine, of: buffer)
    let oldFile = machine.plain(AreaRecord.file, of: area)
    let oldOffset = machine.plain(AreaRecord.offset, of: area)
    Files.retain(&machine, file)
    machine.set(AreaRecord.file, of: area, to: machine.address(of: file))
    machine.set(AreaRecord.offset, of: area, to: offset)
    let exporter = exporter(&machine, buffer)
    let result = machine.exporterMapsArea(area, of: exporter)
    if result != .ok, !faults.contains(.areaKept) {
      machine.set(AreaRecord.file, of: area, to: oldFile)
      machine.set(AreaRecord.offset, of: area, to: oldOffset)
      Files.release(&machine, file, self)
    } else if !machine.isZero(oldFile) {
      Files.release(&machine, machine.record(at: oldFile), self)
    }
    return result
  }

  /// Checks the area, and has the exporter map it.
  @inlinable
  public func mapOwnArea<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ area: M.Record
  ) -> Errno {
    guard can(&machine, buffer, ExporterOperations.area) else { return .invalid }
    let offset = machine.plain(AreaRecord.offset, of: area)
    let pageCount = machine.plain(AreaRecord.pageCount, of: area)
    guard contains(&machine, buffer, offset: offset, pageCount: pageCount) else {
      return .invalid
    }
    let exporter = exporter(&machine, buffer)
    return machine.exporterMapsArea(area, of: exporter)
  }

  /// Under the lock: the first has the exporter map.
  @inlinable
  public func mapKernel<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record
  ) -> Made<M.W> {
    guard can(&machine, buffer, ExporterOperations.kernel) else { return .failed(.invalid) }
    let reservation = reservation(&machine, of: buffer)
    Reservation.lock(&machine, reservation)
    defer { Reservation.unlock(&machine, reservation) }
    let count = machine.plain(BufferRecord.kernelCount, of: buffer)
    var pointer = machine.plain(BufferRecord.kernelPointer, of: buffer)
    if machine.isZero(count) {
      let exporter = exporter(&machine, buffer)
      pointer = machine.exporterMapsKernel(exporter)
      if machine.isZero(pointer) { return .failed(.noMemory) }
      machine.set(BufferRecord.kernelPointer, of: buffer, to: pointer)
    }
    machine.set(BufferRecord.kernelCount, of: buffer, to: count &+ M.W(1))
    return .made(pointer)
  }

  /// Under the lock: the last has the exporter undo it.
  @inlinable
  public func unmapKernel<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ pointer: M.W
  ) {
    let reservation = reservation(&machine, of: buffer)
    if faults.contains(.kernelUnlocked) { checkKernel(&machine, buffer, pointer) }
    Reservation.lock(&machine, reservation)
    if !faults.contains(.kernelUnlocked) { checkKernel(&machine, buffer, pointer) }
    let count = machine.plain(BufferRecord.kernelCount, of: buffer) &- M.W(1)
    machine.set(BufferRecord.kernelCount, of: buffer, to: count)
    if machine.isZero(count) {
      let exporter = exporter(&machine, buffer)
      machine.exporterUnmapsKernel(exporter, pointer)
      machine.set(BufferRecord.kernelPointer, of: buffer, to: M.W(0))
    }
    Reservation.unlock(&machine, reservation)
  }

  @inlinable
  func checkKernel<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ pointer: M.W
  ) {
    let known = machine.plain(BufferRecord.kernelPointer, of: buffer)
    let count = machine.plain(BufferRecord.kernelCount, of: buffer)
    if machine.holds((count .== M.W(0)) .| (known .!= pointer)) {
      machine.warn(Site("what is not mapped for the kernel is unmapped"))
    }
  }
}
