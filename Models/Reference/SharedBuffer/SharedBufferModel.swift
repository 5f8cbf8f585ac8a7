public import Machines

/// Buffers that drivers share, the fences on them and what is done to their memory: everything that
/// exporters, importers and users may rely on.
///
/// It is told of what is done, in the order in which it is done, by those who do it: by exporters of every
/// call that they get, by devices and processors of every access, by who adds fences and signals them. It
/// knows nothing of how a buffer keeps its fences.
///
/// Does not establish: what memory holds.
public struct SharedBufferModel: Sendable {
  var fences: [FenceNotes] = []
  var buffers: [BufferNotes]
  var callbacks: [CallbackNotes] = []
  /// With what the host refused each thread something, in order; a signal or the time that ended its wait
  /// is one too.
  var refusals = [[Errno]](repeating: [], count: 16)
  /// Counts what it is told.
  var now = 0
  /// Whether a thread may see only later what others have done.
  public var isMemoryWeak = false
  /// When every thread had seen all.
  var settledAt = 0
  /// The moment after which a thread may not have seen what others did.
  var unseenSince: Int { isMemoryWeak ? settledAt : now }

  /// The rules that were broken, in order; each cause once.
  public private(set) var breaches: [SharedBufferBreach] = []

  /// So many buffers, none of which was exported yet.
  public init(bufferCount: Int) {
    buffers = Array(repeating: BufferNotes(), count: bufferCount)
  }

  mutating func add(_ rule: Rule, _ message: String, cause: String = "") {
    guard !breaches.contains(where: { $0.rule == rule && $0.cause == cause }) else { return }
    breaches.append(SharedBufferBreach(rule: rule, message: message, cause: cause))
  }

  /// Every thread sees what was done so far, however weak memory is.
  public mutating func settled() {
    settledAt = now
    for buffer in buffers.indices {
      for place in buffers[buffer].added.indices where buffers[buffer].added[place].isDone {
        buffers[buffer].added[place].thread = nil
      }
    }
  }

  /// The host refused a thread something, or ended its wait, for which a call is to return this.
  public mutating func refused(_ thread: Int, with error: Errno) { refusals[thread].append(error) }
}

/// A rule of the model's that was broken.
public struct SharedBufferBreach: Sendable, Hashable {
  /// Which.
  public let rule: Rule
  /// What happened.
  public let message: String
  /// What tells it from another breach of the same rule; often nothing.
  public let cause: String
}

/// What is known of a fence.
struct FenceNotes: Sendable {
  /// What it goes by.
  let id: UInt64
  let line: UInt64
  let number: UInt64
  /// When its signalling began, and when it was over.
  var signalledAt: Int?
  /// The number of the error with which it was signalled; 0 for none.
  var error: UInt64 = 0
  var doneAt: Int?
}

/// A fence of a buffer.
struct AddedFence: Sendable {
  let fence: Int
  let usage: UInt8
  /// Who adds it, and sees it for sure where memory is weak; nil for all.
  var thread: Int?
  /// Whether the call that adds it has returned.
  var isDone = false
}

/// What is known of a callback.
struct CallbackNotes: Sendable {
  let id: UInt64
  /// The fences that have to be signalled before it runs.
  let fences: [Int]
  var runCount = 0
  /// Whether the call that adds it has returned.
  var isAdded = false
  /// Whether it was refused, or taken away again.
  var isOff = false
}

/// What is known of a buffer.
struct BufferNotes: Sendable {
  /// Whether it was exported and not released.
  var exists = false
  /// Where its data is.
  var place = 0
  var pageCount: UInt64 = 0
  var added: [AddedFence] = []
  /// How many devices are attached, and which of them its exporter was told of.
  var attachmentCount = 0
  var attachments: Set<UInt64> = []
  var mappings: [MappingNotes] = []
  var pinCount = 0
  var kernelCount = 0
  /// How many accesses of the processor its exporter was told of that have not ended.
  var openAccesses = 0
  /// The names that it was given, before them that it has none.
  var names = [BufferName(text: 0, began: 0, doneAt: 0)]
}

/// A name that a buffer is given.
struct BufferName: Sendable {
  /// What it goes by; 0 for none.
  let text: UInt64
  /// When the call began that gives it.
  let began: Int
  /// When that had returned; nil before, and where it failed.
  var doneAt: Int?
  var hasFailed = false
}

/// What an exporter has mapped.
struct MappingNotes: Sendable {
  let table: UInt64
  let attachment: UInt64
  /// 0 for both.
  let direction: UInt8
  /// Whether its importer can deal with a move, and was told of one.
  let isDynamic: Bool
  var isNotified = false
}

// MARK: Fences

extension SharedBufferModel {
  /// A fence was made; those of a line are signalled in the order of their numbers.
  public mutating func made(_ fence: UInt64, line: UInt64, number: UInt64) {
    fences.append(FenceNotes(id: fence, line: line, number: number))
  }

  func index(of fence: UInt64) -> Int? { fences.lastIndex { $0.id == fence } }

  /// A fence is about to be signalled.
  public mutating func signals(_ fence: UInt64, error: UInt64 = 0) {
    now += 1
    guard let index = index(of: fence) else { return }
    fences[index].signalledAt = now
    fences[index].error = error
  }

  /// The call that signals it has returned.
  public mutating func signalled(_ fence: UInt64) {
    now += 1
    guard let index = index(of: fence) else { return }
    fences[index].doneAt = now
    for callback in callbacks
    where callback.fences.contains(index) && callback.isAdded && callback.runCount == 0
      && !callback.isOff && isOver(callback)
    {
      add(.callbackForgotten, "fence \(fence.text) is signalled, and a callback has not run")
    }
  }

  /// A fence is about to be added to a buffer's.
  /// - Returns: what `added` has to be told.
  public mutating func adds(
    _ fence: UInt64,
    to buffer: Int,
    usage: UInt8,
    by thread: Int
  ) -> Int? {
    guard let index = index(of: fence) else { return nil }
    buffers[buffer].added.append(AddedFence(fence: index, usage: usage, thread: thread))
    return buffers[buffer].added.count - 1
  }

  /// The call that adds it has returned; it did not where `isThere` is false.
  public mutating func added(_ place: Int?, to buffer: Int, isThere: Bool = true) {
    guard let place, isThere else { return }
    buffers[buffer].added[place].isDone = true
  }

  /// Who holds a buffer's lock finds these fences in its reservation, each with its usage.
  public mutating func found(_ held: [(fence: UInt64, usage: UInt8)], in buffer: Int) {
    let known = held.compactMap { one in index(of: one.fence).map { (fences[$0], one.usage) } }
    for added in buffers[buffer].added where added.isDone {
      let fence = fences[added.fence]
      let isFound = known.contains { other, usage in
        other.line == fence.line && other.number >= fence.number && usage <= added.usage
      }
      if fence.signalledAt == nil, !isFound {
        add(
          .fenceLost,
          "fence \(fence.id.text) of buffer \(buffer) is pending, and its reservation has it not"
        )
      }
    }
  }

  // MARK: Callbacks

  /// A callback is about to be added to a fence, which is signalled when all of these are.
  public mutating func addsCallback(_ callback: UInt64, to leaves: [UInt64]) {
    callbacks.append(
      CallbackNotes(id: callback, fences: leaves.compactMap { index(of: $0) })
    )
  }

  /// Whether all that a callback waits for was signalled, and the calls that did it have returned.
  private func isOver(_ callback: CallbackNotes) -> Bool {
    callback.fences.allSatisfy { fences[$0].doneAt != nil }
  }

  /// A fence that a callback waits for and that is pending; nil for none.
  private func pending(_ callback: CallbackNotes) -> UInt64? {
    callback.fences.first { fences[$0].signalledAt == nil }.map { fences[$0].id }
  }

  /// It was added.
  public mutating func addedCallback(_ callback: UInt64) {
    guard let index = callbacks.lastIndex(where: { $0.id == callback }) else { return }
    callbacks[index].isAdded = true
    let notes = callbacks[index]
    if notes.runCount == 0, !notes.fences.isEmpty, isOver(notes) {
      add(.callbackForgotten, "all of a fence is signalled, and a callback is added to it")
    }
  }

  /// It was refused, or taken away; `wasThere` where the call says that it had not run.
  public mutating func tookCallback(_ callback: UInt64, wasThere: Bool) {
    guard let index = callbacks.lastIndex(where: { $0.id == callback }) else { return }
    if wasThere { callbacks[index].isOff = true }
    let hasRun = callbacks[index].runCount > 0
    if wasThere == hasRun {
      add(
        .callbackAmiss,
        "a callback is said \(hasRun ? "not " : "")to have run",
        cause: "/removed"
      )
    }
  }

  /// Adding it was refused, since the fence was signalled before.
  public mutating func refusedCallback(_ callback: UInt64) {
    guard let index = callbacks.lastIndex(where: { $0.id == callback }) else { return }
    callbacks[index].isOff = true
    if let fence = pending(callbacks[index]) {
      add(
        .callbackAmiss,
        "a callback is refused, and fence \(fence.text) is pending",
        cause: "/refused"
      )
    }
  }

  /// A callback runs.
  public mutating func ran(_ callback: UInt64) {
    guard let index = callbacks.lastIndex(where: { $0.id == callback }) else { return }
    callbacks[index].runCount += 1
    let notes = callbacks[index]
    if notes.runCount > 1 || notes.isOff {
      add(.callbackAmiss, "a callback runs \(notes.isOff ? "after it was taken away" : "twice")")
    }
    if let fence = pending(notes) {
      add(.callbackAmiss, "a callback runs, and fence \(fence.text) is pending", cause: "/early")
    }
  }
}
