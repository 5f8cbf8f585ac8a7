import Architecture
import Checking
import Machines
import Oracles
import Reference
import Walkers

extension PartitionSession {
  /// Handles a fault, and judges what became of it.
  mutating func handle(
    _ fault: PartitionFault,
    allocations: Int,
    _ result: inout Errno
  ) -> Finding? {
    let before = model.outcome(of: fault)
    let address = fault.address % (1 << 60)
    let last = lastEntry(of: address).map { host.table.configuration.shift(of: $0.level) }
    let (refusals, retries) = (machine.refusalCount, host.retries)
    var found = PartitionOutcome.resume
    call(isFault: true, allocations: allocations) { host, machine in
      found = host.handle(fault, on: &machine)
    }
    host.settle()
    let after = model.outcome(of: fault)
    let isStarved = machine.refusalCount > refusals
    switch found {
    case .failed(let error): result = error
    default: result = host.retries > retries ? .again : .ok
    }
    if let held = host.stillHeld { return held }
    // Who has to try again need not know yet how it ends.
    let mayResume = host.retries > retries && found == .resume
    let isAnswer = found == before || found == after || mayResume
    guard isAnswer || isStarved && found == .failed(.noMemory) else {
      return .wrongResult(
        "fault",
        expected: "\(before)",
        found: "\(found)",
        fingerprint: "fault \(before) \(found)",
        inputAddress: fault.address
      )
    }
    // Whoever was disturbed may leave it to the next fault.
    if host.isDisturbed { return nil }
    return needlessChange("fault", .fault(fault))
      ?? (found == .resume ? judgeResumed(fault, within: last ?? host.pageShift) : nil)
  }

  /// That an access whose fault was handled succeeds, and what its leaf is; on the way to it was an entry
  /// of 2^`size` bytes before.
  private func judgeResumed(_ fault: PartitionFault, within size: UInt64) -> Finding? {
    let address = fault.address % (1 << 60)
    switch machine.base.outcome(address, isWrite: fault.isWrite) {
    case .done: break
    case .noTranslation(.notPresent), .denied, .needsReferenceOrChange:
      return .noProgress(address, isWrite: fault.isWrite)
    case .noTranslation(let reason): return .malformed(address, reason)
    }
    // Setting bits of a leaf changes nothing of what somebody else had it permit.
    return fault.cause == .referenceOrChange
      ? nil : judgeHandled(model.frame(of: fault), within: size)
  }

  /// The guest accesses memory, and its fault is handled.
  mutating func access(
    _ address: UInt64,
    isWrite: Bool,
    setsBits: Bool,
    _ result: inout Errno
  ) -> Finding? {
    for attempt in 0...1 {
      let access = machine.base.access(address, isWrite: isWrite, setsBits: setsBits)
      noteChanges()
      var fault = PartitionFault(
        address: (address >> 12) << 12,
        isWrite: isWrite,
        cause: .translation
      )
      switch access {
      case .done(let real): return judgeAccess(address, real, isWrite: isWrite)
      case .noTranslation(.notPresent), .denied: break
      case .noTranslation(let reason): return .malformed(address, reason)
      case .needsReferenceOrChange: fault.cause = .referenceOrChange
      }
      guard attempt == 0 else { break }
      if let finding = handle(fault, allocations: .max, &result) { return finding }
      if !machine.base.listener.judges.violations.isEmpty { return nil }
      guard model.outcome(of: fault) == .resume else { return nil }
    }
    return .noProgress(address, isWrite: isWrite)
  }

  /// Whether an access that succeeded was to where it should be.
  private mutating func judgeAccess(_ address: UInt64, _ real: UInt64, isWrite: Bool) -> Finding? {
    let frame = address >> host.pageShift
    guard let expected = host.realAddress(ofFrame: frame) else {
      return .wrongAccess(address, "is at \(hex(real)), and no slot has it")
    }
    let byte = expected.address + address % (1 << host.pageShift)
    guard byte == real else {
      return .wrongAccess(address, "is at \(hex(real)), and the host has it at \(hex(byte))")
    }
    if isWrite { noteWrite(address) }
    return nil
  }
}
