/// A machine that has something of its own on top of another's records, fields and locks.
public protocol LayeredRecordMachine: RecordMachine where W == Base.W, Record == Base.Record {
  /// The machine beneath.
  associatedtype Base: RecordMachine
  /// The machine beneath, which does all that is of records.
  var base: Base { get set }
}

extension LayeredRecordMachine {
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func holds(_ condition: W.Condition) -> Bool { base.holds(condition) }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func warn(_ site: Site) { base.warn(site) }

  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func read(_ field: Field, of record: Record, _ access: Access) -> W {
    base.read(field, of: record, access)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func write(_ value: W, _ field: Field, of record: Record, _ access: Access) {
    base.write(value, field, of: record, access)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func update(
    _ field: Field,
    of record: Record,
    _ operation: AtomicOperation,
    _ operand: W,
    _ order: AtomicOrder
  ) -> W {
    base.update(field, of: record, operation, operand, order)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func compareExchange(
    _ expected: W,
    with value: W,
    _ field: Field,
    of record: Record,
    _ order: AtomicOrder
  ) -> W {
    base.compareExchange(expected, with: value, field, of: record, order)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func fence(_ fence: Fence) { base.fence(fence) }

  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func allocate(_ layout: Layout, isZeroed: Bool, maySleep: Bool) -> Record? {
    base.allocate(layout, isZeroed: isZeroed, maySleep: maySleep)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func free(_ record: Record) { base.free(record) }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func free(_ record: Record, after domain: ReadDomain<Record>) {
    base.free(record, after: domain)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func address(of record: Record) -> W { base.address(of: record) }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func record(at address: W) -> Record { base.record(at: address) }

  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func initialise(_ field: Field, of record: Record) {
    base.initialise(field, of: record)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func acquire(_ lock: Field, of record: Record, _ mode: LockMode) {
    base.acquire(lock, of: record, mode)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func tryAcquire(
    _ lock: Field,
    of record: Record,
    _ mode: LockMode
  ) -> W.Condition {
    base.tryAcquire(lock, of: record, mode)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func release(_ lock: Field, of record: Record, _ mode: LockMode) {
    base.release(lock, of: record, mode)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func setInterrupts(areEnabled: Bool) {
    base.setInterrupts(areEnabled: areEnabled)
  }

  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func prepareToWait(on queue: Field, of record: Record) {
    base.prepareToWait(on: queue, of: record)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func sleep() { base.sleep() }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func finishWait(on queue: Field, of record: Record) {
    base.finishWait(on: queue, of: record)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func wake(_ queue: Field, of record: Record, all: Bool) {
    base.wake(queue, of: record, all: all)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func awaitCompletion(_ completion: Field, of record: Record) {
    base.awaitCompletion(completion, of: record)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func complete(_ completion: Field, of record: Record, forGood: Bool) {
    base.complete(completion, of: record, forGood: forGood)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func mightSleep() { base.mightSleep() }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func yield() { base.yield() }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func turn(of next: W, carrying carried: inout W) -> Record? {
    base.turn(of: next, carrying: &carried)
  }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func turn(at next: Int, below count: W) -> Int? {
    base.turn(at: next, below: count)
  }

  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func enterSection(_ domain: ReadDomain<Record>) { base.enterSection(domain) }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func leaveSection(_ domain: ReadDomain<Record>) { base.leaveSection(domain) }
  /// As the machine beneath does.
  @inlinable @inline(__always)
  public mutating func synchronise(_ domain: ReadDomain<Record>) { base.synchronise(domain) }
}
