import Machines
import Schedules

/// The machine of one thread of a case: records that others share, and the pretended host.
struct HostedMachine<S: Scheduler, L: RecordListener> {
  /// The records' machine.
  let base: ScheduledMachine<S, L>
  /// The host's state; no access to it spans a step.
  let state: UnsafeMutablePointer<PfnHost>
  /// Invalidates what nobody uses, where mapping something does.
  let invalidateOther: ((inout HostedMachine<S, L>) -> Void)?

  var thread: Int { base.thread }
}

extension HostedMachine: RecordMachine {
  typealias W = UInt64
  typealias Record = UInt64

  func holds(_ condition: Bool) -> Bool { condition }
  func warn(_ site: Site) { base.warn(site) }

  func read(_ field: Field, of record: UInt64, _ access: Access) -> UInt64 {
    base.read(field, of: record, access)
  }
  func write(_ value: UInt64, _ field: Field, of record: UInt64, _ access: Access) {
    base.write(value, field, of: record, access)
  }
  func update(
    _ field: Field,
    of record: UInt64,
    _ operation: AtomicOperation,
    _ operand: UInt64,
    _ order: AtomicOrder
  ) -> UInt64 {
    base.update(field, of: record, operation, operand, order)
  }
  func compareExchange(
    _ expected: UInt64,
    with value: UInt64,
    _ field: Field,
    of record: UInt64,
    _ order: AtomicOrder
  ) -> UInt64 {
    base.compareExchange(expected, with: value, field, of: record, order)
  }
  func fence(_ fence: Fence) { base.fence(fence) }

  func allocate(_ layout: Layout, isZeroed: Bool, maySleep: Bool) -> UInt64? {
    base.allocate(layout, isZeroed: isZeroed, maySleep: maySleep)
  }
  func free(_ record: UInt64) { base.free(record) }
  func free(_ record: UInt64, after domain: ReadDomain<UInt64>) {
    base.free(record, after: domain)
  }
  func address(of record: UInt64) -> UInt64 { record }
  func record(at address: UInt64) -> UInt64 { address }

  func initialise(_ field: Field, of record: UInt64) { base.initialise(field, of: record) }
  func acquire(_ lock: Field, of record: UInt64, _ mode: LockMode) {
    base.acquire(lock, of: record, mode)
  }
  func tryAcquire(_ lock: Field, of record: UInt64, _ mode: LockMode) -> Bool {
    base.tryAcquire(lock, of: record, mode)
  }
  func release(_ lock: Field, of record: UInt64, _ mode: LockMode) {
    base.release(lock, of: record, mode)
  }
  func setInterrupts(areEnabled: Bool) { base.setInterrupts(areEnabled: areEnabled) }

  func prepareToWait(on queue: Field, of record: UInt64) {
    base.prepareToWait(on: queue, of: record)
  }
  func sleep() { base.sleep() }
  func finishWait(on queue: Field, of record: UInt64) { base.finishWait(on: queue, of: record) }
  func wake(_ queue: Field, of record: UInt64, all: Bool) {
    base.wake(queue, of: record, all: all)
  }
  func awaitCompletion(_ completion: Field, of record: UInt64) {
    base.awaitCompletion(completion, of: record)
  }
  func complete(_ completion: Field, of record: UInt64, forGood: Bool) {
    base.complete(completion, of: record, forGood: forGood)
  }
  func mightSleep() { base.mightSleep() }
  func yield() { base.yield() }

  func enterSection(_ domain: ReadDomain<UInt64>) { base.enterSection(domain) }
  func leaveSection(_ domain: ReadDomain<UInt64>) { base.leaveSection(domain) }
  func synchronise(_ domain: ReadDomain<UInt64>) { base.synchronise(domain) }
}
