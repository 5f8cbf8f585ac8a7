import Machines
import Symbolic
import Walkers

extension BufferProofMachine: BufferHostMachine {
  var globals: BitVector { BitVector(BufferProofRecord.globals) }

  /// Whether it is the buffer's own exporter that is called, about what the call is about, and the
  /// reservation's lock is held where it has to be, and not where it may not be; nil where it may be either.
  private func judgeCall(
    of exporter: BitVector,
    isLocked: Bool?,
    about attachment: BitVector? = nil,
    area: BitVector? = nil
  ) {
    if let isLocked {
      base.obligeSleep()
      oblige(.callsLocked, Formula(base.holdsAlone(.reservationLock) == isLocked))
    }
    guard !base.isCut else { return }
    var told = [exporter .== base.initial[BufferRecord.exporter, BufferProofRecord.buffer]]
    if let attachment { told.append(attachment .== BitVector(discipline.attachment)) }
    if let area { told.append(area .== BitVector(BufferProofRecord.area)) }
    oblige(.tellsExporters, .all(told))
  }

  /// What a driver or the host answers: the path forks.
  private func answer(_ name: String, _ error: Errno) -> Errno {
    guard !base.isCut else { return error }
    let result = base.holds(discipline.choice(name)) ? error : .ok
    base.note(.answer(BitVector(UInt64(result.rawValue))))
    if result != .ok { discipline.reasons.append(Formula(true)) }
    return result
  }

  // MARK: What may fail

  func refuses(_ step: BufferStep) -> Errno? {
    if discipline.isPublished, !base.isCut { oblige(.publishesWhole, Formula(false)) }
    let error: Errno = step == .copyIn || step == .copyOut ? .fault : .noMemory
    let result = answer("refused", error)
    return result == .ok ? nil : result
  }

  func isInterrupted() -> Bool { answer("signal", .interrupted) != .ok }
  func isTimeOver() -> Bool { answer("time", .timedOut) != .ok }

  // MARK: The exporter

  func exporterAttaches(_ attachment: BitVector, of exporter: BitVector) -> Errno {
    judgeCall(of: exporter, isLocked: false, about: attachment)
    let result = answer("attach", .busy)
    if result == .ok { discipline.attachedCount += 1 }
    return result
  }

  func exporterDetaches(_ attachment: BitVector, of exporter: BitVector) {
    judgeCall(of: exporter, isLocked: false, about: attachment)
    discipline.attachedCount -= 1
  }

  func exporterPins(_ attachment: BitVector, of exporter: BitVector) -> Errno {
    judgeCall(of: exporter, isLocked: true, about: attachment)
    let result = answer("pin", .noMemory)
    if result == .ok { discipline.pins.add(attachment, attachment, where: Formula(true)) }
    return result
  }

  func exporterUnpins(_ attachment: BitVector, of exporter: BitVector) {
    judgeCall(of: exporter, isLocked: true, about: attachment)
    guard !base.isCut else { return }
    oblige(.balancesPins, discipline.pins.take { $0.first .== attachment })
  }

  func exporterMaps(
    _ attachment: BitVector,
    of exporter: BitVector,
    _ direction: BufferDirection
  ) -> BitVector {
    judgeCall(of: exporter, isLocked: true, about: attachment)
    guard !base.isCut else { return BitVector(0) }
    let table = discipline.fresh("table")
    let isTable = (table .!= BitVector(0)) .& .!ErrorPointer.isError(table)
    // Two mappings are not at one address.
    let isElsewhere = discipline.mappings.entries.map {
      Formula.implies($0.isThere, $0.second .!= table)
    }
    base.explorer.assume(.all(isElsewhere), later: true)
    discipline.mappings.add(attachment, table, where: isTable)
    discipline.mapCount += 1
    discipline.hasLooked = false
    discipline.reasons.append(.!isTable)
    base.note(.answer(table))
    return table
  }

  func exporterUnmaps(
    _ attachment: BitVector,
    of exporter: BitVector,
    _ table: BitVector,
    _ direction: BufferDirection
  ) {
    judgeCall(of: exporter, isLocked: true, about: attachment)
    guard !base.isCut else { return }
    let isMapped = discipline.mappings.take {
      ($0.first .== attachment) .& ($0.second .== table)
    }
    discipline.hasUndone = true
    oblige(.undoesBufferMapping, isMapped)
  }

  func exporterReleases(_ exporter: BitVector) {
    judgeCall(of: exporter, isLocked: nil)
    discipline.releaseCount += 1
  }

  func exporterBeginsAccess(_ exporter: BitVector, _ direction: BufferDirection) -> Errno {
    judgeCall(of: exporter, isLocked: false)
    discipline.askedAccess.append((false, direction))
    let result = answer("begin", .again)
    if result == .ok { discipline.accessCount += 1 }
    return result
  }

  func exporterEndsAccess(_ exporter: BitVector, _ direction: BufferDirection) -> Errno {
    judgeCall(of: exporter, isLocked: false)
    discipline.askedAccess.append((true, direction))
    discipline.accessCount -= 1
    return answer("end", .again)
  }

  func exporterMapsArea(_ area: BitVector, of exporter: BitVector) -> Errno {
    judgeCall(of: exporter, isLocked: false, area: area)
    discipline.areaCount += 1
    return answer("area", .noMemory)
  }

  func exporterMapsKernel(_ exporter: BitVector) -> BitVector {
    judgeCall(of: exporter, isLocked: true)
    guard !base.isCut else { return BitVector(0) }
    let pointer = discipline.fresh("pointer")
    let isMapped = pointer .!= BitVector(0)
    discipline.kernelMappings.add(BitVector(BufferProofRecord.buffer), pointer, where: isMapped)
    discipline.mapCount += 1
    discipline.reasons.append(.!isMapped)
    base.note(.answer(pointer))
    return pointer
  }

  func exporterUnmapsKernel(_ exporter: BitVector, _ pointer: BitVector) {
    judgeCall(of: exporter, isLocked: true)
    guard !base.isCut else { return }
    discipline.hasUndone = true
    oblige(.countsKernel, discipline.kernelMappings.take { $0.second .== pointer })
  }

  // MARK: Importers and users

  func importerIsNotified(_ attachment: BitVector) {
    oblige(.callsLocked, Formula(base.holdsAlone(.reservationLock)))
  }

  func runs(_ callback: BitVector, of fence: BitVector) {}
}
