public import Machines
public import Walkers

/// A call of a case on shared buffers, or what devices do beside them.
public struct BufferOperation: Sendable, Hashable {
  /// What is done.
  public enum Kind: Sendable, Hashable {
    /// Exports the second buffer, with a description that is sound or not, and opens a descriptor.
    case export(Flaw)
    /// Closes a buffer's descriptor.
    case close(buffer: Int)
    /// Gives up all that the thread has of a buffer.
    case put(buffer: Int)
    /// Names a buffer.
    case setName(buffer: Int, name: UInt64, length: UInt64)
    /// Finds a buffer's directory entry and keeps it, or reads the name of the one that is kept, or of one
    /// that it finds, where nobody may sleep.
    case readName(buffer: Int, isKept: Bool)
    /// Goes through the list of buffers.
    case list
    /// Finds the end of a buffer.
    case seek(buffer: Int, offset: UInt64, whence: Int)
    /// Attaches the thread's device.
    case attach(buffer: Int, isDynamic: Bool)
    /// Waits for the device, and detaches it.
    case detach(buffer: Int)
    /// Keeps a buffer where it is, or lets it move.
    case pin(buffer: Int, Bool)
    /// Maps for the device.
    case map(buffer: Int, BufferDirection)
    /// Waits for the device, and undoes the mapping.
    case unmap(buffer: Int)
    /// Moves a buffer, at once or behind its fences.
    case move(buffer: Int, isQueued: Bool)
    /// Has the device access the buffer, behind its fences.
    case submit(buffer: Int, FenceUsage)
    /// Runs so much of what devices have to do.
    case run(count: Int)
    /// Waits for fences up to a usage.
    case wait(buffer: Int, FenceUsage, Patience)
    /// Accesses a buffer with the processor, between two calls with these flags; where devices stall nobody but
    /// a signal ends the wait of who is impatient.
    case access(buffer: Int, flags: UInt64, isImpatient: Bool = false)
    /// Maps pages into user space, of the buffer's own file or another driver's.
    case mapArea(buffer: Int, offset: UInt64, pageCount: UInt64, isOwn: Bool)
    /// Maps a buffer for the kernel, and accesses it.
    case mapKernel(buffer: Int)
    /// Undoes that.
    case unmapKernel(buffer: Int)
    /// Polls, and waits until something is there.
    case poll(buffer: Int, PollEvents, waits: Bool)
    /// Makes a sync file.
    case exportSync(buffer: Int, flags: UInt64)
    /// Adds a sync file's fences to a buffer's; or asks for those of a file that is none, the buffer's own.
    case importSync(buffer: Int, flags: UInt64, isOwn: Bool = false)
    /// Adds so many callbacks to a pending fence, or to that of the last sync file, and takes the last but one,
    /// or the only one, away again.
    case callback(buffer: Int, isRemoved: Bool, count: Int = 1, isOfFile: Bool = false)
    /// Takes the locks of both buffers, in this order, and has a device access both.
    case submitBoth(first: Int, FenceUsage)
    /// Has another fence take the place of the one by which the thread's device says that it may be evicted.
    case evict(buffer: Int)
    /// Asks what became of the sync file that was pending when it was asked last, or has the device read, and
    /// asks a new one; and waits for it where devices run.
    case status(buffer: Int, waits: Bool)
    /// Has so many engines of the thread's device, which did nothing before, do something with a buffer at once,
    /// none of it with its memory, and makes room for so many more; or asks for more than any reservation has
    /// room for.
    case submitMany(buffer: Int, count: Int, room: Int, FenceUsage)
    /// Puts so many things that the device reads, or what the last sync file waits for, at the end of the thread's
    /// timeline, each so many numbers after the one before, or before it, asks for the point of a number, and
    /// makes a sync file of all, unless there are some.
    case timeline(buffer: Int, count: Int, step: Int, asked: UInt64, isOfFile: Bool)
    /// Has the thread's device do something, polls to write, and goes: closes the descriptor, and gives up all that
    /// the thread has of the buffer.
    case leave(buffer: Int)
    /// Looks at what a descriptor has, the lowest that nobody is known to have; or closes it, as any program may.
    case guess(closes: Bool)
    /// Waits until all threads have come to the end of what they were given.
    case join
  }

  /// What is wrong with what an exporter says of its buffer.
  public enum Flaw: UInt8, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// It knows its buffer by nothing.
    case noData
    /// It does not map.
    case noMap
    /// It does not undo mappings.
    case noUnmap
    /// It is not to be told when its buffer is gone.
    case noRelease
    /// It pins and does not unpin.
    case noUnpin
    /// It unpins and does not pin.
    case noPin
    /// It keeps mappings of what may move.
    case cachesPinned
  }

  /// What ends a wait.
  public enum Patience: UInt8, Sendable, CaseIterable {
    /// Fences alone.
    case endless
    /// A signal.
    case interruptible
    /// A signal, or the time.
    case timed
  }

  /// Who does it beside all others that were given something; nil where it is done alone.
  public var thread: Int?
  /// What is done.
  public var kind: Kind

  /// Something that a thread does; nil for what is done alone.
  public init(thread: Int?, kind: Kind) {
    self.thread = thread
    self.kind = kind
  }

  /// Its name, and the number that it is counted by.
  public static let names = [
    "export", "close", "put", "setName", "readName", "list", "seek", "attach", "detach", "pin",
    "map", "unmap", "move", "submit", "run", "wait", "access", "mapArea", "mapKernel",
    "unmapKernel", "poll", "exportSync", "importSync", "callback", "submitBoth", "join",
    "evict", "status", "submitMany", "timeline", "guess", "leave",
  ]

  /// The number of its kind.
  public var number: Int {
    switch kind {
    case .export: 0
    case .close: 1
    case .put: 2
    case .setName: 3
    case .readName: 4
    case .list: 5
    case .seek: 6
    case .attach: 7
    case .detach: 8
    case .pin: 9
    case .map: 10
    case .unmap: 11
    case .move: 12
    case .submit: 13
    case .run: 14
    case .wait: 15
    case .access: 16
    case .mapArea: 17
    case .mapKernel: 18
    case .unmapKernel: 19
    case .poll: 20
    case .exportSync: 21
    case .importSync: 22
    case .callback: 23
    case .submitBoth: 24
    case .join: 25
    case .evict: 26
    case .status: 27
    case .submitMany: 28
    case .timeline: 29
    case .guess: 30
    case .leave: 31
    }
  }
}

/// The flags of an access as programs give them: their header's, not the walker's.
enum UserFlags {
  static let read: UInt64 = 1
  static let write: UInt64 = 2
  static let both: UInt64 = 3
  static let end: UInt64 = 4
}

extension PollEvents {
  /// Events as programs ask for them: their header's `EPOLLIN` and `EPOLLOUT`.
  static let readable = PollEvents(rawValue: 1)
  static let writable = PollEvents(rawValue: 4)
}

extension BufferOperation: CustomStringConvertible {
  /// The call as a person writes it, behind whose it is.
  public var description: String {
    let call = "\(Self.names[number])(\(arguments))"
    return thread.map { "thread \($0): \(call)" } ?? call
  }

  private var arguments: String {
    switch kind {
    case .export(let flaw): flaw == .none ? "" : "\(flaw)"
    case .close(let buffer), .put(let buffer), .leave(let buffer), .detach(let buffer),
      .evict(let buffer),
      .unmap(let buffer), .mapKernel(let buffer), .unmapKernel(let buffer):
      "buffer \(buffer)"
    case .setName(let buffer, let name, let length):
      "buffer \(buffer), name \(name), \(length) characters"
    case .readName(let buffer, let isKept): "buffer \(buffer)\(isKept ? ", later" : "")"
    case .list, .join: ""
    case .guess(let closes): closes ? "and closes it" : ""
    case .seek(let buffer, let offset, let whence):
      "buffer \(buffer), \(offset) from \(["the beginning", "here", "the end"][whence])"
    case .attach(let buffer, let isDynamic):
      "buffer \(buffer), \(isDynamic ? "dynamic" : "static")"
    case .pin(let buffer, let isOn): "buffer \(buffer), \(isOn ? "on" : "off")"
    case .map(let buffer, let direction): "buffer \(buffer), \(direction)"
    case .move(let buffer, let isQueued):
      "buffer \(buffer), \(isQueued ? "behind its fences" : "at once")"
    case .submit(let buffer, let usage): "buffer \(buffer), \(usage)"
    case .run(let count): "\(count)"
    case .wait(let buffer, let usage, let patience): "buffer \(buffer), \(usage), \(patience)"
    case .access(let buffer, let flags, let isImpatient):
      "buffer \(buffer), flags \(flags)\(isImpatient ? ", impatient" : "")"
    case .mapArea(let buffer, let offset, let count, let isOwn):
      "buffer \(buffer), \(count) pages from 0x\(String(offset, radix: 16))"
        + (isOwn ? "" : ", another's area")
    case .poll(let buffer, let events, let waits):
      "buffer \(buffer), events \(events.rawValue)\(waits ? ", and waits" : "")"
    case .status(let buffer, let waits): "buffer \(buffer)\(waits ? ", and waits" : "")"
    case .exportSync(let buffer, let flags): "buffer \(buffer), flags \(flags)"
    case .importSync(let buffer, let flags, let isOwn):
      "buffer \(buffer), flags \(flags)\(isOwn ? ", its own file" : "")"
    case .callback(let buffer, let isRemoved, let count, let isOfFile):
      "buffer \(buffer)\(isOfFile ? ", the last sync file" : "")"
        + (count == 1 ? "" : ", \(count) of them")
        + (isRemoved ? ", and takes \(count == 1 ? "it" : "the last but one") away" : "")
    case .submitMany(let buffer, let count, let room, let usage):
      "buffer \(buffer), \(count) engines, the first twice, \(usage)"
        + (room == 0 ? "" : ", room for \(room)")
    case .timeline(let buffer, let count, let step, let asked, let isOfFile):
      (isOfFile ? "the last sync file" : "buffer \(buffer)")
        + (count == 1 ? ", a point \(step) on" : ", \(count) points \(step) apart")
        + ", asks for \(asked)"
    case .submitBoth(let first, let usage): "buffer \(first) first, \(usage)"
    }
  }
}

extension BufferOperation: ThreadedOperation {
  var isJoin: Bool { kind == .join }
}
