import Machines
import Reference
import Schedules
import Walkers

extension BufferMachine: BufferHostMachine {
  var globals: UInt64 { state.pointee.globals }

  // MARK: What may fail

  func refuses(_ step: BufferStep) -> Errno? {
    let error: Errno =
      switch step {
      case .module: .notFound
      case .file, .statistics: .noMemory
      case .descriptor: .tooManyFiles
      case .copyIn, .copyOut: .fault
      }
    guard isRefused(oneIn: 4, with: error) else { return nil }
    state.pointee.refusedSteps[thread] += 1
    return error
  }

  func isInterrupted() -> Bool {
    if state.pointee.stalled[thread] == .interruptible { return endsStall(with: .interrupted) }
    guard isRefused(oneIn: 3, with: .interrupted) else { return false }
    state.pointee.reach(.interrupted)
    return true
  }

  func isTimeOver() -> Bool {
    if state.pointee.stalled[thread] == .timed { return endsStall(with: .timedOut) }
    guard base.choose(below: 3) == 2 else { return false }
    state.pointee.model.refused(thread, with: .timedOut)
    return true
  }

  /// Has all devices stall until this thread's call is over, whose wait nothing but this ends.
  ///
  /// For who waits with no lock, or takes none before the wait: others who hold one may wait for devices. Who
  /// attaches has the reservation's lock by then.
  func stall(until patience: BufferOperation.Patience) {
    if state.pointee.plan.devicesFail { state.pointee.stalled[thread] = patience }
  }

  /// Has devices go on, if it was this thread that had them stall.
  func resume() {
    guard state.pointee.stalled.removeValue(forKey: thread) != nil else { return }
    base.wake(DeviceRecord.queue, of: state.pointee.device, all: true)
  }

  /// Nothing but a signal, or the time, ends the wait of who has all devices stall.
  private func endsStall(with error: Errno) -> Bool {
    state.pointee.model.refused(thread, with: error)
    state.pointee.reach(.endedStall)
    // Who attaches takes the lock once more, which somebody may have who waits for devices.
    if state.pointee.attaching.contains(thread) { resume() }
    return true
  }

  // MARK: The exporter

  /// Which buffer an exporter is called for, under the lock where it has to be; nil for none of its own.
  private func called(
    _ what: String,
    _ exporter: UInt64,
    about attachment: UInt64? = nil,
    isLocked: Bool,
    needs operation: UInt64 = 0
  ) -> Int? {
    guard let buffer = BufferHost.buffer(exporter) else { return nobody() }
    if let attachment { judgeAttachment(attachment, to: buffer) }
    if state.pointee.plan.operations(buffer) & operation != operation {
      base.warn(Site("an exporter is called for what it cannot do"))
    }
    let holds = holdsReservation(of: buffer)
    state.pointee.model.called(what, buffer, isLocked: holds, shouldBe: isLocked)
    return buffer
  }

  /// Nobody's exporter is called.
  private func nobody() -> Int? {
    base.warn(Site("an exporter is called for what is none of its buffers"))
    return nil
  }

  /// Looks whether what an exporter is called about is attached to its buffer.
  private func judgeAttachment(_ attachment: UInt64, to buffer: Int) {
    let record = base.read(AttachmentRecord.buffer, of: attachment, .plain)
    if record != state.pointee.buffers[buffer] { state.pointee.model.misstated() }
  }

  private func isDynamic(_ attachment: UInt64) -> Bool {
    base.read(AttachmentRecord.isDynamic, of: attachment, .plain) != 0
  }

  func exporterAttaches(_ attachment: UInt64, of exporter: UInt64) -> Errno {
    _ = called(
      "attach",
      exporter,
      about: attachment,
      isLocked: false,
      needs: ExporterOperations.attach
    )
    judgeImporter(attachment)
    base.mightSleep()
    guard !isRefused(oneIn: 4, with: .busy) else { return .busy }
    if let buffer = BufferHost.buffer(exporter) {
      state.pointee.model.isAttached(buffer, attachment: attachment)
    }
    return .ok
  }

  /// Looks whether an importer that is being attached is what it says.
  private func judgeImporter(_ attachment: UInt64) {
    guard let importer = state.pointee.importers[thread] else { return }
    let isSame =
      base.read(AttachmentRecord.importer, of: attachment, .plain) == importer.name
      && isDynamic(attachment) == importer.isDynamic
      && (base.read(AttachmentRecord.reachesPeers, of: attachment, .plain) != 0)
        == state.pointee.plan.reachPeers
    if !isSame { state.pointee.model.misstated() }
  }

  func exporterDetaches(_ attachment: UInt64, of exporter: UInt64) {
    guard
      let buffer = called(
        "detach",
        exporter,
        about: attachment,
        isLocked: false,
        needs: ExporterOperations.attach
      )
    else { return }
    base.mightSleep()
    state.pointee.model.detached(buffer, attachment: attachment)
  }

  func exporterPins(_ attachment: UInt64, of exporter: UInt64) -> Errno {
    guard let buffer = called("pin", exporter, about: attachment, isLocked: true) else {
      return .invalid
    }
    guard !isRefused(oneIn: 4, with: .noMemory) else { return .noMemory }
    state.pointee.model.pinned(buffer, by: 1)
    if !isDynamic(attachment) { state.pointee.reach(.pinnedForStatic) }
    return .ok
  }

  func exporterUnpins(_ attachment: UInt64, of exporter: UInt64) {
    guard let buffer = called("unpin", exporter, about: attachment, isLocked: true) else { return }
    state.pointee.model.pinned(buffer, by: -1)
  }

  /// Which buffer an exporter is called for to map, or to undo that, for devices; nil for none of its own.
  ///
  /// It is promised the lock, or, where importers map without it and the buffer stays where it is, nothing.
  private func calledToMap(
    _ what: String,
    _ exporter: UInt64,
    about attachment: UInt64
  ) -> Int? {
    guard let buffer = BufferHost.buffer(exporter) else { return nobody() }
    guard walker.locksMappings || state.pointee.plan.exporters[buffer] == .moving else {
      judgeAttachment(attachment, to: buffer)
      return buffer
    }
    return called(what, exporter, about: attachment, isLocked: true)
  }

  func exporterMaps(
    _ attachment: UInt64,
    of exporter: UInt64,
    _ direction: BufferDirection
  ) -> UInt64 {
    guard let buffer = calledToMap("map", exporter, about: attachment) else { return 0 }
    base.mightSleep()
    // One that cannot deal with moves is mapped in both directions when it is attached.
    let isKept = state.pointee.attaching.contains(thread)
    state.pointee.model.directed(
      "map",
      direction.rawValue,
      asked: isKept ? BufferDirection.both.rawValue : state.pointee.directions[thread].rawValue
    )
    judgeImporter(attachment)
    let isVideoMemory =
      state.pointee.plan.exporters[buffer] == .moving
      && state.pointee.places[buffer] == 1
    if isVideoMemory, base.read(AttachmentRecord.reachesPeers, of: attachment, .plain) == 0 {
      state.pointee.model.refused(thread, with: .busy)
      state.pointee.reach(.peerRefused)
      return ErrorPointer.make(.busy)
    }
    if fails(oneIn: 4) {
      // An error, or nothing at all.
      let isError = base.choose(below: 2) == 0
      state.pointee.model.refused(thread, with: isError ? .interrupted : .noMemory)
      return isError ? ErrorPointer.make(.interrupted) : 0
    }
    guard let table = allocate(TableRecord.layout, isZeroed: true, maySleep: true) else {
      return ErrorPointer.make(.noMemory)
    }
    base.write(UInt64(buffer), TableRecord.buffer, of: table, .plain)
    base.write(UInt64(state.pointee.places[buffer]), TableRecord.place, of: table, .plain)
    let isDynamic = isDynamic(attachment)
    state.pointee.model.mapped(
      buffer,
      table,
      attachment: attachment,
      direction: direction.rawValue,
      isDynamic: isDynamic
    )
    // Who cannot deal with moves waits for the kernel's work, with the lock, and for nothing before.
    if isKept, !isDynamic, base.choose(below: 2) == 1 { stall(until: .interruptible) }
    return table
  }

  func exporterUnmaps(
    _ attachment: UInt64,
    of exporter: UInt64,
    _ table: UInt64,
    _ direction: BufferDirection
  ) {
    guard let buffer = calledToMap("unmap", exporter, about: attachment) else { return }
    if state.pointee.plan.exporters[buffer] == .caching, !state.pointee.attaching.contains(thread) {
      state.pointee.model.undidKept(buffer)
    }
    if state.pointee.model.unmapped(buffer, table, direction: direction.rawValue) {
      base.free(table)
    }
  }

  func exporterReleases(_ exporter: UInt64) {
    guard let buffer = BufferHost.buffer(exporter) else { return }
    base.mightSleep()
    // What it keeps of the buffer it finds there.
    _ = base.read(BufferRecord.exporter, of: state.pointee.buffers[buffer], .plain)
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

  /// Which buffer an exporter is called for at either end of a processor's access; nil for none of its own.
  private func calledToAccess(
    _ what: String,
    _ exporter: UInt64,
    _ direction: BufferDirection
  ) -> Int? {
    guard
      let buffer = called(
        what,
        exporter,
        isLocked: false,
        needs: ExporterOperations.access
      )
    else { return nil }
    state.pointee.model.directed(
      what,
      direction.rawValue,
      asked: state.pointee.directions[thread].rawValue
    )
    base.mightSleep()
    return buffer
  }

  func exporterBeginsAccess(_ exporter: UInt64, _ direction: BufferDirection) -> Errno {
    guard let buffer = calledToAccess("begin_cpu_access", exporter, direction) else {
      return .invalid
    }
    guard !isRefused(oneIn: 4, with: .again) else { return .again }
    state.pointee.model.processorAccess(buffer, by: 1)
    return .ok
  }

  func exporterEndsAccess(_ exporter: UInt64, _ direction: BufferDirection) -> Errno {
    guard let buffer = calledToAccess("end_cpu_access", exporter, direction) else {
      return .invalid
    }
    state.pointee.model.processorAccess(buffer, by: -1)
    return .ok
  }

  func exporterMapsArea(_ area: UInt64, of exporter: UInt64) -> Errno {
    _ = called("mmap", exporter, isLocked: false, needs: ExporterOperations.area)
    if let asked = state.pointee.areas[area] {
      judgeArea(area, asked)
    } else {
      base.warn(Site("an exporter is to map what is no area"))
    }
    return isRefused(oneIn: 3, with: .noMemory) ? .noMemory : .ok
  }

  /// Looks whether an area has the offset that was asked for, and a file of the buffer's where it had another.
  func judgeArea(_ area: UInt64, _ asked: BufferArea) {
    var isAsked = base.read(AreaRecord.offset, of: area, .plain) == asked.offset
    if !asked.isOwn {
      let file = base.read(AreaRecord.file, of: area, .plain)
      isAsked =
        isAsked && file != 0 && base.read(FileRecord.data, of: file, .plain) == asked.buffer
    }
    if !isAsked { state.pointee.model.areaChanged(isMapped: true) }
  }

  func exporterMapsKernel(_ exporter: UInt64) -> UInt64 {
    guard let buffer = BufferHost.buffer(exporter) else { return 0 }
    _ = called(
      "vmap",
      exporter,
      isLocked: walker.locksKernelMappings,
      needs: ExporterOperations.kernel
    )
    guard !isRefused(oneIn: 3, with: .noMemory) else { return 0 }
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
    let isMapped = (0...1).contains { BufferHost.pointer(buffer, $0) == pointer }
    state.pointee.model.mappedForKernel(buffer, by: -1, isThere: isMapped)
    if state.pointee.plan.exporters[buffer] == .moving {
      state.pointee.model.pinned(buffer, by: -1)
    }
  }

  // MARK: Importers and users

  func importerIsNotified(_ attachment: UInt64) {
    let record = base.read(AttachmentRecord.buffer, of: attachment, .plain)
    guard let buffer = state.pointee.buffers.firstIndex(of: record) else { return }
    if !isDynamic(attachment) {
      base.warn(Site("an importer is told of a move that cannot deal with it"))
    }
    let holds = holdsReservation(of: buffer)
    state.pointee.model.called("move_notify", buffer, isLocked: holds, shouldBe: true)
    state.pointee.model.notified(buffer, attachment: attachment)
    state.pointee.stale.insert(attachment)
    state.pointee.reach(.notified)
  }

  func runs(_ callback: UInt64, of fence: UInt64) {
    if state.pointee.callbackFences[callback] != fence {
      base.warn(Site("a callback is told of a fence that it was not added to"))
    }
    state.pointee.model.ran(callback)
  }
}
