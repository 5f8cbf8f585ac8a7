import Architecture
import Checking
import Machines
import Oracles
import Property
import Reference
import Walkers

extension PartitionSession {
  /// Performs one operation and judges it.
  mutating func perform(
    _ operation: PartitionOperation,
    _ statistics: inout CheckStatistics
  ) -> Finding? {
    var result = Errno.ok
    var finding: Finding?
    if case .sweep(let frames, let pageShift, let isWrite, let setsBits) = operation {
      for frame in frames where finding == nil {
        let address = frame << pageShift
        let access = PartitionOperation.access(
          address: address,
          isWrite: isWrite,
          setsBits: setsBits
        )
        finding = perform(access, &statistics)
      }
    } else {
      finding = perform(operation, &result)
    }
    statistics.count(operation: operation.kind.rawValue, result: result)
    return judged ?? host.finding ?? finding ?? host.stillHeld ?? compareLeaves() ?? judgeLogs()
  }

  /// Performs one operation, whatever anybody says of it.
  mutating func performUnjudged(_ operation: PartitionOperation) -> Errno {
    var statistics = CheckStatistics()
    var result = Errno.ok
    if case .sweep = operation {
      _ = perform(operation, &statistics)
    } else {
      _ = perform(operation, &result)
    }
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
    case .sweep: return nil
    case .access(let address, let isWrite, let setsBits):
      return access(address, isWrite: isWrite, setsBits: setsBits, &result)
    case .fault(let fault, let allocations, let point, let interference):
      if let interference { host.pending = (point, interference) }
      return handle(fault, allocations: allocations ?? .max, &result)
    case .install(let request): return install(request, &result)
    case .prepare(let frame, let allocations): return prepare(frame, allocations, &result)
    case .age(let frame): return age(frame)
    case .testAge(let frame): return testAge(frame)
    case .harvest(let slot):
      guard host.slots[slot].slot.hasLog, !host.slots[slot].isRemoved else { return nil }
      return harvest(slot)
    case .unmap(let slot, _), .clean(let slot, _), .resize(let slot, _), .protect(let slot, _),
      .remove(let slot):
      return host.slots[slot].isRemoved ? nil : change(operation, slot: slot)
    case .move(let slot, _): return change(operation, slot: slot)
    case .free:
      call(demandsLock: false) { host, machine in host.table.free(on: &machine) }
      isFreed = true
      machine.base.listener.judges.judgeFreed()
      machine.base.listener.root = host.table.partitionEntry(on: &machine)
      return nil
    }
  }

  /// What the host or user space does to a slot, which takes frames from the guest.
  private mutating func change(_ operation: PartitionOperation, slot: Int) -> Finding? {
    switch operation {
    case .unmap(_, let frames):
      call { host, machine in host.invalidate(frames, slot: slot, on: &machine) }
      return stillMapped(frames) ?? needlessChange("unmap", .unmap(frames: frames))
    case .clean(_, let frames):
      let whole = host.wholeUnits(frames, slot: slot)
      call { host, machine in host.invalidate(whole, slot: slot, on: &machine) }
      let lost = host.clean(frames, slot: slot)
      return stillMapped(frames) ?? lost.map { Finding.discarded(frame: $0, host.pageShift) }
    case .move(_, let frames): call { host, machine in host.move(frames, on: &machine) }
    case .resize(_, let frames):
      call { host, machine in host.resize(frames, slot: slot, on: &machine) }
    case .protect(_, let frames):
      call { host, machine in host.protect(frames, slot: slot, on: &machine) }
    case .remove:
      call { host, machine in host.remove(slot, on: &machine) }
      return stillMapped(host.slots[slot].slot.frames)
    default: break
    }
    return nil
  }

  /// Makes one call, and takes note of what the hardware did meanwhile.
  mutating func call(
    isFault: Bool = false,
    demandsLock: Bool = true,
    allocations: Int = .max,
    _ body: (inout PretendHost<Table>, inout RadixMachine) -> Void
  ) {
    PartitionSession.beginCall(
      isFault: isFault,
      demandsLock: demandsLock,
      allocations: allocations,
      on: &machine
    )
    host.isDisturbed = false
    body(&host, &machine)
    noteHardware()
    machine.base.listener.judges.endCall()
    for (number, slot) in host.slots.enumerated()
    where slot.isRemoved && !model.slots[number].isRemoved {
      model.remove(slot: number)
    }
    noteChanges()
  }

  /// What has a change bit set since this was last asked is due.
  mutating func noteChanges() {
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
    madeAccess = guest.takeMade(on: &machine.base)
    if let access = madeAccess, access.isWrite { noteWrite(access.address) }
  }

  mutating func noteWrite(_ address: UInt64) {
    let frame = address >> host.pageShift
    model.setChange(frame..<frame + 1)
    host.noteWrite(frame)
  }

  /// The leaf that the hardware finds for a frame; nil for none.
  func leaf(of frame: UInt64) -> RadixLeaf? {
    let memory = machine.base.memory
    let root = machine.base.listener.root
    let leaf = RadixTree.walk(frame << host.pageShift, from: root) { memory.descriptor(at: $0) }
    return try? leaf.get()
  }
}
