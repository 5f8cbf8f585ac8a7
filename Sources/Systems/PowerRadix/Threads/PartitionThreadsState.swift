import Machines
import Oracles
import Reference

/// What the threads of a case share that is no record: what was called, and where things are.
struct PartitionThreadsState {
  var plan = PartitionThreadsPlan(threadCount: 2)
  var model = SharedPartitionModel()
  var situations = PartitionSituations()
  /// What the threads do that run.
  var operations: [PartitionThreadsOperation] = []
  /// What each call returned, as far as it did.
  var results: [Errno?] = []
  /// The threads whose fault met something for which it need not be handled: no slot, or no memory for a table.
  var excused: Set<Int> = []
  /// Where the records are.
  var guest: UInt64 = 0
  var root: UInt64 = 0
  var areas: [UInt64] = [0, 0]

  /// Begins a case.
  mutating func begin(_ plan: PartitionThreadsPlan) {
    self.plan = plan
    model.reset()
    situations.reset()
    excused = []
  }

  /// Begins a run of some operations.
  mutating func run(_ operations: [PartitionThreadsOperation]) {
    self.operations = operations
    results = Array(repeating: nil, count: operations.count)
  }
}

extension PartitionThreadsState {
  /// A run has come to its end: looks at what is mapped, and at what is behind it.
  mutating func rest(_ sharing: inout RadixSharing) {
    sharing.rest()
    typealias Guest = PartitionGuestRecord
    let slot = PartitionSlotWord(word: sharing.value(Guest.slot, of: guest))
    let shift = plan.unitShift
    let areas = areas
    let backed = (0..<RadixSharing.frameCount).map { frame -> UInt64? in
      guard !slot.isHidden, frame < PartitionSlotWord.frameCount else { return nil }
      let hostAddress = slot.hostAddress + frame << 12
      let (area, unit) = PartitionSlotWord.place(of: hostAddress, shift: shift)
      let word = sharing.value(HostAreaRecord.entry(unit), of: areas[area])
      let entry = HostUnitWord(word: word)
      guard entry.has(HostUnitWord.present) else { return nil }
      return entry.realAddress + hostAddress & (1 << shift - 1)
    }
    model.rest(
      mapped: (0..<RadixSharing.frameCount).map { sharing.realAddress(ofFrame: $0) },
      backed: backed,
      pinCount: areas.reduce(0) { $0 &+ sharing.value(HostAreaRecord.pins, of: $1) },
      invalidationCount: sharing.value(Guest.underWay, of: guest)
    )
  }

  /// What an access came to that a vCPU made alone.
  mutating func judgeAlone(_ operation: PartitionThreadsOperation, _ result: Errno?) {
    guard case .access(let frame, _) = operation.kind, let result else { return }
    model.accessed(frame: frame, afterFaults: 3, hasSucceeded: result != .again)
  }
}
