import Machines
import Reference
import Schedules
import Walkers

extension BufferMachine: BufferHostMachine {
  var globals: UInt64 { state.pointee.globals }

  // MARK: What may fail

  func refuses(_ step: BufferStep) -> Errno? {
    guard isRefused(oneIn: 4) else { return nil }
    return switch step {
    case .module: .notFound
    case .file, .statistics: .noMemory
    case .descriptor: .tooManyFiles
    case .copyIn, .copyOut: .fault
    }
  }

  func isInterrupted() -> Bool {
    guard isRefused(oneIn: 3) else { return false }
    state.pointee.reach(.interrupted)
    return true
  }

  func isTimeOver() -> Bool {
    guard base.choose(below: 3) == 2 else { return false }
    state.pointee.model.refused(thread)
    return true
  }

  // MARK: The exporter

  /// Which buffer an exporter is called for, under the lock where it has to be; nil for none of its own.
  private func called(_ what: String, _ exporter: UInt64, isLocked: Bool) -> Int? {
    guard let buffer = BufferHost.buffer(exporter) else { return nobody() }
    let holds = holdsReservation(of: buffer)
    state.pointee.model.called(what, buffer, isLocked: holds, shouldBe: isLocked)
    return buffer
  }

  /// Nobody's exporter is called.
  private func nobody() -> Int? {
    base.warn(Site("an exporter is called for what is none of its buffers"))
    return nil
  }

  private func isDynamic(_ attachment: UInt64) -> Bool {
    base.read(AttachmentRecord.isDynamic, of: attachment, .plain) != 0
  }

  func exporterAttaches(_ attachment: UInt64, of exporter: UInt64) -> Errno {
    _ = called("attach", exporter, isLocked: false)
    return isRefused(oneIn: 4) ? .busy : .ok
  }

  func exporterDetaches(_ attachment: UInt64, of exporter: UInt64) {
    guard let buffer = called("detach", exporter, isLocked: false) else { return }
    // What it keeps of the device it finds there.
    _ = base.read(AttachmentRecord.importer, of: attachment, .plain)
    state.pointee.model.detached(buffer, attachment: attachment)
  }

  func exporterPins(_ attachment: UInt64, of exporter: UInt64) -> Errno {
    guard let buffer = called("pin", exporter, isLocked: true) else { return .invalid }
    guard !isRefused(oneIn: 4) else { return .noMemory }
    state.pointee.model.pinned(buffer, by: 1)
    if !isDynamic(attachment) { state.pointee.reach(.pinnedForStatic) }
    return .ok
  }

  func exporterUnpins(_ attachment: UInt64, of exporter: UInt64) {
    guard let buffer = called("unpin", exporter, isLocked: true) else { return }
    state.pointee.model.pinned(buffer, by: -1)
  }

  /// Which buffer an exporter is called for to map, or to undo that, for devices; nil for none of its own.
  ///
  /// It is promised the lock, or, where importers map without it and the buffer stays where it is, nothing.
  private func calledToMap(_ what: String, _ exporter: UInt64) -> Int? {
    guard let buffer = BufferHost.buffer(exporter) else { return nobody() }
    guard walker.locksMappings || state.pointee.plan.exporters[buffer] == .moving else {
      return buffer
    }
    return called(what, exporter, isLocked: true)
  }

  func exporterMaps(
    _ attachment: UInt64,
    of exporter: UInt64,
    _ direction: BufferDirection
  ) -> UInt64 {
    guard let buffer = calledToMap("map", exporter) else { return 0 }
    base.mightSleep()
    let isVideoMemory =
      state.pointee.plan.exporters[buffer] == .moving
      && state.pointee.places[buffer] == 1
    if isVideoMemory, base.read(AttachmentRecord.reachesPeers, of: attachment, .plain) == 0 {
      state.pointee.model.refused(thread)
      state.pointee.reach(.peerRefused)
      return ErrorPointer.make(.busy)
    }
    if isRefused(oneIn: 4) {
      // An error, or nothing at all.
      return base.choose(below: 2) == 0 ? ErrorPointer.make(.interrupted) : 0
    }
    guard let table = allocate(TableRecord.layout, isZeroed: true, maySleep: true) else {
      return ErrorPointer.make(.noMemory)
    }
    base.write(UInt64(buffer), TableRecord.buffer, of: table, .plain)
    base.write(UInt64(state.pointee.places[buffer]), TableRecord.place, of: table, .plain)
    let isDynamic = isDynamic(attachment)
    state.pointee.model.mapped(buffer, table, attachment: attachment, isDynamic: isDynamic)
    return table
  }

  func exporterUnmaps(
    _ attachment: UInt64,
    of exporter: UInt64,
    _ table: UInt64,
    _ direction: BufferDirection
  ) {
    guard let buffer = calledToMap("unmap", exporter) else { return }
    if state.pointee.plan.exporters[buffer] == .caching, !state.pointee.attaching.contains(thread) {
      state.pointee.model.undidKept(buffer)
    }
    if state.pointee.model.unmapped(buffer, table) { base.free(table) }
  }

  func exporterReleases(_ exporter: UInt64) {
    guard let buffer = BufferHost.buffer(exporter) else { return }
    state.pointee.model.released(buffer)
    state.pointee.buffers[buffer] = 0
    freeOwnReservation(of: buffer)
  }

  /// What is the exporter's own goes when it has no buffer any more.
  func freeOwnReservation(of buffer: Int) {
    let own = state.pointee.ownReservations[buffer]
    guard own != 0 else { return }
    state.pointee.ownReservations[buffer] = 0
    var machine = self
    Reservation.free(&machine, own)
  }

  func exporterBeginsAccess(_ exporter: UInt64, _ direction: BufferDirection) -> Errno {
    guard let buffer = called("begin_cpu_access", exporter, isLocked: false) else {
      return .invalid
    }
    base.mightSleep()
    guard !isRefused(oneIn: 4) else { return .again }
    state.pointee.model.processorAccess(buffer, by: 1)
    return .ok
  }

  func exporterEndsAccess(_ exporter: UInt64, _ direction: BufferDirection) -> Errno {
    guard let buffer = called("end_cpu_access", exporter, isLocked: false) else {
      return .invalid
    }
    base.mightSleep()
    state.pointee.model.processorAccess(buffer, by: -1)
    return .ok
  }

  func exporterMapsArea(_ area: UInt64, of exporter: UInt64) -> Errno {
    _ = called("mmap", exporter, isLocked: false)
    if !state.pointee.areas.contains(area) {
      base.warn(Site("an exporter is to map what is no area"))
    }
    return isRefused(oneIn: 3) ? .noMemory : .ok
  }

  func exporterMapsKernel(_ exporter: UInt64) -> UInt64 {
    guard let buffer = BufferHost.buffer(exporter) else { return 0 }
    _ = called("vmap", exporter, isLocked: walker.locksKernelMappings)
    guard !isRefused(oneIn: 3) else { return 0 }
    state.pointee.model.mappedForKernel(buffer, by: 1)
    var machine = self
    let reservation = base.read(
      BufferRecord.reservation,
      of: state.pointee.buffers[buffer],
      .plain
    )
    let isMoving = state.pointee.plan.exporters[buffer] == .moving
    if isMoving {
      // What moves is kept where it is, and who takes no lock for it is taken one for.
      if !walker.locksKernelMappings { Reservation.lock(&machine, reservation) }
      state.pointee.model.pinned(buffer, by: 1)
      _ = walker.reservations.wait(&machine, reservation, .kernel, isInterruptible: false)
    }
    let pointer = BufferHost.pointer(buffer, state.pointee.places[buffer])
    if isMoving, !walker.locksKernelMappings { Reservation.unlock(&machine, reservation) }
    return pointer
  }

  func exporterUnmapsKernel(_ exporter: UInt64, _ pointer: UInt64) {
    guard let buffer = BufferHost.buffer(exporter) else { return }
    _ = called("vunmap", exporter, isLocked: walker.locksKernelMappings)
    state.pointee.model.mappedForKernel(buffer, by: -1)
    if state.pointee.plan.exporters[buffer] == .moving {
      state.pointee.model.pinned(buffer, by: -1)
    }
  }

  // MARK: Importers and users

  func importerIsNotified(_ attachment: UInt64) {
    let record = base.read(AttachmentRecord.buffer, of: attachment, .plain)
    guard let buffer = state.pointee.buffers.firstIndex(of: record) else { return }
    let holds = holdsReservation(of: buffer)
    state.pointee.model.called("move_notify", buffer, isLocked: holds, shouldBe: true)
    state.pointee.model.notified(buffer, attachment: attachment)
    state.pointee.stale.insert(attachment)
    state.pointee.reach(.notified)
  }

  func runs(_ callback: UInt64, of fence: UInt64) { state.pointee.model.ran(callback) }
}
