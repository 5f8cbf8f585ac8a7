public import Machines

/// Shared buffers as the document has them that this system was made from, with their faults.
///
/// Fences and reservations are the kernel's own; the buffers' calls are those of the document. An exporter that
/// does not move is promised no lock where it maps for devices, and none is where it maps for the kernel: that
/// was the contract. With some of the faults mended it is a case of the others.
public struct PostedSharedBuffers: SharedBufferWalker {
  /// What is wrong with them.
  public let ownFaults: FaultsOf<PostedFault>

  /// As posted, or with some of the faults alone.
  @inlinable
  public init(faults: FaultsOf<PostedFault> = PostedSharedBuffers.allFaults) { ownFaults = faults }

  /// As posted.
  @inlinable public static var allFaults: FaultsOf<PostedFault> {
    [
      .mapsUnlocked, .areaKept, .areaEndWraps, .kernelCheckedUnlocked, .kernelFailureWarns,
      .accessLeftOpen,
    ]
  }

  /// What is called where a fault is mended.
  @inlinable var mended: ListedSharedBuffers { ListedSharedBuffers() }

  /// In a list.
  @inlinable public var reservations: ListedReservations { ListedReservations() }
  /// Its own are in the calls themselves.
  @inlinable public var faults: FaultsOf<BufferFault> { [] }
  /// They do not, and that is a fault.
  @inlinable public var locksMappings: Bool { !ownFaults.contains(.mapsUnlocked) }
  /// They are not.
  @inlinable public var locksKernelMappings: Bool { false }

  /// The exporter's part is not taken back where the wait fails.
  @inlinable
  public func beginAccess<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ direction: BufferDirection
  ) -> Errno {
    guard ownFaults.contains(.accessLeftOpen) else {
      return mended.beginAccess(&machine, buffer, direction)
    }
    if can(&machine, buffer, ExporterOperations.access) {
      let exporter = exporter(&machine, buffer)
      let result = machine.exporterBeginsAccess(exporter, direction)
      guard result == .ok else { return result }
    }
    let isWrite = direction != .fromDevice
    let reservation = reservation(&machine, of: buffer)
    return reservations.wait(
      &machine,
      reservation,
      .waitedFor(toWrite: isWrite),
      isInterruptible: true
    )
  }

  /// The area has the buffer's file from here on, whatever the exporter says.
  @inlinable
  public func mapArea<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ area: M.Record,
    offset: M.W
  ) -> Errno {
    guard ownFaults.contains(.areaKept) else {
      return mended.mapArea(&machine, buffer, area, offset: offset)
    }
    guard can(&machine, buffer, ExporterOperations.area) else { return .invalid }
    let end = offset &+ machine.plain(AreaRecord.pageCount, of: area)
    if machine.holds(end .< offset) { return .overflow }
    let pages = machine.plain(BufferRecord.size, of: buffer) &>> HostMemory.pageShift
    guard machine.holds(end .<= pages) else { return .invalid }
    let file = file(&machine, of: buffer)
    let old = machine.plain(AreaRecord.file, of: area)
    Files.retain(&machine, file)
    machine.set(AreaRecord.file, of: area, to: machine.address(of: file))
    if !machine.isZero(old) { Files.release(&machine, machine.record(at: old), self) }
    machine.set(AreaRecord.offset, of: area, to: offset)
    let exporter = exporter(&machine, buffer)
    return machine.exporterMapsArea(area, of: exporter)
  }

  /// The end of the area is a sum that wraps.
  @inlinable
  public func mapOwnArea<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ area: M.Record
  ) -> Errno {
    guard ownFaults.contains(.areaEndWraps) else {
      return mended.mapOwnArea(&machine, buffer, area)
    }
    guard can(&machine, buffer, ExporterOperations.area) else { return .invalid }
    let offset = machine.plain(AreaRecord.offset, of: area)
    let end = offset &+ machine.plain(AreaRecord.pageCount, of: area)
    let pages = machine.plain(BufferRecord.size, of: buffer) &>> HostMemory.pageShift
    guard machine.holds(end .<= pages) else { return .invalid }
    let exporter = exporter(&machine, buffer)
    return machine.exporterMapsArea(area, of: exporter)
  }

  /// Under a lock of its own; that the exporter cannot is taken for impossible.
  @inlinable
  public func mapKernel<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record
  ) -> Made<M.W> {
    guard can(&machine, buffer, ExporterOperations.kernel) else { return .failed(.invalid) }
    machine.acquire(BufferRecord.lock, of: buffer, .mutex)
    defer { machine.release(BufferRecord.lock, of: buffer, .mutex) }
    let count = machine.plain(BufferRecord.kernelCount, of: buffer)
    if !machine.isZero(count) {
      machine.set(BufferRecord.kernelCount, of: buffer, to: count &+ M.W(1))
      let known = machine.plain(BufferRecord.kernelPointer, of: buffer)
      if machine.isZero(known) { machine.warn(Site("what is mapped is nowhere")) }
      return .made(known)
    }
    let exporter = exporter(&machine, buffer)
    let pointer = machine.exporterMapsKernel(exporter)
    guard !machine.isZero(pointer) else {
      if ownFaults.contains(.kernelFailureWarns) {
        machine.warn(Site("a buffer cannot be mapped for the kernel"))
      }
      return .failed(.noMemory)
    }
    machine.set(BufferRecord.kernelPointer, of: buffer, to: pointer)
    machine.set(BufferRecord.kernelCount, of: buffer, to: M.W(1))
    return .made(pointer)
  }

  /// What is so of the mapping is checked before the lock is taken.
  @inlinable
  public func unmapKernel<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ pointer: M.W
  ) {
    let isEarly = ownFaults.contains(.kernelCheckedUnlocked)
    if isEarly { checkPosted(&machine, buffer, pointer) }
    machine.acquire(BufferRecord.lock, of: buffer, .mutex)
    if !isEarly { checkPosted(&machine, buffer, pointer) }
    let left = machine.plain(BufferRecord.kernelCount, of: buffer) &- M.W(1)
    machine.set(BufferRecord.kernelCount, of: buffer, to: left)
    if machine.isZero(left) {
      let exporter = exporter(&machine, buffer)
      machine.exporterUnmapsKernel(exporter, pointer)
      machine.set(BufferRecord.kernelPointer, of: buffer, to: M.W(0))
    }
    machine.release(BufferRecord.lock, of: buffer, .mutex)
  }

  @inlinable
  func checkPosted<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ pointer: M.W
  ) {
    let known = machine.plain(BufferRecord.kernelPointer, of: buffer)
    if machine.isZero(known) { machine.warn(Site("what is not mapped is unmapped")) }
    let count = machine.plain(BufferRecord.kernelCount, of: buffer)
    if machine.isZero(count) { machine.warn(Site("what nobody mapped is unmapped")) }
    if machine.holds(known .!= pointer) { machine.warn(Site("what is elsewhere is unmapped")) }
  }
}
