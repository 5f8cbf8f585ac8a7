public import Machines

/// What was observed of a run, event by event, to be told afterwards.
public struct Trace: RecordListener {
  /// One event, and who made it.
  public struct Entry: Sendable, Equatable {
    /// What happened.
    public let event: RecordEvent
    /// The thread.
    public let thread: Int

    @usableFromInline
    init(event: RecordEvent, thread: Int) {
      self.event = event
      self.thread = thread
    }
  }

  /// Everything, in order.
  public private(set) var entries: [Entry] = []

  /// A trace of nothing yet.
  public init() {}

  /// Keeps an event.
  public mutating func observe(_ event: RecordEvent, by thread: Int) {
    entries.append(Entry(event: event, thread: thread))
  }

  /// Forgets everything.
  public mutating func reset() { entries.removeAll(keepingCapacity: true) }
}

/// Two listeners that are told the same.
public struct PairedListener<First: RecordListener, Second: RecordListener>: RecordListener {
  /// Who is told first.
  public var first: First
  /// Who is told next.
  public var second: Second

  /// Tells `first`, then `second`.
  public init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  /// Whether neither listens.
  @inlinable public static var isDeaf: Bool { First.isDeaf && Second.isDeaf }

  /// Tells both.
  @inlinable
  public mutating func observe(_ event: RecordEvent, by thread: Int) {
    if !First.isDeaf { first.observe(event, by: thread) }
    if !Second.isDeaf { second.observe(event, by: thread) }
  }
}
