public import Machines

/// Who polls a buffer: its two callbacks.
public enum Polling {
  /// Whether a callback is taken, of who polls to write or to read.
  @inlinable @inline(__always)
  static func active(_ isWrite: Bool) -> Field {
    isWrite ? BufferRecord.writeActive : BufferRecord.readActive
  }

  /// Takes a callback; false where somebody else has it.
  @inlinable
  static func begin<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    isWrite: Bool
  ) -> Bool {
    machine.withLock(BufferRecord.pollLock, of: buffer, .spinIRQ) { machine in
      let isBusy = machine.plain(active(isWrite), of: buffer)
      guard machine.isZero(isBusy) else { return false }
      machine.set(active(isWrite), of: buffer, to: M.W(1))
      return true
    }
  }

  /// Wakes who polls, and gives the callback back, the file and the fence if there is one.
  @inlinable
  static func end<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ fence: M.Record?,
    isWrite: Bool
  ) {
    let file = machine.plain(BufferRecord.file, of: buffer)
    machine.withLock(BufferRecord.pollLock, of: buffer, .spinIRQ) { machine in
      machine.wake(BufferRecord.pollQueue, of: buffer, all: true)
      machine.set(active(isWrite), of: buffer, to: M.W(0))
    }
    if let fence { Fences.release(&machine, fence) }
    Files.putLater(&machine, machine.record(at: file))
  }
}

extension SharedBufferWalker {
  /// Under the lock: adds the callback to the first fence that is pending.
  @inlinable
  public func poll<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ events: PollEvents
  ) -> PollEvents {
    let reservation = reservation(&machine, of: buffer)
    var ready = PollEvents()
    Reservation.lock(&machine, reservation)
    if events.contains(.write), isReady(&machine, buffer, reservation, isWrite: true) {
      ready.insert(.write)
    }
    if events.contains(.read), isReady(&machine, buffer, reservation, isWrite: false) {
      ready.insert(.read)
    }
    Reservation.unlock(&machine, reservation)
    return ready
  }

  /// Whether nothing is pending of what who writes, or reads, waits for; else a callback is.
  @inlinable
  func isReady<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ reservation: M.Record,
    isWrite: Bool
  ) -> Bool {
    guard Polling.begin(&machine, buffer, isWrite: isWrite) else { return false }
    let field = isWrite ? BufferRecord.writeCallback : BufferRecord.readCallback
    guard let callback = machine.follow(field, of: buffer, .plain) else { return false }
    if !faults.contains(.pollKeepsNoFile) {
      Files.retain(&machine, file(&machine, of: buffer))
    }
    let waitsForReaders = isWrite && !faults.contains(.pollsForWriters)
    let isDone = reservations.forEach(
      &machine,
      reservation,
      .waitedFor(toWrite: waitsForReaders)
    ) { machine, fence, _ in
      Fences.retain(&machine, fence)
      if Fences.add(&machine, callback, to: fence) == .ok { return false }
      Fences.release(&machine, fence)
      return true
    }
    guard isDone else { return false }
    if faults.contains(.pollLeavesBusy) {
      Files.putLater(&machine, file(&machine, of: buffer))
    } else {
      // Whoever else found the callback taken meanwhile looks again.
      Polling.end(&machine, buffer, nil, isWrite: isWrite)
    }
    return true
  }
}
