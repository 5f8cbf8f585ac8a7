import Machines
import Reference
import Schedules
import Walkers

/// The machine of one thread of a case: records that others share, and the pretended drivers.
struct BufferMachine<Walker: SharedBufferWalker, S: Scheduler, L: RecordListener>:
  LayeredRecordMachine
{
  /// The records' machine.
  var base: ScheduledMachine<S, L>
  let walker: Walker
  /// What all share; no access to it spans a step.
  let state: UnsafeMutablePointer<BufferHost>

  var thread: Int { base.thread }

  /// Takes note of who holds a reservation.
  @inline(__always)
  func acquire(_ lock: Field, of record: UInt64, _ mode: LockMode) {
    base.acquire(lock, of: record, mode)
    if mode == .mutex { state.pointee.holders[record] = thread }
  }

  @inline(__always)
  func tryAcquire(_ lock: Field, of record: UInt64, _ mode: LockMode) -> Bool {
    guard base.tryAcquire(lock, of: record, mode) else { return false }
    if mode == .mutex { state.pointee.holders[record] = thread }
    return true
  }

  @inline(__always)
  func release(_ lock: Field, of record: UInt64, _ mode: LockMode) {
    base.release(lock, of: record, mode)
    if mode == .mutex, state.pointee.holders[record] == thread {
      state.pointee.holders[record] = nil
    }
  }

  /// Memory is refused where that may be.
  func allocate(_ layout: Layout, isZeroed: Bool, maySleep: Bool) -> UInt64? {
    if isRefused(oneIn: 6, with: .noMemory) { return nil }
    return base.allocate(layout, isZeroed: isZeroed, maySleep: maySleep)
  }

  /// Whether something fails that may, of which the call is to tell by this.
  func isRefused(oneIn count: Int, with error: Errno) -> Bool {
    guard fails(oneIn: count) else { return false }
    state.pointee.model.refused(thread, with: error)
    return true
  }

  /// Whether something fails that may: a choice of the schedule's.
  func fails(oneIn count: Int) -> Bool {
    state.pointee.plan.canFail && base.choose(below: count) == count - 1
  }

  /// Whether this thread holds a buffer's reservation.
  func holdsReservation(of buffer: Int) -> Bool {
    let record = state.pointee.buffers[buffer]
    guard record != 0 else { return false }
    let reservation = base.read(BufferRecord.reservation, of: record, .plain)
    return state.pointee.holders[reservation] == thread
  }
}
