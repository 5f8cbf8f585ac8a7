import Machines
import Oracles
import Reference
import Schedules
import Walkers

/// One thread of a case: makes the calls that it was given, with the locks that they need.
struct PartitionCaseThread<Scheme: PartitionScheme, S: Scheduler, L: RecordListener> {
  typealias Guest = PartitionGuestRecord

  let scheme: Scheme
  let base: ScheduledMachine<S, L>
  let state: UnsafeMutablePointer<PartitionThreadsState>

  init(
    _ scheme: Scheme,
    _ base: ScheduledMachine<S, L>,
    _ state: UnsafeMutablePointer<PartitionThreadsState>
  ) {
    self.scheme = scheme
    self.base = base
    self.state = state
  }

  var guest: UInt64 { state.pointee.guest }
  var plan: PartitionThreadsPlan { state.pointee.plan }
  var host: PartitionThreadHost<S, L> { PartitionThreadHost(base: base, state: state) }

  /// Makes all that a case's threads share, before there are any.
  func makeRecords() {
    guard let guest = base.allocate(Guest.layout, isZeroed: true, maySleep: true),
      let root = base.allocate(RadixTableRecord.layout, isZeroed: true, maySleep: true)
    else { preconditionFailure("no room for a root") }
    base.initialise(Guest.lock, of: guest)
    base.initialise(Guest.slotsLock, of: guest)
    state.pointee.guest = guest
    state.pointee.root = root
    for area in state.pointee.areas.indices {
      guard let record = base.allocate(HostAreaRecord.layout, isZeroed: true, maySleep: true) else {
        preconditionFailure("no room for an area")
      }
      base.initialise(HostAreaRecord.lock, of: record)
      for unit in 0..<HostAreaRecord.unitCount {
        let word = HostUnitWord.first(area: area, unit: unit).word
        let split = plan.isSplit ? HostUnitWord.split : 0
        base.write(word | split, HostAreaRecord.entry(unit), of: record, .once)
      }
      state.pointee.areas[area] = record
    }
  }

  /// Performs all operations of this thread, in order.
  func perform() {
    var index = 0
    while index < state.pointee.operations.count {
      let operation = state.pointee.operations[index]
      if operation.thread ?? 0 == base.thread { perform(operation, index) }
      index += 1
    }
  }

  /// Performs all operations, whoever's they are, while nobody else is there.
  func performAlone() {
    for index in state.pointee.operations.indices {
      perform(state.pointee.operations[index], index)
    }
  }

  private func perform(_ operation: PartitionThreadsOperation, _ index: Int) {
    state.pointee.situations.began(operation.number, base.thread)
    let result = result(operation)
    state.pointee.situations.ended(base.thread)
    state.pointee.results[index] = result
  }

  private func result(_ operation: PartitionThreadsOperation) -> Errno {
    switch operation.kind {
    case .access(let frame, let isWrite): return access(frame, isWrite: isWrite)
    case .touch(let frame, let isWrite):
      return touch(frame, isWrite: isWrite) == nil ? .ok : .notFound
    case .fault(let frame, let isWrite, let isRecorded):
      return handle(frame, isWrite, isRecorded ? .referenceOrChange : .translation)
    default: break
    }
    // What was written before a harvest began is what hardware had set by now.
    if operation.kind == .harvest {
      base.announce(.call(operation.site))
    } else {
      base.call(operation.site)
    }
    var result = Errno.ok
    switch operation.kind {
    case .move(let area, let unit): move(area, unit)
    case .resize(let area, let unit): result = resize(area, unit)
    case .changeSlot(let area): changeSlot(to: area)
    case .harvest: result = harvest()
    case .age(let frame): result = underLock { ask(.age(frame)) }
    case .isYoung(let frame): result = underLock { ask(.isYoung(frame)) }
    case .access, .touch, .fault, .join: break
    }
    base.returned(operation.site)
    return result
  }

  // MARK: The keeper

  /// Asks the keeper for something.
  @discardableResult
  func ask(_ request: PartitionCall<S, L>.Request) -> Errno {
    let machine = PartitionThreadMachine(base: base, state: state)
    var call = PartitionCall(request: request, machine: machine, host: host)
    return scheme.give(state.pointee.root, plan.configuration, to: &call)
  }

  /// Has a fault handled.
  func handle(_ frame: UInt64, _ isWrite: Bool, _ cause: PartitionFault.Cause) -> Errno {
    base.call(Site("fault"))
    let fault = PartitionFault(address: frame << 12, isWrite: isWrite, cause: cause)
    state.pointee.excused.remove(base.thread)
    let result = ask(.handle(fault))
    let isExcused = state.pointee.excused.contains(base.thread)
    state.pointee.model.handled(frame: frame, result, isExcused: isExcused)
    base.returned(Site("fault"))
    return result
  }

  /// Does something under the lock of the tables.
  @discardableResult
  func underLock(_ body: () -> Errno) -> Errno {
    base.acquire(Guest.lock, of: guest, .spin)
    let result = body()
    base.release(Guest.lock, of: guest, .spin)
    return result
  }
}
