/// A field of a record, as observers see it.
public struct FieldPlace: Sendable, Hashable {
  /// The record's address, in bytes.
  public let record: UInt64
  /// Which of its words.
  public let field: Field

  /// A field of the record at an address.
  @inlinable @inline(__always)
  public init(_ field: Field, of record: UInt64) {
    self.record = record
    self.field = field
  }

  /// The address of the word, in bytes.
  @inlinable public var address: UInt64 { record &+ UInt64(field.index) &<< 3 }
}

/// What keeps records from being freed, as observers see it: RCU, or the field that is an SRCU domain.
public enum SectionDomain: Sendable, Hashable {
  /// RCU.
  case rcu
  /// An SRCU domain.
  case srcu(FieldPlace)
}

/// Why a thread cannot go on.
public enum WaitReason: UInt8, Sendable, Hashable {
  /// It waits for a lock.
  case lock
  /// It sleeps on a queue, and nobody woke it.
  case wake
  /// It waits for something to be completed.
  case completion
  /// It waits for others to leave their sections.
  case sections
}

/// One thing that a thread did to records, to locks, or to itself.
///
/// Writes are numbered over the whole run, from 1; number 0 is what memory held in the beginning. Where
/// memory is sequentially consistent a read takes the latest write; elsewhere it says which.
public enum RecordEvent: Sendable, Equatable {
  /// A field was read: what the write of that number left there.
  case read(FieldPlace, value: UInt64, Access, from: UInt32)
  /// A field was written.
  case write(FieldPlace, old: UInt64, new: UInt64, Access, number: UInt32)
  /// A field was read and written as one.
  case update(FieldPlace, old: UInt64, new: UInt64, AtomicOrder, from: UInt32, number: UInt32)
  /// A compare-and-exchange found something else.
  case mismatch(FieldPlace, found: UInt64, from: UInt32)
  /// A fence.
  case fence(Fence)
  /// A record of so many words was handed out.
  case allocate(record: UInt64, wordCount: Int, name: RecordName, isZeroed: Bool)
  /// There was no memory for a record.
  case refuse(name: RecordName)
  /// A record's memory was given back; its address is not handed out again.
  case free(record: UInt64)
  /// A record's memory is to be given back when everybody has left their sections.
  case freeLater(record: UInt64, SectionDomain)
  /// They have, and it was.
  case reclaim(record: UInt64)
  /// A lock, queue, completion or domain was made anew.
  case initialise(FieldPlace)
  /// A lock was taken.
  case acquire(FieldPlace, LockMode, isTry: Bool)
  /// A lock that was tried was not free.
  case busy(FieldPlace, LockMode)
  /// A lock was given back.
  case release(FieldPlace, LockMode)
  /// Interrupts of the thread's CPU were enabled or disabled.
  case interrupts(areEnabled: Bool)
  /// The thread is about to sleep on a queue.
  case prepareToWait(FieldPlace)
  /// It went to sleep, unless it was woken before.
  case sleep
  /// It goes on.
  case awake
  /// It left a queue.
  case finishWait(FieldPlace)
  /// A queue was woken, and `count` threads with it.
  case wake(FieldPlace, count: Int)
  /// Something was completed.
  case complete(FieldPlace)
  /// The thread had waited for it.
  case completed(FieldPlace)
  /// The thread may sleep here.
  case mightSleep
  /// The thread let others run.
  case yield
  /// A section was entered.
  case enterSection(SectionDomain)
  /// A section was left.
  case leaveSection(SectionDomain)
  /// The thread waits for everybody's sections.
  case beginGracePeriod(SectionDomain)
  /// They were left.
  case endGracePeriod(SectionDomain)
  /// The thread's CPU told TLBs to forget something.
  case invalidate(TLBInvalidation<UInt64>)
  /// A barrier of the thread's CPU, by which hardware takes notice.
  case barrier(Barrier)
  /// The same of Power's: one `tlbie`.
  case invalidateRadix(RadixInvalidation<UInt64>)
  /// The same of Power's.
  case powerBarrier(PowerBarrier)
  /// A condition that was thought impossible.
  case warn(Site)

  /// A call of the thread's begins.
  case call(Site)
  /// It has returned.
  case returned(Site)
  /// Everything before was done alone; so many threads begin.
  case begin(threadCount: Int)
  /// The thread has come to its end.
  case finish
  /// Nobody can go on, this thread for the reason given.
  case stuck(WaitReason, FieldPlace?)
  /// The thread is at it still, though every thread had its turn again and again.
  case runaway
  /// All threads have come to their ends; everything after is done alone.
  case end
}

/// Something that is told of every event of every thread, in the order in which they happen.
public protocol RecordListener {
  /// Whether it is told of nothing, so that events need not be made.
  static var isDeaf: Bool { get }
  /// Takes note of one event; memory already shows its effect.
  mutating func observe(_ event: RecordEvent, by thread: Int)
}

extension RecordListener {
  /// It listens.
  @inlinable public static var isDeaf: Bool { false }
}

/// Nobody: for measuring what everything else costs.
public struct NoListener: RecordListener {
  /// Nobody.
  public init() {}
  /// It is told of nothing.
  @inlinable public static var isDeaf: Bool { true }
  /// Nothing.
  @inlinable @inline(__always)
  public mutating func observe(_ event: RecordEvent, by thread: Int) {}
}
