import Machines
import Walkers

/// Records of the process's own memory, and drivers that do everything at once.
struct DirectBufferMachine: LayeredRecordMachine, BufferHostMachine {
  var base = DirectRecordMachine()
  let globals: Record

  /// The process's own memory; nil where there is none.
  init?() {
    guard let globals = base.allocate(BufferGlobals.layout, isZeroed: true, maySleep: true) else {
      return nil
    }
    self.globals = globals
  }

  func refuses(_ step: BufferStep) -> Errno? { nil }
  func isInterrupted() -> Bool { false }
  func isTimeOver() -> Bool { false }
  func exporterAttaches(_ attachment: Record, of exporter: UInt64) -> Errno { .ok }
  func exporterDetaches(_ attachment: Record, of exporter: UInt64) {}
  func exporterPins(_ attachment: Record, of exporter: UInt64) -> Errno { .ok }
  func exporterUnpins(_ attachment: Record, of exporter: UInt64) {}
  func exporterMaps(
    _ attachment: Record,
    of exporter: UInt64,
    _ direction: BufferDirection
  ) -> UInt64 { 0x1000 }
  func exporterUnmaps(
    _ attachment: Record,
    of exporter: UInt64,
    _ table: UInt64,
    _ direction: BufferDirection
  ) {}
  func exporterReleases(_ exporter: UInt64) {}
  func exporterBeginsAccess(_ exporter: UInt64, _ direction: BufferDirection) -> Errno { .ok }
  func exporterEndsAccess(_ exporter: UInt64, _ direction: BufferDirection) -> Errno { .ok }
  func exporterMapsArea(_ area: Record, of exporter: UInt64) -> Errno { .ok }
  func exporterMapsKernel(_ exporter: UInt64) -> UInt64 { 0x2000 }
  func exporterUnmapsKernel(_ exporter: UInt64, _ pointer: UInt64) {}
  func importerIsNotified(_ attachment: Record) {}
  func runs(_ callback: Record, of fence: Record) {}
}

/// A shared buffer on the direct machine, with so many fences that are pending or signalled.
struct SharedBufferBenchmarks<Walker: SharedBufferWalker> {
  /// How many calls a run makes.
  static var callCount: Int { 2000 }

  private let walker: Walker
  private var machine: DirectBufferMachine
  private let buffer: DirectBufferMachine.Record
  private let reservation: DirectBufferMachine.Record
  private var fences: [DirectBufferMachine.Record] = []
  /// What calls returned, so that none of them can be left out.
  private(set) var checksum: UInt64 = 0

  /// Exports a buffer and adds fences, each of a line of its own; nil when there is no memory.
  init?(_ walker: Walker, fenceCount: Int, isCaching: Bool = false) {
    self.walker = walker
    guard var machine = DirectBufferMachine() else { return nil }
    var operations =
      ExporterOperations.map | ExporterOperations.unmap | ExporterOperations.release
    if isCaching { operations |= ExporterOperations.cachesMappings }
    let export = BufferExport<DirectBufferMachine>(
      operations: operations,
      exporter: 1,
      size: 1 << 20,
      reservation: nil
    )
    guard case .made(let buffer) = walker.export(&machine, export) else { return nil }
    self.buffer = buffer
    reservation = walker.reservation(&machine, of: buffer)
    for line in 0..<fenceCount {
      guard
        let fence = Fences.make(&machine, context: UInt64(line + 1), number: 1),
        walker.reservations.reserve(&machine, reservation, count: 1) == .ok
      else { return nil }
      walker.reservations.add(&machine, fence, to: reservation, .write)
      fences.append(fence)
    }
    self.machine = machine
  }

  /// Reserves and adds fences of lines that are there, each in place of the one before.
  mutating func add() {
    for call in 0..<Self.callCount {
      Reservation.lock(&machine, reservation)
      let result = walker.reservations.reserve(&machine, reservation, count: 1)
      walker.reservations.add(&machine, fences[call % fences.count], to: reservation, .write)
      Reservation.unlock(&machine, reservation)
      checksum &+= UInt64(result.rawValue)
    }
  }

  /// Signals all fences.
  mutating func signal() { for fence in fences { Fences.signal(&machine, fence) } }

  /// Asks whether all are signalled.
  mutating func test() {
    for _ in 0..<Self.callCount {
      let isSignalled = walker.reservations.isSignalled(&machine, reservation, .read)
      checksum &+= isSignalled ? 1 : 0
    }
  }

  /// Waits for fences that are all signalled.
  mutating func wait() {
    for _ in 0..<Self.callCount / 10 {
      let result = walker.reservations.wait(
        &machine,
        reservation,
        .bookkeep,
        isInterruptible: false
      )
      checksum &+= UInt64(result.rawValue)
    }
  }

  /// Polls a buffer whose fences are all signalled.
  mutating func poll() {
    for _ in 0..<Self.callCount {
      let ready = walker.poll(&machine, buffer, [.read, .write])
      checksum &+= ready.rawValue
      Files.releaseLater(&machine, walker)
    }
  }

  /// Maps and unmaps.
  mutating func map() {
    guard case .made(let attachment) = attach() else { return }
    for _ in 0..<Self.callCount {
      let table = walker.mapUnlocked(&machine, attachment, .both)
      checksum &+= table
      walker.unmapUnlocked(&machine, attachment, table, .both)
    }
    walker.detach(&machine, buffer, attachment)
  }

  /// Attaches and detaches.
  mutating func attachAndDetach() {
    for _ in 0..<Self.callCount {
      guard case .made(let attachment) = attach() else { return }
      walker.detach(&machine, buffer, attachment)
    }
  }

  private mutating func attach() -> Made<DirectBufferMachine.Record> {
    walker.attach(&machine, buffer, importer: 1, isDynamic: false, reachesPeers: false)
  }
}
