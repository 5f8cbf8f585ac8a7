public import Machines

/// The fences of a buffer, or of several, and the lock that protects them.
public enum ReservationRecord {
  /// Taken for everything but looking.
  @inlinable public static var lock: Field { Field(0, "resv_lock", .mutex) }
  /// The stamp of the acquire context with which it is held; 0 for none.
  @inlinable public static var stamp: Field { Field(1, "ww_ctx") }
  /// A `FenceListRecord`, or 0.
  @inlinable public static var fences: Field { Field(2, "fences") }
  /// How often fences were added, where that is counted.
  @inlinable public static var sequence: Field { Field(3, "seq") }
  /// The `sequence` at which all fences up to a usage were known to be signalled.
  @inlinable public static func known(_ usage: FenceUsage) -> Field {
    Field(4 + usage.rawValue, "known")
  }
  /// How many more fences there is room for, where that is counted.
  @inlinable public static var room: Field { Field(8, "reserved") }

  /// The record.
  public static let layout = Layout(
    "resv",
    [lock, stamp, fences, sequence] + FenceUsage.allCases.map(known) + [room]
  )
}

/// What a fence's work does with a buffer.
///
/// Who waits for one of them waits for all before it.
public enum FenceUsage: UInt8, Sendable, CaseIterable, Comparable {
  /// The kernel's own: it moves or clears memory, and nobody may pass it by.
  case kernel
  /// It writes.
  case write
  /// It reads.
  case read
  /// It is of no concern for who is synchronised by the buffer.
  case bookkeep

  /// What who writes waits for, or who reads.
  @inlinable
  public static func waitedFor(toWrite isWrite: Bool) -> FenceUsage { isWrite ? .read : .write }

  /// The chain that they form.
  @inlinable
  public static func < (a: FenceUsage, b: FenceUsage) -> Bool { a.rawValue < b.rawValue }
}

/// The lock of a reservation.
public enum Reservation {
  /// Takes the lock, as the only one.
  @inlinable @inline(__always)
  public static func lock<M: BufferHostMachine>(_ machine: inout M, _ reservation: M.Record) {
    machine.acquire(ReservationRecord.lock, of: reservation, .mutex)
  }

  /// Takes the lock as the only one, unless a signal comes.
  @inlinable
  public static func lockInterruptibly<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record
  ) -> Errno {
    guard !machine.isInterrupted() else { return .interrupted }
    lock(&machine, reservation)
    return .ok
  }

  /// Takes the lock as one of several, in any order.
  ///
  /// Of two contexts that want each other's the older waits, and the younger is told to give up all that
  /// it has and to begin again with the one that it did not get. The lower a stamp, the older.
  /// - Returns: `deadlock` where all have to be given up.
  @inlinable
  public static func lock<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    stamp: M.W,
    holdsOthers: Bool
  ) -> Errno {
    if holdsOthers {
      while !machine.holds(machine.tryAcquire(ReservationRecord.lock, of: reservation, .mutex)) {
        let other = machine.read(ReservationRecord.stamp, of: reservation, .once)
        if machine.holds((other .!= M.W(0)) .& (other .< stamp)) { return .deadlock }
        machine.yield()
      }
    } else {
      machine.acquire(ReservationRecord.lock, of: reservation, .mutex)
    }
    machine.write(stamp, ReservationRecord.stamp, of: reservation, .once)
    return .ok
  }

  /// Gives a lock back that was taken as one of several.
  @inlinable
  public static func unlockInContext<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record
  ) {
    machine.write(M.W(0), ReservationRecord.stamp, of: reservation, .once)
    unlock(&machine, reservation)
  }

  /// Gives the lock back.
  @inlinable @inline(__always)
  public static func unlock<M: BufferHostMachine>(_ machine: inout M, _ reservation: M.Record) {
    machine.release(ReservationRecord.lock, of: reservation, .mutex)
  }

  /// Makes a reservation with no fences in it.
  @inlinable
  public static func make<M: BufferHostMachine>(_ machine: inout M) -> M.Record? {
    guard
      let record = machine.allocate(ReservationRecord.layout, isZeroed: true, maySleep: true)
    else { return nil }
    machine.initialise(ReservationRecord.lock, of: record)
    return record
  }

  /// Frees a reservation that nobody uses, and gives up its fences.
  @inlinable
  public static func free<M: BufferHostMachine>(_ machine: inout M, _ reservation: M.Record) {
    if let list = machine.follow(ReservationRecord.fences, of: reservation, .acquire) {
      FenceList.forEach(&machine, list) { machine, fence, _ in
        Fences.release(&machine, fence)
        return true
      }
      FenceList.freeLater(&machine, list)
    }
    machine.free(reservation)
  }
}
