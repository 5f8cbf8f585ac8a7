import Machines
import Reference
import Schedules
import Walkers

extension BufferCaseThread {
  /// Exports a buffer, and opens a descriptor, which has its reference.
  mutating func export(_ buffer: Int, _ flaw: BufferOperation.Flaw) -> Errno {
    guard !state.pointee.isTaken[buffer] else { return .exists }
    state.pointee.isTaken[buffer] = true
    let refusals = refusals
    if state.pointee.plan.hasOwnReservations {
      guard let own = Reservation.make(&machine) else {
        state.pointee.isTaken[buffer] = false
        return .noMemory
      }
      state.pointee.ownReservations[buffer] = own
    }
    let steps = refusedSteps
    let made = walker.export(&machine, description(buffer, flaw))
    switch made {
    case .failed(let error):
      judgeFailure("export", error)
      machine.freeOwnReservation(of: buffer)
      state.pointee.isTaken[buffer] = false
      if flaw != .none {
        state.pointee.model.returned("export", error, expected: .invalid)
      } else {
        judge("export", error, since: refusals)
      }
      return error
    case .made(let record):
      if flaw != .none { state.pointee.model.returned("export", .ok, expected: .invalid) }
      judgeSuccess("export", since: steps)
      state.pointee.model.exported(buffer, pageCount: BufferPlan.pageCount)
      state.pointee.buffers[buffer] = record
      state.pointee.places[buffer] = 0
      switch walker.openDescriptor(&machine, record) {
      case .made(let descriptor):
        if keeps(descriptor) { state.pointee.descriptors[buffer] = descriptor }
      case .failed(let error):
        judgeFailure("openDescriptor", error)
        walker.put(&machine, record)
        state.pointee.isTaken[buffer] = false
        return error
      }
      return .ok
    }
  }

  private func description(
    _ buffer: Int,
    _ flaw: BufferOperation.Flaw
  ) -> BufferExport<Machine> {
    var operations = state.pointee.plan.operations(buffer)
    switch flaw {
    case .none, .noData: break
    case .noMap: operations &= ~ExporterOperations.map
    case .noUnmap: operations &= ~ExporterOperations.unmap
    case .noRelease: operations &= ~ExporterOperations.release
    case .noUnpin: operations = operations & ~ExporterOperations.unpin | ExporterOperations.pin
    case .noPin: operations = operations & ~ExporterOperations.pin | ExporterOperations.unpin
    case .cachesPinned:
      operations |=
        ExporterOperations.cachesMappings | ExporterOperations.pin | ExporterOperations.unpin
    }
    return BufferExport(
      operations: operations,
      exporter: flaw == .noData ? 0 : BufferHost.name(buffer),
      size: BufferPlan.pageCount << 12,
      reservation: state.pointee.plan.hasOwnReservations
        ? state.pointee.ownReservations[buffer] : nil
    )
  }

  /// Closes a buffer's descriptor; who has references keeps them.
  mutating func close(_ buffer: Int) -> Errno {
    guard let descriptor = state.pointee.descriptors[buffer] else { return .badDescriptor }
    state.pointee.descriptors[buffer] = nil
    return Files.close(&machine, descriptor, walker)
  }

  /// Gives up all that the thread has of a buffer.
  mutating func put(_ buffer: Int) -> Errno {
    guard handles[buffer].holdsFile else { return .notFound }
    while !handles[buffer].kernelPointers.isEmpty { _ = unmapKernel(buffer) }
    if !isShared(buffer) || handles[buffer].table != 0 { _ = unmap(buffer) }
    if handles[buffer].attachment != 0, !isShared(buffer) { _ = detach(buffer) }
    settle(buffer)
    handles[buffer].holdsFile = false
    walker.put(&machine, state.pointee.buffers[buffer])
    return .ok
  }

  mutating func setName(_ buffer: Int, _ name: UInt64, _ length: UInt64) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    let refusals = refusals
    let place = state.pointee.model.names(buffer, name)
    let steps = refusedSteps
    let result = walker.setName(&machine, record, name, length: length)
    state.pointee.model.named(buffer, place, isDone: result == .ok)
    if result == .ok { judgeSuccess("setName", since: steps) }
    if result == .ok || result == .invalid {
      state.pointee.model.returned("setName", result, expected: length > 31 ? .invalid : .ok)
    } else {
      judge("setName", result, since: refusals)
    }
    return result
  }

  /// Keeps a buffer's directory entry, as who has it mapped, or reads the name of one.
  mutating func readName(_ buffer: Int, isKept: Bool) -> Errno {
    if handles[buffer].entry == 0 {
      guard let entry = entry(buffer) else { return .badDescriptor }
      handles[buffer].entry = entry
      if isKept { return .ok }
    }
    let entry = handles[buffer].entry
    handles[buffer].entry = 0
    machine.enterSection(.rcu)
    let began = state.pointee.model.asks()
    let name = walker.name(&machine, of: entry)
    state.pointee.model.readName(buffer, name, since: began)
    machine.leaveSection(.rcu)
    Files.releaseEntry(&machine, entry, isBuffers: true, walker)
    return .ok
  }

  /// The directory entry of a buffer's descriptor, with a reference.
  private mutating func entry(_ buffer: Int) -> UInt64? {
    guard let descriptor = state.pointee.descriptors[buffer],
      let file = Files.get(&machine, descriptor)
    else { return nil }
    defer { Files.release(&machine, file, walker) }
    let data = machine.base.read(FileRecord.data, of: file, .plain)
    let entry = machine.base.read(FileRecord.entry, of: file, .plain)
    guard data == state.pointee.buffers[buffer], data != 0 else { return nil }
    Files.retainEntry(&machine, entry)
    return entry
  }

  /// Looks at what the lowest descriptor has that nobody is known to have, or closes it: whoever takes one now
  /// takes that.
  mutating func guess(closes: Bool) -> Errno {
    let number = state.pointee.guesses.firstIndex { $0 != .owned && $0 != .closing }
    guard let number else { return .badDescriptor }
    if closes {
      let before = state.pointee.guesses[number]
      state.pointee.guesses[number] = .closing
      let result = Files.close(&machine, number, walker)
      state.pointee.guesses[number] = result == .ok ? .closed : before
      return result
    }
    guard let file = Files.get(&machine, number) else { return .badDescriptor }
    Files.release(&machine, file, walker)
    return .ok
  }

  /// Whether who opened a descriptor has it for sure, and no guess closed it before that was known.
  mutating func keeps(_ descriptor: Int) -> Bool {
    while state.pointee.guesses[descriptor] == .closing { machine.yield() }
    if state.pointee.guesses[descriptor] == .closed { return false }
    state.pointee.guesses[descriptor] = .owned
    return true
  }

  mutating func list() -> Errno {
    let refusals = refusals
    let (result, _, _) = walker.list(&machine)
    judge("list", result, since: refusals)
    return result
  }

  mutating func seek(_ buffer: Int, _ offset: UInt64, _ whence: Int) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    let isFound = offset == 0 && whence != 1
    switch walker.seek(&machine, record, offset: offset, whence: whence) {
    case .failed(let error):
      state.pointee.model.returned("seek", error, expected: isFound ? .ok : .invalid)
      return error
    case .made(let place):
      let expected = whence == 0 ? 0 : BufferPlan.pageCount << 12
      state.pointee.model.returned(
        "seek",
        isFound && place == expected ? .ok : .range,
        expected: .ok
      )
      return .ok
    }
  }
}
