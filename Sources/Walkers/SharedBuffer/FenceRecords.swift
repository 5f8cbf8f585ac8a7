public import Machines

/// A fence: something that has happened, or will.
public enum FenceRecord {
  /// Protects `callbacks`; held while they run.
  @inlinable public static var lock: Field { Field(0, "lock", .spinLock) }
  /// `FenceFlags`, as bits.
  @inlinable public static var flags: Field { Field(1, "flags") }
  /// How many references there are.
  @inlinable public static var count: Field { Field(2, "refcount") }
  /// The error with which it was signalled; 0 for none.
  @inlinable public static var error: Field { Field(3, "error") }
  /// The line that it is on: fences of one line are signalled in the order of their numbers.
  @inlinable public static var context: Field { Field(4, "context") }
  /// Its number on the line.
  @inlinable public static var number: Field { Field(5, "seqno") }
  /// The first callback, or 0.
  @inlinable public static var callbacks: Field { Field(6, "cb_list") }
  /// Who waits for it.
  @inlinable public static var queue: Field { Field(7, "waiters", .waitQueue) }
  /// `FenceKind`.
  @inlinable public static var kind: Field { Field(8, "kind") }
  /// An array's fences, a `FenceListRecord`.
  @inlinable public static var members: Field { Field(9, "fences") }
  /// The link of a chain before this one, or 0.
  @inlinable public static var previous: Field { Field(10, "prev") }
  /// The number of that link; 0 where it is on another line.
  @inlinable public static var previousNumber: Field { Field(11, "prev_seqno") }
  /// The fence that a link holds.
  @inlinable public static var contained: Field { Field(12, "fence") }
  /// A container's own callback, a `CallbackRecord`.
  @inlinable public static var callback: Field { Field(13, "cb") }
  /// The container after it of those that have to look again, or 0.
  @inlinable public static var nextWork: Field { Field(14, "work") }

  /// The record.
  public static let layout = Layout(
    "fence",
    [
      lock, flags, count, error, context, number, callbacks, queue, kind, members, previous,
      previousNumber, contained, callback, nextWork,
    ]
  )
}

/// What is so of a fence, as bits.
public enum FenceFlags {
  /// It was signalled.
  public static let signalled: UInt64 = 1
  /// Somebody asked to be told: a container has looked at what it holds.
  public static let enabled: UInt64 = 2
}

/// What kind of fence it is.
public enum FenceKind {
  /// One that a driver signals.
  public static let plain: UInt64 = 0
  /// One that is signalled when all of several are.
  public static let array: UInt64 = 1
  /// A link: signalled when its own fence and all links before it are.
  public static let chain: UInt64 = 2
}

/// What is done when a fence is signalled.
public enum CallbackRecord {
  /// The callback after it at its fence, or 0.
  @inlinable public static var next: Field { Field(0, "next") }
  /// The fence that it was added to and that has not run it, or 0.
  @inlinable public static var fence: Field { Field(1, "fence") }
  /// `CallbackKind`.
  @inlinable public static var kind: Field { Field(2, "func") }
  /// Whose it is: a container, a buffer, or what its owner likes.
  @inlinable public static var target: Field { Field(3, "data") }

  /// The record.
  public static let layout = Layout("callback", [next, fence, kind, target])
}

/// Whose callback it is.
public enum CallbackKind {
  /// Its owner's: the machine is told.
  public static let user: UInt64 = 0
  /// A container's.
  public static let container: UInt64 = 1
  /// A buffer's, for who polls to read.
  public static let pollRead: UInt64 = 2
  /// A buffer's, for who polls to write.
  public static let pollWrite: UInt64 = 3
}

/// Fences in slots: those of a reservation with how they are used, or an array's.
///
/// Up to 128 are in the record; beyond, it has the addresses of chunks of 128.
public enum FenceListRecord {
  /// How many there are.
  @inlinable public static var count: Field { Field(0, "num_fences") }
  /// How many there is room for.
  @inlinable public static var capacity: Field { Field(1, "max_fences") }
  /// A slot: a fence's address, with its usage in the lowest two bits; or a chunk's.
  @inlinable public static func slot(_ index: Int) -> Field { Field(UInt8(2 + index), "fence") }
  /// How many slots a record or a chunk has at most.
  @inlinable public static var chunkSize: Int { 128 }
  /// The greatest number of slots.
  @inlinable public static var limit: Int { chunkSize * chunkSize }

  /// The record with so many slots, a power of 2, or chunks.
  public static func layout(_ slotCount: Int) -> Layout {
    layouts[slotCount.trailingZeroBitCount]
  }

  private static let layouts = (0...7).map { size in
    Layout("fences", [count, capacity] + (0..<(1 << size)).map(slot))
  }
}
