import Machines
import Walkers

/// Records of the process's own memory, and drivers that do what a test says.
struct BufferTestMachine: LayeredRecordMachine, BufferHostMachine {
  var base = DirectRecordMachine()
  let globals: Record
  /// Steps that fail, and with what.
  var failures: [BufferStep: Errno] = [:]
  /// Whether a signal ends waits, or the time does.
  var hasSignal = false
  var isOver = false
  /// How often the user's callbacks ran.
  var callbackCount = 0
  /// What an exporter answers, and what it was asked for, in order.
  var pinResult = Errno.ok
  var mapResult: UInt64 = 0x1000
  var areaResult = Errno.ok
  var calls: [String] = []

  init() {
    let machine = DirectRecordMachine()
    globals = made(machine.allocate(BufferGlobals.layout, isZeroed: true, maySleep: true))
    base = machine
  }

  func refuses(_ step: BufferStep) -> Errno? { failures[step] }
  func isInterrupted() -> Bool { hasSignal }
  func isTimeOver() -> Bool { isOver }
  mutating func exporterAttaches(_ attachment: Record, of exporter: UInt64) -> Errno {
    calls.append("attach")
    return .ok
  }
  mutating func exporterDetaches(_ attachment: Record, of exporter: UInt64) {
    calls.append("detach")
  }
  mutating func exporterPins(_ attachment: Record, of exporter: UInt64) -> Errno {
    calls.append("pin")
    return pinResult
  }
  mutating func exporterUnpins(_ attachment: Record, of exporter: UInt64) { calls.append("unpin") }
  mutating func exporterMaps(
    _ attachment: Record,
    of exporter: UInt64,
    _ direction: BufferDirection
  ) -> UInt64 {
    calls.append("map")
    return mapResult
  }
  mutating func exporterUnmaps(
    _ attachment: Record,
    of exporter: UInt64,
    _ table: UInt64,
    _ direction: BufferDirection
  ) {
    calls.append("unmap")
  }
  mutating func exporterReleases(_ exporter: UInt64) { calls.append("release") }
  mutating func exporterBeginsAccess(_ exporter: UInt64, _ direction: BufferDirection) -> Errno {
    calls.append("begin")
    return .ok
  }
  mutating func exporterEndsAccess(_ exporter: UInt64, _ direction: BufferDirection) -> Errno {
    calls.append("end")
    return .ok
  }
  mutating func exporterMapsArea(_ area: Record, of exporter: UInt64) -> Errno {
    calls.append("area")
    return areaResult
  }
  mutating func exporterMapsKernel(_ exporter: UInt64) -> UInt64 {
    calls.append("vmap")
    return 0x2000
  }
  mutating func exporterUnmapsKernel(_ exporter: UInt64, _ pointer: UInt64) {
    calls.append("vunmap")
  }
  mutating func importerIsNotified(_ attachment: Record) { calls.append("notify") }
  mutating func runs(_ callback: Record, of fence: Record) { callbackCount += 1 }

  // MARK: What tests need again and again

  /// A fence on a line.
  mutating func fence(_ line: UInt64 = 1, _ number: UInt64 = 1) -> Record {
    made(Fences.make(&self, context: line, number: number))
  }

  /// A callback of the test's.
  mutating func callback() -> Record {
    made(allocate(CallbackRecord.layout, isZeroed: true, maySleep: true))
  }

  /// An array of fences, which it takes over.
  mutating func array(_ fences: [Record]) -> Record {
    made(Fences.makeArray(&self, of: list(fences), context: 90, number: 1))
  }

  /// A list of fences.
  mutating func list(_ fences: [Record]) -> Record {
    let list = made(FenceList.make(&self, capacity: 4))
    for (index, fence) in fences.enumerated() {
      FenceList.append(&self, address(of: fence), to: list, at: index)
    }
    return list
  }

  /// Links after each other, each with one of the fences, numbered from 1 by steps; takes them over.
  mutating func chain(_ fences: [Record], step: UInt64 = 1) -> [Record] {
    var links: [Record] = []
    for (index, fence) in fences.enumerated() {
      if let last = links.last { Fences.retain(&self, last) }
      let link = Fences.makeChain(
        &self,
        after: links.last,
        fence,
        number: UInt64(index + 1) * step,
        newContext: 80
      )
      links.append(made(link))
    }
    return links
  }

  /// The fences that are no containers of what one holds.
  mutating func leaves(_ fence: Record) -> [Record] {
    var leaves: [Record] = []
    Fences.forEachLeaf(&self, fence) { _, leaf in
      leaves.append(leaf)
      return true
    }
    return leaves
  }
}

/// What was made; there is memory for all of a test.
func made<Value>(_ value: Value?) -> Value {
  guard let value else { preconditionFailure("no memory for a test") }
  return value
}
