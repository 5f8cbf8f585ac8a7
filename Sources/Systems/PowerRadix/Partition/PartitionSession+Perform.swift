import Architecture
import Machines
import Oracles
import Property
import Reference
import Walkers

extension PartitionSession {
  /// How many times a fault may be handled before the access that it is about succeeds.
  ///
  /// Once to map the page, once to permit the store, once for reference and change, and once because a
  /// table was missing that has to take a large leaf's place.
  private static let attemptLimit = 4

  /// Performs one operation and judges it.
  mutating func perform(
    _ operation: PartitionOperation,
    _ statistics: inout CheckStatistics
  ) -> Finding? {
    var result = Errno.ok
    let finding = perform(operation, &result)
    statistics.count(
      operation: TranslateOperation.Kind.allCases.count + operation.kind.rawValue,
      result: result
    )
    return judged ?? finding ?? host.finding ?? compareLeaves() ?? lostWrite()
  }

  /// Performs one operation, whatever anybody says of it.
  mutating func performUnjudged(_ operation: PartitionOperation) -> Errno {
    var result = Errno.ok
    _ = perform(operation, &result)
    return result
  }

  /// What the judges say.
  private var judged: Finding? {
    machine.base.listener.judges.violations.first.map { Finding($0) }
  }

  private mutating func perform(
    _ operation: PartitionOperation,
    _ result: inout Errno
  ) -> Finding? {
    switch operation {
    case .access(let address, let isWrite, let setsBits):
      return access(address, isWrite: isWrite, setsBits: setsBits, &result)
    case .fault(let fault, let allocations, let moment, let interference):
      if let interference { host.pending = (moment, interference) }
      return handle(fault, allocations: allocations ?? .max, &result)
    case .unmap(let slot, let frames):
      guard !host.slots[slot].isRemoved else { return nil }
      call { host, machine in host.invalidate(frames, slot: slot, on: &machine) }
      return stillMapped(frames)
    case .age(let frame): return age(frame)
    case .testAge(let frame): return testAge(frame)
    case .harvest(let slot):
      guard host.slots[slot].slot.hasLog, !host.slots[slot].isRemoved else { return nil }
      return harvest(slot)
    case .clean(let slot, let frames):
      guard !host.slots[slot].isRemoved else { return nil }
      let whole = host.wholeUnits(frames, slot: slot)
      call { host, machine in host.invalidate(whole, slot: slot, on: &machine) }
      let lost = host.clean(frames, slot: slot)
      return stillMapped(frames) ?? lost.map { Finding.discarded(frame: $0, host.pageShift) }
    case .move(_, let frames): call { host, machine in host.move(frames, on: &machine) }
    case .resize(let slot, let frames):
      guard !host.slots[slot].isRemoved else { return nil }
      call { host, machine in host.resize(frames, slot: slot, on: &machine) }
    case .remove(let slot):
      guard !host.slots[slot].isRemoved else { return nil }
      call { host, machine in host.remove(slot, on: &machine) }
      return stillMapped(host.slots[slot].slot.frames)
    case .free:
      call(demandsLock: false) { host, machine in host.table.free(on: &machine) }
      machine.base.listener.judges.judgeFreed()
    }
    return nil
  }

  /// Makes one call, and takes note of what the hardware did meanwhile.
  private mutating func call(
    isFault: Bool = false,
    demandsLock: Bool = true,
    allocations: Int = .max,
    _ body: (inout PretendHost, inout RadixMachine) -> Void
  ) {
    beginCall(isFault: isFault, demandsLock: demandsLock, allocations: allocations)
    body(&host, &machine)
    noteHardware()
    machine.base.listener.judges.endCall()
    for (number, slot) in host.slots.enumerated()
    where slot.isRemoved && !model.slots[number].isRemoved {
      model.remove(slot: number)
    }
    for span in machine.base.listener.judges.takeChangedSpans() {
      model.setChange(frames(of: span))
    }
  }

  /// The frames of a leaf.
  func frames(of leaf: RadixJudges.Leaf) -> Range<UInt64> {
    let first = leaf.base >> host.pageShift
    return first..<first + 1 << (leaf.shift - host.pageShift)
  }

  /// What the hardware did in a call counts as the guest's.
  private mutating func noteHardware() {
    madeAccess = machine.base.listener.takeMade()
    if let access = madeAccess, access.isWrite { noteWrite(access.address) }
  }

  private mutating func noteWrite(_ address: UInt64) {
    let frame = address >> host.pageShift
    model.write(frame)
    host.noteWrite(frame)
  }

  // MARK: Faults and accesses

  private mutating func handle(
    _ fault: PartitionFault,
    allocations: Int,
    _ result: inout Errno
  ) -> Finding? {
    let before = model.outcome(of: fault)
    let (refusals, retries) = (machine.refusalCount, host.retries)
    var found = PartitionOutcome.resume
    call(isFault: true, allocations: allocations) { host, machine in
      let table = host.table
      found = table.handle(fault, on: &machine, host: &host)
    }
    host.pending = nil
    let after = model.outcome(of: fault)
    let isStarved = machine.refusalCount > refusals
    switch found {
    case .failed(let error): result = error
    default: result = host.retries > retries ? .again : .ok
    }
    if found == before || found == after { return host.stillHeld }
    if isStarved, found == .failed(.noMemory) { return nil }
    return .wrongResult(
      "fault",
      expected: "\(before)",
      found: "\(found)",
      fingerprint: "fault \(before) \(found)",
      inputAddress: fault.address
    )
  }

  private mutating func access(
    _ address: UInt64,
    isWrite: Bool,
    setsBits: Bool,
    _ result: inout Errno
  ) -> Finding? {
    for attempt in 0...PartitionSession.attemptLimit {
      let access = machine.base.listener.perform(address, isWrite: isWrite, setsBits: setsBits)
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
      guard attempt < PartitionSession.attemptLimit else { break }
      if let finding = handle(fault, allocations: .max, &result) { return finding }
      if !machine.base.listener.judges.violations.isEmpty { return nil }
      guard model.outcome(of: fault) == .resume else { return nil }
    }
    return .noProgress(address, attempts: PartitionSession.attemptLimit)
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

  // MARK: Ageing and harvesting

  private func leaf(of frame: UInt64) -> RadixLeaf? {
    let memory = machine.base.memory
    let root = machine.base.listener.root
    let leaf = RadixTree.walk(frame << host.pageShift, from: root) { memory.descriptor(at: $0) }
    return try? leaf.get()
  }

  private mutating func age(_ frame: UInt64) -> Finding? {
    let before = leaf(of: frame)
    var wasYoung = false
    call { host, machine in
      host.lock(on: &machine)
      wasYoung = host.table.age(frame, on: &machine)
      host.unlock(on: &machine)
    }
    let after = leaf(of: frame)
    let expected = before?.has(RadixField.reference) == true
    if wasYoung != expected, madeAccess == nil {
      return .wrongResult(
        "age",
        expected: "\(expected)",
        found: "\(wasYoung)",
        fingerprint: "age",
        inputAddress: frame << host.pageShift
      )
    }
    let mask = ~(RadixField.reference.mask | RadixField.change.mask)
    guard before.map({ $0.entry & mask }) == after.map({ $0.entry & mask }) else {
      return .wrongEntry(
        expected: "the same but for its reference bit",
        found: after.map { hex($0.entry) } ?? "none",
        fingerprint: "age",
        entryAddress: before?.place,
        inputAddress: frame << host.pageShift,
        level: before?.level ?? 0
      )
    }
    return nil
  }

  private mutating func testAge(_ frame: UInt64) -> Finding? {
    let before = leaf(of: frame)
    var isYoung = false
    call { host, machine in isYoung = host.table.isYoung(frame, on: &machine) }
    let expected = before?.has(RadixField.reference) == true
    guard isYoung != expected, madeAccess == nil else { return nil }
    return .wrongResult(
      "test_age",
      expected: "\(expected)",
      found: "\(isYoung)",
      fingerprint: "test_age",
      inputAddress: frame << host.pageShift
    )
  }

  private mutating func harvest(_ number: Int) -> Finding? {
    call { host, machine in
      let table = host.table
      host.lock(on: &machine)
      table.harvest(host.slots[number].slot, on: &machine, log: &host)
      host.unlock(on: &machine)
    }
    let slot = host.slots[number].slot
    let map = host.slots[number].map
    lastReport = map
    for word in map.indices { host.slots[number].map[word] = 0 }
    let judges = machine.base.listener.judges
    let current = judges.leaves.values.filter { RadixField.change.value(in: $0.entry) == 1 }
    let set = current.map { frames(of: $0) }.filter { slot.frames.overlaps($0) }
    let needless = model.harvest(
      { frame in
        let position = Int(frame - slot.firstFrame)
        return map[position >> 6] >> (UInt64(position) & 63) & 1 != 0
      },
      stillSet: set,
      slot: number
    )
    guard let needless else { return nil }
    return .needlessReport(frame: needless, host.pageShift)
  }

  // MARK: What is judged after every call

  /// A frame that was taken from the guest and that it still has.
  private func stillMapped(_ frames: Range<UInt64>) -> Finding? {
    let leaves = machine.base.listener.judges.leaves.values
    let kept = leaves.filter { self.frames(of: $0).overlaps(frames) }.min { $0.base < $1.base }
    return kept.map { .stillMapped($0.base, $0.entry) }
  }

  /// That every leaf maps what its slot has, and no more.
  private mutating func compareLeaves() -> Finding? {
    for leaf in machine.base.listener.judges.takeChangedLeaves() {
      if let finding = compare(leaf, everywhere: true) { return finding }
    }
    let leaves = machine.base.listener.judges.leaves.values.sorted { $0.base < $1.base }
    for leaf in leaves {
      if let finding = compare(leaf, everywhere: false) { return finding }
    }
    return nil
  }

  private func compare(_ leaf: RadixJudges.Leaf, everywhere: Bool) -> Finding? {
    let frames = frames(of: leaf)
    guard let first = host.realAddress(ofFrame: frames.lowerBound),
      frames.clamped(to: host.slots[first.slot].slot.frames) == frames
    else {
      return .beyondSlot(leaf.base, shift: leaf.shift, leaf.entry)
    }
    let backed = host.slots[first.slot]
    let real = leaf.entry & RadixField.realPage.mask
    let unit = UInt64(1) << (min(backed.unitShift, leaf.shift) - host.pageShift)
    let step = everywhere ? unit : UInt64(frames.count)
    for frame in stride(from: frames.lowerBound, to: frames.upperBound, by: Int(step)) {
      let expected = host.realAddress(ofFrame: frame)?.address
      let found = real + (frame - frames.lowerBound) << host.pageShift
      if expected != found {
        return .wrongAccess(
          frame << host.pageShift,
          "is mapped to \(hex(found)), and the host has it at \(expected.map(hex) ?? "no place")"
        )
      }
    }
    let attributes = RadixField.attributes.mask
    let expected = backed.device ? PretendHost.deviceProtection & attributes : 0
    if leaf.entry & attributes != expected {
      return .wrongAttributes(leaf.base, leaf.entry)
    }
    return RadixField.write.value(in: leaf.entry) == 1 && !backed.isWritable
      ? .wronglyWritable(leaf.base, leaf.entry) : nil
  }

  /// A frame that the guest wrote to and of which neither the log nor a change bit tells.
  private func lostWrite() -> Finding? {
    var lost: UInt64?
    for frame in model.unreported {
      if let slot = host.slots.first(where: { $0.slot.frames.contains(frame) }) {
        let position = frame - slot.slot.firstFrame
        if slot.log[Int(position >> 6)] >> (position & 63) & 1 != 0 { continue }
      }
      if leaf(of: frame)?.has(RadixField.change) == true { continue }
      lost = min(lost ?? .max, frame)
    }
    guard !host.table.isFreed, let lost else { return nil }
    return .lostWrite(frame: lost, host.pageShift)
  }
}
