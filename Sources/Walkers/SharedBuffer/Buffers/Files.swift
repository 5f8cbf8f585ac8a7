public import Machines

/// Files and descriptors, as far as buffers and fences need them.
public enum Files {
  /// A file with one reference, and nothing in it; nil where it cannot be made.
  @inlinable
  public static func make<M: BufferHostMachine>(
    _ machine: inout M,
    _ kind: UInt64
  ) -> Made<M.Record> {
    if let error = machine.refuses(.file) { return .failed(error) }
    guard
      let entry = machine.allocate(EntryRecord.layout, isZeroed: true, maySleep: true)
    else { return .failed(.noMemory) }
    guard let file = machine.allocate(FileRecord.layout, isZeroed: true, maySleep: true) else {
      machine.free(entry)
      return .failed(.noMemory)
    }
    machine.write(M.W(1), EntryRecord.count, of: entry, .once)
    machine.write(M.W(1), FileRecord.count, of: file, .once)
    machine.set(FileRecord.kind, of: file, to: M.W(kind))
    machine.set(FileRecord.entry, of: file, to: machine.address(of: entry))
    return .made(file)
  }

  /// Takes a reference; the caller has one.
  @inlinable @inline(__always)
  public static func retain<M: BufferHostMachine>(_ machine: inout M, _ file: M.Record) {
    machine.retain(FileRecord.count, of: file)
  }

  /// Gives a reference back; with the last goes what the file is of.
  ///
  /// May sleep.
  @inlinable
  public static func release<M: BufferHostMachine, Walker: SharedBufferWalker>(
    _ machine: inout M,
    _ file: M.Record,
    _ walker: Walker
  ) {
    guard machine.giveBack(FileRecord.count, of: file) else { return }
    machine.mightSleep()
    let kind = machine.plain(FileRecord.kind, of: file)
    if machine.holds(kind .== M.W(FileKind.buffer)) {
      walker.fileIsGone(&machine, file)
    } else if let fence = machine.follow(FileRecord.data, of: file, .plain) {
      Fences.release(&machine, fence)
    }
    if let entry = machine.follow(FileRecord.entry, of: file, .plain) {
      releaseEntry(&machine, entry, isBuffers: machine.holds(kind .== M.W(FileKind.buffer)), walker)
    }
    machine.free(file)
  }

  /// Takes a reference to a directory entry; the caller has one to its file.
  @inlinable @inline(__always)
  public static func retainEntry<M: BufferHostMachine>(_ machine: inout M, _ entry: M.Record) {
    machine.retain(EntryRecord.count, of: entry)
  }

  /// Gives a reference to a directory entry back.
  @inlinable
  public static func releaseEntry<M: BufferHostMachine, Walker: SharedBufferWalker>(
    _ machine: inout M,
    _ entry: M.Record,
    isBuffers: Bool,
    _ walker: Walker
  ) {
    guard machine.giveBack(EntryRecord.count, of: entry) else { return }
    if isBuffers { walker.entryIsGone(&machine, entry) }
    machine.free(entry)
  }

  /// Gives a reference back where nobody may sleep: `releaseLater` does it.
  @inlinable
  public static func putLater<M: BufferHostMachine>(_ machine: inout M, _ file: M.Record) {
    let globals = machine.globals
    machine.withLock(BufferGlobals.laterLock, of: globals, .spinIRQ) { machine in
      let count = machine.plain(FileRecord.laterCount, of: file)
      machine.set(FileRecord.laterCount, of: file, to: count &+ M.W(1))
      guard machine.isZero(count) else { return }
      let first = machine.plain(BufferGlobals.later, of: globals)
      machine.set(FileRecord.nextLater, of: file, to: first)
      machine.set(BufferGlobals.later, of: globals, to: machine.address(of: file))
    }
  }

  /// Gives back what was to be given back later, as a worker does.
  @inlinable
  public static func releaseLater<M: BufferHostMachine, Walker: SharedBufferWalker>(
    _ machine: inout M,
    _ walker: Walker
  ) {
    let globals = machine.globals
    while true {
      machine.acquire(BufferGlobals.laterLock, of: globals, .spinIRQ)
      guard let file = machine.follow(BufferGlobals.later, of: globals, .plain) else {
        return machine.release(BufferGlobals.laterLock, of: globals, .spinIRQ)
      }
      let count = machine.plain(FileRecord.laterCount, of: file) &- M.W(1)
      machine.set(FileRecord.laterCount, of: file, to: count)
      if machine.isZero(count) {
        let next = machine.plain(FileRecord.nextLater, of: file)
        machine.set(BufferGlobals.later, of: globals, to: next)
      }
      machine.release(BufferGlobals.laterLock, of: globals, .spinIRQ)
      release(&machine, file, walker)
    }
  }

  // MARK: Descriptors

  /// Takes a descriptor that is free, with no file yet.
  @inlinable
  public static func reserveDescriptor<M: BufferHostMachine>(_ machine: inout M) -> Made<Int> {
    if let error = machine.refuses(.descriptor) { return .failed(error) }
    let globals = machine.globals
    return machine.withLock(BufferGlobals.descriptorLock, of: globals, .spin) { machine in
      for number in 0..<BufferGlobals.descriptorCount {
        let file = machine.plain(BufferGlobals.descriptor(number), of: globals)
        if machine.isZero(file) {
          machine.set(BufferGlobals.descriptor(number), of: globals, to: M.W(1))
          return .made(number)
        }
      }
      return .failed(.tooManyFiles)
    }
  }

  /// Gives a descriptor its file, and the file's reference; or frees it, with no file.
  @inlinable
  public static func install<M: BufferHostMachine>(
    _ machine: inout M,
    _ file: M.Record?,
    at number: Int
  ) {
    let globals = machine.globals
    let address = file.map { machine.address(of: $0) } ?? M.W(0)
    machine.withLock(BufferGlobals.descriptorLock, of: globals, .spin) { machine in
      machine.set(BufferGlobals.descriptor(number), of: globals, to: address)
    }
  }

  /// A descriptor's file, with a reference of the caller's; nil for none.
  @inlinable
  public static func get<M: BufferHostMachine>(
    _ machine: inout M,
    _ number: Int
  ) -> M.Record? {
    let globals = machine.globals
    return machine.withLock(BufferGlobals.descriptorLock, of: globals, .spin) {
      machine -> M.Record? in
      let address = machine.plain(BufferGlobals.descriptor(number), of: globals)
      guard machine.holds(M.W(1) .< address) else { return nil }
      let file = machine.record(at: address)
      retain(&machine, file)
      return file
    }
  }

  /// Closes a descriptor; `badDescriptor` where it has no file.
  @inlinable
  public static func close<M: BufferHostMachine, Walker: SharedBufferWalker>(
    _ machine: inout M,
    _ number: Int,
    _ walker: Walker
  ) -> Errno {
    let globals = machine.globals
    let file = machine.withLock(BufferGlobals.descriptorLock, of: globals, .spin) {
      machine -> M.Record? in
      let address = machine.plain(BufferGlobals.descriptor(number), of: globals)
      guard machine.holds(M.W(1) .< address) else { return nil }
      machine.set(BufferGlobals.descriptor(number), of: globals, to: M.W(0))
      return machine.record(at: address)
    }
    guard let file else { return .badDescriptor }
    release(&machine, file, walker)
    return .ok
  }
}
