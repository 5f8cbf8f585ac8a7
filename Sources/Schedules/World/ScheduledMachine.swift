import CFiber
public import Machines

/// The machine of one thread of a scheduled world.
public struct ScheduledMachine<S: Scheduler, L: RecordListener>: RecordMachine {
  /// Plain numbers.
  public typealias W = UInt64
  @usableFromInline let world: UnsafeMutablePointer<WorldState<S, L>>
  /// Which thread's it is.
  public let thread: Int

  @inlinable
  init(world: UnsafeMutablePointer<WorldState<S, L>>, thread: Int) {
    self.world = world
    self.thread = thread
  }

  /// The address of a record, in bytes.
  public typealias Record = UInt64

  /// The condition itself.
  @inlinable @inline(__always)
  public func holds(_ condition: Bool) -> Bool { condition }

  /// The address itself.
  @inlinable @inline(__always)
  public func address(of record: UInt64) -> UInt64 { record }

  /// The address itself.
  @inlinable @inline(__always)
  public func record(at address: UInt64) -> UInt64 { address }

  /// Tells the listener.
  @inlinable @inline(__always)
  func emit(_ event: @autoclosure () -> RecordEvent) {
    if !L.isDeaf { world.pointee.listener.observe(event(), by: thread) }
  }

  /// Reports a condition that was thought impossible.
  public func warn(_ site: Site) { emit(.warn(site)) }

  /// Says that a call begins, for reports and judges.
  @inlinable
  public func call(_ site: Site) { emit(.call(site)) }

  /// Says that the call has returned.
  @inlinable
  public func returned(_ site: Site) { emit(.returned(site)) }

  /// Draws between alternatives that others know nothing of; 0 is the plainest.
  @inlinable
  public func choose(below count: Int) -> Int {
    guard count > 1, world.pointee.isConcurrent, !world.pointee.wasOverruled else { return 0 }
    return world.pointee.scheduler.choose(below: count)
  }

  /// Whether a load may return older writes.
  @inlinable public var isMemoryWeak: Bool { world.pointee.weak != nil }

  /// Draws one of some writes; 0 is the latest.
  @inlinable
  func chooseWrite(below count: Int) -> Int {
    guard count > 1, world.pointee.isConcurrent, !world.pointee.wasOverruled else { return 0 }
    return world.pointee.scheduler.chooseWrite(below: count)
  }

  /// The word of a field; 0 where the address is none of a record.
  @inlinable @inline(__always)
  func word(_ field: Field, _ record: UInt64) -> UInt32 {
    let word = record &>> 3 &+ UInt64(field.index)
    let isInside = word < UInt64(world.pointee.wordCount) && word > UInt64(ReservedWord.count)
    return isInside && record & 7 == 0 ? UInt32(truncatingIfNeeded: word) : 0
  }

  /// The word that stands for a record as a whole.
  @inlinable @inline(__always)
  func header(_ record: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: record &>> 3 &- 1) }
}
