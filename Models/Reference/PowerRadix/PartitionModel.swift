public import Machines

/// What may be observed of a guest's partition-scoped memory: what becomes of its faults, and what the
/// dirty log has to tell.
///
/// A frame is *due* from when the guest wrote to it, or software recorded a change for it, until a
/// harvest reports it.
public struct PartitionModel: Sendable {
  /// A slot, as user space made it.
  public struct Slot: Sendable {
    /// Its frames.
    public let frames: Range<UInt64>
    /// The guest may write.
    public let isWritable: Bool
    /// What is written is logged.
    public let hasLog: Bool
    /// It was removed.
    public var isRemoved = false

    /// A slot.
    public init(frames: Range<UInt64>, isWritable: Bool, hasLog: Bool) {
      self.frames = frames
      self.isWritable = isWritable
      self.hasLog = hasLog
    }
  }

  /// The slots, by their numbers.
  public private(set) var slots: [Slot]
  /// The base-2 logarithm of a frame in bytes.
  public let pageShift: UInt64
  /// The frames of each slot that are due.
  public private(set) var due: [FrameSet]

  /// A guest with these slots, of which nothing is mapped.
  public init(slots: [Slot], pageShift: UInt64) {
    self.slots = slots
    self.pageShift = pageShift
    due = slots.map { FrameSet(of: $0.frames) }
  }

  /// The number of the slot that has a frame; nil for none.
  public func slot(of frame: UInt64) -> Int? {
    slots.firstIndex { !$0.isRemoved && $0.frames.contains(frame) }
  }

  /// What becomes of a fault, memory for tables provided.
  public func outcome(of fault: PartitionFault) -> PartitionOutcome {
    switch fault.cause {
    case .unsupported: return .failed(.fault)
    case .badAccess: return .reflect
    case .translation, .referenceOrChange, .tableWalk: break
    }
    guard let number = slot(of: frame(of: fault)) else {
      return fault.cause == .translation ? .emulate : .reflect
    }
    return slots[number].isWritable || !fault.isWrite ? .resume : .failed(.fault)
  }

  /// The frame that a fault is about.
  public func frame(of fault: PartitionFault) -> UInt64 {
    // The highest four bits of a guest real address say how it was accessed.
    (fault.address % (1 << 60)) >> pageShift
  }

  /// Takes note that a change bit was set for frames, by the hardware or by software.
  public mutating func setChange(_ frames: Range<UInt64>) {
    for number in slots.indices where slots[number].hasLog && !slots[number].isRemoved {
      due[number].insert(frames)
    }
  }

  /// What is wrong with a log.
  public enum LogFault: Sendable, Hashable {
    /// A frame was written, and nothing tells any more.
    case lost(frame: UInt64)
    /// A frame was written before a harvest began, and is not in what it handed out.
    case missing(frame: UInt64)
    /// A frame is logged or handed out that was not written since it was last handed out.
    case needless(frame: UInt64)
    /// A frame was handed out, and its change bit, or the log, tells of it still.
    case kept(frame: UInt64)
  }

  /// Judges a slot's log as it waits.
  ///
  /// - Parameters:
  ///   - waiting: The slot's own log.
  ///   - current: The frames for which a change bit is set.
  ///   - number: The slot.
  /// - Returns: What is wrong; nil for nothing.
  public func judgeLog(
    _ waiting: [UInt64],
    stillSet current: [Range<UInt64>],
    slot number: Int
  ) -> LogFault? {
    let isQuiet = waiting.allSatisfy { $0 == 0 } && due[number].isEmpty
    guard slots[number].hasLog, !slots[number].isRemoved, !isQuiet else { return nil }
    var needless = FrameSet(of: slots[number].frames)
    needless.formUnion(waiting)
    needless.subtract(due[number].words)
    if let frame = needless.first { return .needless(frame: frame) }
    var lost = due[number]
    lost.subtract(waiting)
    for frames in current { lost.remove(frames) }
    return lost.first.map { .lost(frame: $0) }
  }

  /// Takes note of a harvest of a slot, and judges it.
  ///
  /// - Parameters:
  ///   - report: What was handed out.
  ///   - before: What was due when it began.
  ///   - current: The frames of the slot for which a change bit is set when it ends.
  ///   - fresh: Those of them for which the hardware set it while the harvest ran.
  ///   - number: The slot.
  /// - Returns: What is wrong; nil for nothing.
  public mutating func harvest(
    _ report: [UInt64],
    due before: FrameSet,
    stillSet current: [Range<UInt64>],
    setMeanwhile fresh: [Range<UInt64>],
    slot number: Int
  ) -> LogFault? {
    var missing = before
    missing.subtract(report)
    var needless = FrameSet(of: slots[number].frames)
    needless.formUnion(report)
    needless.subtract(due[number].words)
    due[number].subtract(report)
    for frames in current { due[number].insert(frames) }
    var kept = FrameSet(of: slots[number].frames)
    for frames in current { kept.insert(frames) }
    for frames in fresh { kept.remove(frames) }
    if let frame = missing.first { return .missing(frame: frame) }
    if let frame = needless.first { return .needless(frame: frame) }
    return kept.first.map { .kept(frame: $0) }
  }

  /// Removes a slot, and with it its log.
  public mutating func remove(slot number: Int) {
    slots[number].isRemoved = true
    due[number] = FrameSet(of: slots[number].frames)
  }
}
