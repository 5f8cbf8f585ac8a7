import Machines
import Reference
import Schedules
import Walkers

/// One thread of a case: makes the calls that it was given, with the locks that they need.
struct Stage2CaseThread<Walker: SharedStage2Walker, S: Scheduler, L: RecordListener> {
  typealias Machine = WalkingMachine<S, L>

  let walker: Walker
  var machine: Machine

  init(
    _ walker: Walker,
    _ base: ScheduledMachine<S, L>,
    _ state: UnsafeMutablePointer<Stage2ThreadsState>
  ) {
    self.walker = walker
    machine = Machine(base: base, state: state)
  }

  var state: UnsafeMutablePointer<Stage2ThreadsState> { machine.state }
  var thread: Int { machine.thread }

  /// The table, as walkers take it.
  var table: Stage2<Machine> {
    Stage2(
      configuration: Stage2Configuration(inputAddressBits: 32, hasForceWriteBack: true),
      tree: Tree(geometry: state.pointee.plan.geometry, root: state.pointee.root)
    )
  }

  /// Makes all that a case's threads share, before there are any.
  mutating func makeRecords() {
    guard let guest = machine.base.allocate(GuestRecord.layout, isZeroed: true, maySleep: true),
      let root = machine.base.allocate(TablePageRecord.layout, isZeroed: true, maySleep: true)
    else { preconditionFailure("no room for a root") }
    machine.base.initialise(GuestRecord.lock, of: guest)
    machine.base.write(1, TablePageRecord.count, of: root, .plain)
    state.pointee.guest = guest
    state.pointee.root = root
  }

  /// Performs all operations of this thread, in order.
  mutating func perform() {
    var index = 0
    while index < state.pointee.operations.count {
      let operation = state.pointee.operations[index]
      if operation.thread ?? 0 == thread { perform(operation, index) }
      index += 1
    }
  }

  /// Performs all operations, whoever's they are, while nobody else is there.
  mutating func performAlone() {
    for index in state.pointee.operations.indices {
      perform(state.pointee.operations[index], index)
    }
  }

  private mutating func perform(_ operation: Stage2ThreadsOperation, _ index: Int) {
    guard let request = operation.request else {
      state.pointee.results[index] = .ok
      return
    }
    let mode = lockMode(operation)
    if let mode { machine.base.acquire(GuestRecord.lock, of: state.pointee.guest, mode) }
    state.pointee.wasRefused[thread] = false
    let began = tick()
    machine.base.call(operation.site)
    let result = call(operation.kind)
    machine.base.returned(operation.site)
    state.pointee.calls.append(
      SharedStage2Model.Call(
        request,
        thread: thread,
        began: began,
        ended: tick(),
        result: result,
        wasRefused: state.pointee.wasRefused[thread]
      )
    )
    if let mode { machine.base.release(GuestRecord.lock, of: state.pointee.guest, mode) }
    state.pointee.results[index] = result
    freeUnlinked()
  }

  /// How the lock is taken; nil for not at all.
  private func lockMode(_ operation: Stage2ThreadsOperation) -> LockMode? {
    switch operation.kind {
    case .map, .relax, .makeYoung, .age: .read
    case .unmap, .writeProtect: walker.changesAlone ? .write : .read
    case .isYoung, .join: nil
    }
  }

  private func tick() -> Int {
    state.pointee.time += 1
    return state.pointee.time
  }

  private mutating func call(_ kind: Stage2ThreadsOperation.Kind) -> Errno {
    let table = table
    switch kind {
    case .map(let page, let pageCount, let output, let protection):
      return walker.map(
        ipa: UInt64(page) << 12,
        sizeInBytes: UInt64(pageCount) << 12,
        physical: output,
        protection: protection,
        in: table,
        on: &machine
      )
    case .relax(let page, let protection):
      let ipa = UInt64(page) << 12
      return walker.relaxPermissions(ipa: ipa, protection: protection, in: table, on: &machine)
    case .makeYoung(let page):
      let found = walker.makeYoung(ipa: UInt64(page) << 12, in: table, on: &machine)
      return found == 0 ? .notFound : .ok
    case .age(let page):
      let ipa = UInt64(page) << 12
      return walker.age(ipa: ipa, clears: true, in: table, on: &machine) ? .ok : .notFound
    case .isYoung(let page):
      let ipa = UInt64(page) << 12
      return walker.age(ipa: ipa, clears: false, in: table, on: &machine) ? .ok : .notFound
    case .unmap(let pages):
      return walker.unmap(
        ipa: UInt64(pages.lowerBound) << 12,
        sizeInBytes: UInt64(pages.count) << 12,
        in: table,
        on: &machine
      )
    case .writeProtect(let pages):
      let result = walker.writeProtect(
        ipa: UInt64(pages.lowerBound) << 12,
        sizeInBytes: UInt64(pages.count) << 12,
        in: table,
        on: &machine
      )
      // The caller owes it.
      machine.barrier(.dsbISHST)
      machine.invalidate(TLBInvalidation(.vmalls12e1))
      machine.barrier(.dsbISH)
      return result
    case .join: return .ok
    }
  }

  /// Frees what this thread has unlinked, when nobody can see it any more.
  private mutating func freeUnlinked() {
    guard !state.pointee.unlinked[thread].isEmpty else { return }
    machine.base.synchronise(.rcu)
    let table = table
    while let unlinked = state.pointee.unlinked[thread].popLast() {
      walker.freeUnlinked(unlinked.table, level: unlinked.level, in: table, on: &machine)
    }
  }
}
