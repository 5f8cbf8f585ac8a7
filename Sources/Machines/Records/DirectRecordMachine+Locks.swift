public import Synchronization

extension DirectRecordMachine {
  /// A block of the process's memory; nil where it has none.
  @inlinable
  public func allocate(_ layout: Layout, isZeroed: Bool, maySleep: Bool) -> Record? {
    let record = Record.allocate(capacity: layout.wordCount)
    if isZeroed { record.initialize(repeating: 0, count: layout.wordCount) }
    return record
  }

  /// Gives the block back.
  @inlinable
  public func free(_ record: Record) { record.deallocate() }

  /// Gives the block back: nobody else is in a section.
  @inlinable
  public func free(_ record: Record, after domain: ReadDomain<Record>) { record.deallocate() }

  /// The host address.
  @inlinable @inline(__always)
  public func address(of record: Record) -> UInt64 { UInt64(UInt(bitPattern: record)) }

  /// What is at a host address.
  @inlinable @inline(__always)
  public func record(at address: UInt64) -> Record {
    Record(bitPattern: UInt(address)).unsafelyUnwrapped
  }

  /// Sets the word to 0.
  @inlinable @inline(__always)
  public func initialise(_ field: Field, of record: Record) { record[Int(field.index)] = 0 }

  /// One compare-and-exchange, where the lock is free.
  @inlinable @inline(__always)
  public func acquire(_ lock: Field, of record: Record, _ mode: LockMode) {
    guard tryAcquire(lock, of: record, mode) else { neverEnds(lock) }
  }

  /// One compare-and-exchange, or none where the lock is taken.
  @inlinable @inline(__always)
  public func tryAcquire(_ lock: Field, of record: Record, _ mode: LockMode) -> Bool {
    let word = atomic(lock, record)
    if mode.isShared {
      let found = word.pointee.wrappingAdd(Self.shared, ordering: .acquiring).oldValue
      guard found & Self.exclusive != 0 else { return true }
      word.pointee.wrappingSubtract(Self.shared, ordering: .relaxed)
      return false
    }
    return word.pointee.compareExchange(
      expected: 0,
      desired: Self.exclusive,
      ordering: .acquiring
    ).exchanged
  }

  /// One store; a subtraction where the lock is shared.
  @inlinable @inline(__always)
  public func release(_ lock: Field, of record: Record, _ mode: LockMode) {
    let word = atomic(lock, record)
    if mode.isShared {
      word.pointee.wrappingSubtract(Self.shared, ordering: .releasing)
    } else {
      word.pointee.store(0, ordering: .releasing)
    }
  }

  /// Nothing: there are no interrupts here.
  @inlinable @inline(__always)
  public func setInterrupts(areEnabled: Bool) {}

  /// Nothing: nobody else can wake.
  @inlinable @inline(__always)
  public func prepareToWait(on queue: Field, of record: Record) {}

  /// Nobody else can wake.
  public func sleep() { preconditionFailure("a sleep that nobody ends") }

  /// Nothing.
  @inlinable @inline(__always)
  public func finishWait(on queue: Field, of record: Record) {}

  /// Reads the queue: nobody is there.
  @inlinable @inline(__always)
  public func wake(_ queue: Field, of record: Record, all: Bool) {
    _ = atomic(queue, record).pointee.load(ordering: .relaxed)
  }

  /// Takes one completion.
  @inlinable
  public func awaitCompletion(_ completion: Field, of record: Record) {
    let count = record[Int(completion.index)]
    guard count > 0 else { neverEnds(completion) }
    if count != .max { record[Int(completion.index)] = count - 1 }
  }

  /// Adds one completion, or as many as are ever asked for.
  @inlinable
  public func complete(_ completion: Field, of record: Record, forGood: Bool) {
    let count = record[Int(completion.index)]
    record[Int(completion.index)] = forGood || count == .max ? .max : count + 1
  }

  /// Nothing: nobody else wants to run.
  @inlinable @inline(__always)
  public func mightSleep() {}

  /// Nothing: nobody else wants to run.
  @inlinable @inline(__always)
  public func yield() {}

  /// The next one's, until there are no more.
  ///
  /// Said here, where nothing is changed, so that a machine on top need not be given this one to change.
  @inlinable @inline(__always)
  public func turn(of next: UInt64, carrying carried: inout UInt64) -> Record? {
    next == 0 ? nil : record(at: next)
  }

  /// The next one's, until there are no more.
  @inlinable @inline(__always)
  public func turn(at next: Int, below count: UInt64) -> Int? {
    UInt64(truncatingIfNeeded: next) < count ? next : nil
  }

  /// Nothing for RCU; for SRCU one atomic addition and a fence, as the kernel's costs.
  @inlinable @inline(__always)
  public func enterSection(_ domain: ReadDomain<Record>) {
    guard case .srcu(let field, let record) = domain else { return }
    atomic(field, record).pointee.wrappingAdd(1, ordering: .relaxed)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
  }

  /// Nothing for RCU; for SRCU a fence and one atomic subtraction.
  @inlinable @inline(__always)
  public func leaveSection(_ domain: ReadDomain<Record>) {
    guard case .srcu(let field, let record) = domain else { return }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    atomic(field, record).pointee.wrappingSubtract(1, ordering: .relaxed)
  }

  /// A fence: nobody else is in a section.
  @inlinable
  public func synchronise(_ domain: ReadDomain<Record>) {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
  }

  /// The one thread there is waits for itself.
  @usableFromInline @inline(never)
  func neverEnds(_ field: Field) -> Never {
    preconditionFailure("'\(field.name)' is waited for, and nobody else is there")
  }
}
