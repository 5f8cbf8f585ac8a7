public import Machines

extension SharedBufferWalker {
  /// Whether the exporter's buffer may move: it can be told to keep it where it is.
  @inlinable
  func isDynamic<M: BufferHostMachine>(_ machine: inout M, _ buffer: M.Record) -> Bool {
    can(&machine, buffer, ExporterOperations.pin)
  }

  /// Whether the exporter can do something.
  @inlinable
  func can<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ operation: UInt64
  ) -> Bool {
    let operations = machine.plain(BufferRecord.operations, of: buffer)
    return !machine.isZero(operations & M.W(operation))
  }

  /// What the exporter knows a buffer by.
  @inlinable
  func exporter<M: BufferHostMachine>(_ machine: inout M, _ buffer: M.Record) -> M.W {
    machine.plain(BufferRecord.exporter, of: buffer)
  }

  /// A buffer's reservation.
  @inlinable
  public func reservation<M: BufferHostMachine>(
    _ machine: inout M,
    of buffer: M.Record
  ) -> M.Record {
    let address = machine.plain(BufferRecord.reservation, of: buffer)
    return machine.record(at: address)
  }

  /// Whether an exporter can do what it has to, and does not say what does not go together.
  @inlinable
  func isSound<M: BufferHostMachine>(_ machine: inout M, _ export: BufferExport<M>) -> Bool {
    let (operations, zero) = (export.operations, M.W(0))
    let needed = M.W(
      ExporterOperations.map | ExporterOperations.unmap | ExporterOperations.release
    )
    guard machine.holds((export.exporter .!= zero) .& (operations & needed .== needed)) else {
      return false
    }
    let pins = operations & M.W(ExporterOperations.pin) .!= zero
    let unpins = operations & M.W(ExporterOperations.unpin) .!= zero
    let caches = operations & M.W(ExporterOperations.cachesMappings) .!= zero
    return machine.holds(.!(caches .& (pins .| unpins)) .& ((pins .& unpins) .| .!(pins .| unpins)))
  }

  /// Makes everything that may fail first, and lets the buffer be found last.
  @inlinable
  public func export<M: BufferHostMachine>(
    _ machine: inout M,
    _ export: BufferExport<M>
  ) -> Made<M.Record> {
    guard isSound(&machine, export) else { return .failed(.invalid) }
    if let error = machine.refuses(.module) { return .failed(error) }
    let file: M.Record
    switch Files.make(&machine, FileKind.buffer) {
    case .made(let made): file = made
    case .failed(let error): return .failed(error)
    }
    guard let buffer = makeBuffer(&machine, export) else {
      Files.release(&machine, file, self)
      return .failed(.noMemory)
    }
    if faults.contains(.foundTooEarly) { publish(&machine, buffer, file) }
    if let error = machine.refuses(.statistics) {
      unmake(&machine, buffer)
      Files.release(&machine, file, self)
      return .failed(error)
    }
    if !faults.contains(.foundTooEarly) { publish(&machine, buffer, file) }
    return .made(buffer)
  }

  /// The record, with all that goes with it; nil where there is no memory.
  @inlinable
  func makeBuffer<M: BufferHostMachine>(
    _ machine: inout M,
    _ export: BufferExport<M>
  ) -> M.Record? {
    guard
      let buffer = machine.allocate(BufferRecord.layout, isZeroed: true, maySleep: true)
    else { return nil }
    machine.initialise(BufferRecord.lock, of: buffer)
    machine.initialise(BufferRecord.nameLock, of: buffer)
    machine.initialise(BufferRecord.pollLock, of: buffer)
    machine.initialise(BufferRecord.pollQueue, of: buffer)
    machine.set(BufferRecord.size, of: buffer, to: export.size)
    machine.set(BufferRecord.exporter, of: buffer, to: export.exporter)
    machine.set(BufferRecord.operations, of: buffer, to: export.operations)
    let callbacks = [
      (BufferRecord.readCallback, CallbackKind.pollRead),
      (BufferRecord.writeCallback, CallbackKind.pollWrite),
    ]
    for (field, kind) in callbacks {
      guard
        let callback = machine.allocate(CallbackRecord.layout, isZeroed: true, maySleep: true)
      else {
        unmake(&machine, buffer)
        return nil
      }
      machine.set(CallbackRecord.kind, of: callback, to: M.W(kind))
      machine.set(CallbackRecord.target, of: callback, to: machine.address(of: buffer))
      machine.set(field, of: buffer, to: machine.address(of: callback))
    }
    guard let reservation = export.reservation ?? Reservation.make(&machine) else {
      unmake(&machine, buffer)
      return nil
    }
    machine.set(
      BufferRecord.reservation,
      of: buffer,
      to: machine.address(of: reservation)
    )
    machine.set(
      BufferRecord.ownsReservation,
      of: buffer,
      to: M.W(export.reservation == nil ? 1 : 0)
    )
    return buffer
  }

  /// Frees a buffer, and all that goes with it.
  @inlinable
  func unmake<M: BufferHostMachine>(_ machine: inout M, _ buffer: M.Record) {
    for field in [BufferRecord.readCallback, BufferRecord.writeCallback, BufferRecord.name] {
      if let record = machine.follow(field, of: buffer, .plain) { machine.free(record) }
    }
    let owns = machine.plain(BufferRecord.ownsReservation, of: buffer)
    if !machine.isZero(owns) || faults.contains(.freesExportersReservation),
      let reservation = machine.follow(BufferRecord.reservation, of: buffer, .plain)
    {
      Reservation.free(&machine, reservation)
    }
    machine.free(buffer)
  }

  /// Lets a buffer be found: by its file, by its directory entry, on the list.
  @inlinable
  func publish<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ file: M.Record
  ) {
    let address = machine.address(of: buffer)
    machine.set(BufferRecord.file, of: buffer, to: machine.address(of: file))
    machine.set(FileRecord.data, of: file, to: address)
    if let entry = machine.follow(FileRecord.entry, of: file, .plain) {
      machine.set(EntryRecord.data, of: entry, to: address)
    }
    let globals = machine.globals
    machine.withLock(BufferGlobals.listLock, of: globals, .mutex) { machine in
      if let first = machine.follow(BufferGlobals.first, of: globals, .plain) {
        machine.set(BufferRecord.previous, of: first, to: address)
        machine.set(BufferRecord.next, of: buffer, to: machine.address(of: first))
      }
      machine.set(BufferGlobals.first, of: globals, to: address)
    }
  }

  /// Takes the buffer off the list.
  @inlinable
  public func fileIsGone<M: BufferHostMachine>(_ machine: inout M, _ file: M.Record) {
    guard let buffer = machine.follow(FileRecord.data, of: file, .plain) else { return }
    let globals = machine.globals
    machine.withLock(BufferGlobals.listLock, of: globals, .mutex) { machine in
      let next = machine.plain(BufferRecord.next, of: buffer)
      let previous = machine.plain(BufferRecord.previous, of: buffer)
      if !machine.isZero(next) {
        let record = machine.record(at: next)
        machine.set(BufferRecord.previous, of: record, to: previous)
      }
      if machine.isZero(previous) {
        machine.set(BufferGlobals.first, of: globals, to: next)
      } else {
        let record = machine.record(at: previous)
        machine.set(BufferRecord.next, of: record, to: next)
      }
    }
    if faults.contains(.freedWithFile) { releaseBuffer(&machine, buffer) }
  }

  /// Nobody can reach the buffer any more.
  @inlinable
  public func entryIsGone<M: BufferHostMachine>(_ machine: inout M, _ entry: M.Record) {
    let address = machine.plain(EntryRecord.data, of: entry)
    guard !machine.isZero(address) || faults.contains(.releasesNothing) else { return }
    if !faults.contains(.freedWithFile) {
      releaseBuffer(&machine, machine.record(at: address))
    }
  }

  @inlinable
  func releaseBuffer<M: BufferHostMachine>(_ machine: inout M, _ buffer: M.Record) {
    let kernelCount = machine.plain(BufferRecord.kernelCount, of: buffer)
    if !machine.isZero(kernelCount) {
      machine.warn(Site("a buffer goes that the kernel has mapped"))
    }
    let busy =
      machine.plain(BufferRecord.readActive, of: buffer)
      | machine.plain(BufferRecord.writeActive, of: buffer)
    if !machine.isZero(busy) { machine.warn(Site("a buffer goes that is polled")) }
    let attachments = machine.plain(BufferRecord.attachments, of: buffer)
    if !machine.isZero(attachments) {
      machine.warn(Site("a buffer goes that a device is attached to"))
    }
    let exporter = exporter(&machine, buffer)
    machine.exporterReleases(exporter)
    unmake(&machine, buffer)
  }

  /// Gives a descriptor to a buffer; the descriptor takes the caller's reference over.
  @inlinable
  public func openDescriptor<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record
  ) -> Made<Int> {
    let reserved = Files.reserveDescriptor(&machine)
    guard case .made(let number) = reserved else { return reserved }
    Files.install(&machine, file(&machine, of: buffer), at: number)
    return .made(number)
  }

  /// A buffer's file.
  @inlinable
  public func file<M: BufferHostMachine>(_ machine: inout M, of buffer: M.Record) -> M.Record {
    let address = machine.plain(BufferRecord.file, of: buffer)
    return machine.record(at: address)
  }

  /// The buffer of a descriptor, with a reference to its file.
  /// - Returns: it; `badDescriptor` for no file, `invalid` for another kind of file.
  @inlinable
  public func buffer<M: BufferHostMachine>(
    _ machine: inout M,
    at descriptor: Int
  ) -> Made<M.Record> {
    guard let file = Files.get(&machine, descriptor) else { return .failed(.badDescriptor) }
    let kind = machine.plain(FileRecord.kind, of: file)
    guard machine.holds(kind .== M.W(FileKind.buffer)),
      let buffer = machine.follow(FileRecord.data, of: file, .plain)
    else {
      Files.release(&machine, file, self)
      return .failed(.invalid)
    }
    return .made(buffer)
  }

  /// Gives a reference to a buffer's file back.
  @inlinable
  public func put<M: BufferHostMachine>(_ machine: inout M, _ buffer: M.Record) {
    Files.release(&machine, file(&machine, of: buffer), self)
  }
}
