import Machines
import Walkers

extension MutatingRecordMachine: BufferHostMachine where Base: BufferHostMachine {
  var globals: Base.Record { base.globals }

  /// How often an operation is done.
  private mutating func times(_ name: String) -> Int {
    changes(.skip(name)) ? 0 : changes(.twice(name)) ? 2 : 1
  }

  /// The exporter that is called.
  private mutating func told(_ exporter: Base.W) -> Base.W {
    changes(.skip("exporter")) ? exporter &+ Base.W(1) : exporter
  }

  mutating func refuses(_ step: BufferStep) -> Errno? {
    let error = base.refuses(step)
    if error != nil, case .alter("refused", let number) = mutation?.change,
      changes(.alter("refused", number))
    {
      return Errno(rawValue: Int32(truncatingIfNeeded: number))
    }
    return error
  }

  mutating func isInterrupted() -> Bool { changes(.skip("signal")) || base.isInterrupted() }
  mutating func isTimeOver() -> Bool { base.isTimeOver() }

  mutating func exporterAttaches(_ attachment: Base.Record, of exporter: Base.W) -> Errno {
    base.exporterAttaches(attachment, of: exporter)
  }

  mutating func exporterDetaches(_ attachment: Base.Record, of exporter: Base.W) {
    for _ in 0..<times("detach") { base.exporterDetaches(attachment, of: exporter) }
  }

  mutating func exporterPins(_ attachment: Base.Record, of exporter: Base.W) -> Errno {
    changes(.skip("pin")) ? .ok : base.exporterPins(attachment, of: exporter)
  }

  mutating func exporterUnpins(_ attachment: Base.Record, of exporter: Base.W) {
    for _ in 0..<times("unpin") { base.exporterUnpins(attachment, of: exporter) }
  }

  mutating func exporterMaps(
    _ attachment: Base.Record,
    of exporter: Base.W,
    _ direction: BufferDirection
  ) -> Base.W {
    base.exporterMaps(attachment, of: told(exporter), direction)
  }

  mutating func exporterUnmaps(
    _ attachment: Base.Record,
    of exporter: Base.W,
    _ table: Base.W,
    _ direction: BufferDirection
  ) {
    for _ in 0..<times("unmap") {
      base.exporterUnmaps(attachment, of: exporter, table, direction)
    }
  }

  mutating func exporterReleases(_ exporter: Base.W) {
    for _ in 0..<times("release") { base.exporterReleases(exporter) }
  }

  mutating func exporterBeginsAccess(_ exporter: Base.W, _ direction: BufferDirection) -> Errno {
    base.exporterBeginsAccess(exporter, direction)
  }

  mutating func exporterEndsAccess(_ exporter: Base.W, _ direction: BufferDirection) -> Errno {
    changes(.skip("end")) ? .ok : base.exporterEndsAccess(exporter, direction)
  }

  mutating func exporterMapsArea(_ area: Base.Record, of exporter: Base.W) -> Errno {
    base.exporterMapsArea(area, of: told(exporter))
  }

  mutating func exporterMapsKernel(_ exporter: Base.W) -> Base.W {
    base.exporterMapsKernel(exporter)
  }

  mutating func exporterUnmapsKernel(_ exporter: Base.W, _ pointer: Base.W) {
    for _ in 0..<times("vunmap") { base.exporterUnmapsKernel(exporter, pointer) }
  }

  mutating func importerIsNotified(_ attachment: Base.Record) {
    base.importerIsNotified(attachment)
  }

  mutating func runs(_ callback: Base.Record, of fence: Base.Record) {
    base.runs(callback, of: fence)
  }
}
