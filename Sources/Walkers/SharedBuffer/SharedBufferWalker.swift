public import Machines

/// The calls of shared buffers, by drivers and from user space.
///
/// Who calls with a buffer has a reference to its file; who calls with an attachment attached it, or is
/// lent it. What is said to be called under the lock is called with the reservation's held.
public protocol SharedBufferWalker: Sendable {
  /// How reservations keep their fences.
  associatedtype Reservations: ReservationWalker
  /// The calls on reservations.
  var reservations: Reservations { get }
  /// What is wrong with it, on purpose.
  var faults: FaultsOf<BufferFault> { get }
  /// Whether all map under the lock, and all exporters are called under it to map; else those alone that can
  /// move.
  var locksMappings: Bool { get }
  /// Whether exporters are called under the lock to map for the kernel.
  var locksKernelMappings: Bool { get }

  /// Makes a buffer of an exporter's memory; its one reference is the caller's.
  func export<M: BufferHostMachine>(
    _ machine: inout M,
    _ export: BufferExport<M>
  ) -> Made<M.Record>
  /// A file's last reference is gone; its directory entry may be there still.
  func fileIsGone<M: BufferHostMachine>(_ machine: inout M, _ file: M.Record)
  /// A directory entry's last reference is gone.
  func entryIsGone<M: BufferHostMachine>(_ machine: inout M, _ entry: M.Record)
  /// Gives a buffer a name of some length; `invalid` where that is too great.
  func setName<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ name: M.W,
    length: M.W
  ) -> Errno
  /// The name of what a directory entry is of; nobody may sleep here. 0 for none.
  func name<M: BufferHostMachine>(_ machine: inout M, of entry: M.Record) -> M.W

  /// Attaches a device; not under the lock.
  func attach<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    importer: M.W,
    isDynamic: Bool,
    reachesPeers: Bool
  ) -> Made<M.Record>
  /// Detaches it; not under the lock.
  func detach<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ attachment: M.Record
  )
  /// Maps for a device, under the lock where `locksMappings` says so or importer or exporter can move.
  /// - Returns: a table's address, or an error's negated number.
  func map<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ direction: BufferDirection
  ) -> M.W
  /// Undoes a mapping, under the lock as for `map`.
  func unmap<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ table: M.W,
    _ direction: BufferDirection
  )
  /// Maps for a device, not under the lock.
  func mapUnlocked<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ direction: BufferDirection
  ) -> M.W
  /// Undoes a mapping, not under the lock.
  func unmapUnlocked<M: BufferHostMachine>(
    _ machine: inout M,
    _ attachment: M.Record,
    _ table: M.W,
    _ direction: BufferDirection
  )
  /// Tells importers that a buffer moves, under the lock.
  func notifyMove<M: BufferHostMachine>(_ machine: inout M, _ buffer: M.Record)

  /// Prepares a buffer for the processor; waits for fences, unless a signal comes.
  func beginAccess<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ direction: BufferDirection
  ) -> Errno
  /// Maps a buffer into an area that is another file's.
  func mapArea<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ area: M.Record,
    offset: M.W
  ) -> Errno
  /// Maps a buffer into an area of its own file.
  func mapOwnArea<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ area: M.Record
  ) -> Errno
  /// Maps a buffer for the kernel, or counts one more who has it mapped; not under the lock.
  /// - Returns: where.
  func mapKernel<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record
  ) -> Made<M.W>
  /// Undoes that.
  func unmapKernel<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ pointer: M.W
  )

  /// Says which of some events are there; of the others, who waits on the queue is woken later.
  ///
  /// Whoever asks has prepared to wait on the queue before.
  func poll<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    _ events: PollEvents
  ) -> PollEvents
  /// Makes a sync file of what who reads, or writes, has to wait for.
  /// - Returns: its descriptor, or an error.
  func exportSync<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    flags: M.W,
    context: M.W
  ) -> Made<Int>
  /// Adds the fences of a sync file to a buffer's.
  func importSync<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    flags: M.W,
    descriptor: Int
  ) -> Errno
}

/// What a buffer is made of.
public struct BufferExport<M: BufferHostMachine> {
  /// `ExporterOperations`, as bits.
  public let operations: M.W
  /// What the exporter knows its buffer by; 0 is refused.
  public let exporter: M.W
  /// In bytes.
  public let size: M.W
  /// The exporter's own reservation; nil for one that goes with the buffer.
  public let reservation: M.Record?

  /// A buffer of an exporter's.
  @inlinable
  public init(operations: M.W, exporter: M.W, size: M.W, reservation: M.Record?) {
    self.operations = operations
    self.exporter = exporter
    self.size = size
    self.reservation = reservation
  }
}

/// What a call that makes something made, or why it did not.
public enum Made<Value> {
  /// It.
  case made(Value)
  /// Why there is none.
  case failed(Errno)
}

/// What is polled for.
public struct PollEvents: OptionSet, Sendable, Hashable {
  /// As bits: `EPOLLIN` and `EPOLLOUT`.
  public let rawValue: UInt64
  /// Events, as bits.
  @inlinable
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// What was written can be read.
  @inlinable public static var read: PollEvents { PollEvents(rawValue: 1) }
  /// Nobody reads or writes.
  @inlinable public static var write: PollEvents { PollEvents(rawValue: 4) }
}

/// The flags of the calls on a buffer's descriptor.
public enum SyncFlags {
  /// It is read.
  public static let read: UInt64 = 1
  /// It is written.
  public static let write: UInt64 = 2
  /// Both.
  public static let both: UInt64 = 3
  /// The access ends, else it begins.
  public static let end: UInt64 = 4
}

/// Addresses that are errors.
public enum ErrorPointer {
  /// The address for an error.
  @inlinable
  public static func make<W: Word>(_ error: Errno) -> W { W(0) &- W(UInt64(error.rawValue)) }

  /// Whether an address is an error.
  @inlinable
  public static func isError<W: Word>(_ address: W) -> W.Condition { W(0 &- 4095) .<= address }

  /// The error that an address is.
  @inlinable
  public static func error<M: RecordMachine>(_ machine: inout M, _ address: M.W) -> Errno {
    let known: [Errno] = [.noMemory, .interrupted, .busy, .fault, .timedOut]
    for error in known where machine.holds(address .== make(error)) { return error }
    return .invalid
  }
}
