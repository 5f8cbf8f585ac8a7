/// What code runs on whose shared state is no page table: named fields of records, locks, waiting.
///
/// Such code is generic over its machine and touches shared state through it alone, so that the same
/// source is benchmarked (`DirectRecordMachine`) and run under every schedule (`ScheduledMachine`).
/// Each thread has a machine of its own; what they share lies behind it.
///
/// Wherever a call says that others may run, they run *before* it: what was read earlier may be old by
/// the time it is used.
public protocol RecordMachine: Machine {
  /// A handle on one record: an address, or symbolically a place.
  associatedtype Record

  // MARK: Fields

  /// Reads a field, `plain`, `once` or with `acquire`; others may run before.
  mutating func read(_ field: Field, of record: Record, _ access: Access) -> W
  /// Writes a field, `plain`, `once` or with `release`; others may run before.
  mutating func write(_ value: W, _ field: Field, of record: Record, _ access: Access)
  /// Reads a field and writes what `operation` makes of it and the operand, as one access; others may
  /// run before.
  /// - Returns: what was there before.
  mutating func update(
    _ field: Field,
    of record: Record,
    _ operation: AtomicOperation,
    _ operand: W,
    _ order: AtomicOrder
  ) -> W
  /// Writes `value` to a field if `expected` is there, as one access; others may run before.
  /// - Returns: what was found; the exchange took place if that is `expected`.
  mutating func compareExchange(
    _ expected: W,
    with value: W,
    _ field: Field,
    of record: Record,
    _ order: AtomicOrder
  ) -> W
  /// Orders accesses before it against accesses after it.
  mutating func fence(_ fence: Fence)

  // MARK: Records

  /// A record with this layout.
  ///
  /// - Parameters:
  ///   - layout: Its fields.
  ///   - isZeroed: Whether every field is 0; otherwise fields hold anything until they are written.
  ///   - maySleep: Whether the call may wait for memory, in C `GFP_KERNEL` rather than `GFP_ATOMIC`.
  /// - Returns: the record; nil when there is no memory.
  mutating func allocate(_ layout: Layout, isZeroed: Bool, maySleep: Bool) -> Record?
  /// Gives a record's memory back; others may run before.
  mutating func free(_ record: Record)
  /// Gives a record's memory back when everybody has left the sections of `domain` that they are in:
  /// `kfree_rcu`.
  mutating func free(_ record: Record, after domain: ReadDomain<Record>)
  /// The address of a record, to keep in a field; never 0.
  mutating func address(of record: Record) -> W
  /// The record at an address; nothing is asked of the address before the record is used.
  mutating func record(at address: W) -> Record

  // MARK: Locks

  /// Makes a lock, wait queue, completion or SRCU domain anew: free, nobody waiting.
  mutating func initialise(_ field: Field, of record: Record)
  /// Takes a lock, and waits until it is free; others may run before.
  mutating func acquire(_ lock: Field, of record: Record, _ mode: LockMode)
  /// Takes a lock if it is free; others may run before.
  mutating func tryAcquire(_ lock: Field, of record: Record, _ mode: LockMode) -> W.Condition
  /// Gives a lock back; others may run before.
  mutating func release(_ lock: Field, of record: Record, _ mode: LockMode)
  /// Disables this CPU's interrupts, or enables them.
  mutating func setInterrupts(areEnabled: Bool)

  // MARK: Waiting

  /// Says that this thread is about to sleep on a queue: who wakes the queue from now on wakes it.
  mutating func prepareToWait(on queue: Field, of record: Record)
  /// Sleeps until the queue is woken, or goes on at once where it was woken, or nothing was prepared,
  /// since.
  mutating func sleep()
  /// Leaves the queue that this thread prepared to wait on.
  mutating func finishWait(on queue: Field, of record: Record)
  /// Wakes who waits on a queue: the first, or all.
  mutating func wake(_ queue: Field, of record: Record, all: Bool)
  /// Waits until something is completed, once for each time it is; others may run before.
  mutating func awaitCompletion(_ completion: Field, of record: Record)
  /// Completes something, once or for good.
  mutating func complete(_ completion: Field, of record: Record, forGood: Bool)
  /// Says that what is called here may sleep: `might_sleep`. Others may run.
  mutating func mightSleep()
  /// Lets others run: `cpu_relax`, `cond_resched`. Who asks the same again and again has to.
  mutating func yield()

  // MARK: Loops

  /// Comes to the head of a loop over any number of records: `next` is the address of the one whose turn it
  /// is, 0 after the last, and `carried` all else that one round leaves to the next.
  ///
  /// Nothing, but on a machine that follows one arbitrary round in place of all; such loops do not nest.
  /// - Returns: the record whose turn it is; nil after the last.
  mutating func turn(of next: W, carrying carried: inout W) -> Record?
  /// The same of a loop over places that are numbered from 0, of which there are `count`; a round leaves
  /// nothing to the next but its number.
  ///
  /// - Returns: the place whose turn it is; nil after the last.
  mutating func turn(at next: Int, below count: W) -> Int?

  // MARK: Sections of readers

  /// Enters a section in which what is read is not freed; sections nest.
  mutating func enterSection(_ domain: ReadDomain<Record>)
  /// Leaves the section entered last.
  mutating func leaveSection(_ domain: ReadDomain<Record>)
  /// Waits until everybody has left the sections of `domain` that they are in: `synchronize_rcu`.
  mutating func synchronise(_ domain: ReadDomain<Record>)
}
