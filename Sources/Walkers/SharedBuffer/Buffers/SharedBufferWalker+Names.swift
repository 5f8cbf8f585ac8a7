public import Machines

extension SharedBufferWalker {
  /// The lock of a name, in the mode in which it is taken.
  @inlinable
  var nameLock: (Field, LockMode) {
    faults.contains(.nameSleeps)
      ? (BufferRecord.lock, .mutex) : (BufferRecord.nameLock, .spin)
  }

  /// Puts the new name in the old one's place, and frees that when nobody reads it.
  @inlinable
  public func setName<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ name: M.W,
    length: M.W
  ) -> Errno {
    if let error = machine.refuses(.copyIn) { return error }
    guard machine.holds(length .<= M.W(NameRecord.lengthLimit)) else { return .invalid }
    guard
      let new = machine.allocate(NameRecord.layout, isZeroed: true, maySleep: true)
    else { return .noMemory }
    machine.set(NameRecord.text, of: new, to: name)
    let (lock, mode) = nameLock
    let old = machine.withLock(lock, of: buffer, mode) { machine in
      let old = machine.plain(BufferRecord.name, of: buffer)
      machine.set(BufferRecord.name, of: buffer, to: machine.address(of: new))
      return old
    }
    if !machine.isZero(old) { machine.free(machine.record(at: old)) }
    return .ok
  }

  /// Reads it under its lock.
  @inlinable
  public func name<M: BufferHostMachine>(_ machine: inout M, of entry: M.Record) -> M.W {
    let address = machine.plain(EntryRecord.data, of: entry)
    let buffer = machine.record(at: address)
    if faults.contains(.nameUnlocked) { return text(&machine, buffer) }
    let (lock, mode) = nameLock
    return machine.withLock(lock, of: buffer, mode) { machine in text(&machine, buffer) }
  }

  @inlinable
  func text<M: BufferHostMachine>(_ machine: inout M, _ buffer: M.Record) -> M.W {
    guard let name = machine.follow(BufferRecord.name, of: buffer, .plain) else { return M.W(0) }
    return machine.plain(NameRecord.text, of: name)
  }

  /// Goes through all buffers, each under its lock, unless a signal comes.
  /// - Returns: how many there are, and how many devices are attached to them.
  @inlinable
  public func list<M: BufferHostMachine>(
    _ machine: inout M
  ) -> (Errno, buffers: Int, attachments: Int) {
    let globals = machine.globals
    guard !machine.isInterrupted() else { return (.interrupted, 0, 0) }
    return machine.withLock(BufferGlobals.listLock, of: globals, .mutex) { machine in
      var (buffers, attachments) = (0, 0)
      var next = machine.follow(BufferGlobals.first, of: globals, .plain)
      while let buffer = next {
        let reservation = reservation(&machine, of: buffer)
        let result = Reservation.lockInterruptibly(&machine, reservation)
        guard result == .ok else { return (result, 0, 0) }
        buffers += 1
        var attached = machine.follow(BufferRecord.attachments, of: buffer, .plain)
        while let attachment = attached {
          attachments += 1
          attached = machine.follow(AttachmentRecord.next, of: attachment, .plain)
        }
        Reservation.unlock(&machine, reservation)
        next = machine.follow(BufferRecord.next, of: buffer, .plain)
      }
      return (.ok, buffers, attachments)
    }
  }

  /// Where a buffer's file ends, or begins.
  ///
  /// `whence` is 0 for the beginning, 2 for the end; nothing else is known, and no offset from them.
  /// - Returns: a place in bytes; `invalid` for anything else.
  @inlinable
  public func seek<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    offset: M.W,
    whence: Int
  ) -> Made<M.W> {
    guard whence == 0 || whence == 2, machine.isZero(offset) else { return .failed(.invalid) }
    return .made(whence == 0 ? M.W(0) : machine.plain(BufferRecord.size, of: buffer))
  }
}
