public import Machines

/// What may be observed of a guest's partition-scoped memory: what becomes of its faults, and which of
/// its stores the dirty log has yet to tell of.
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
  /// The frames that the guest wrote and no harvest has reported.
  public private(set) var unreported: Set<UInt64> = []
  /// What a harvest may report: frames for which a change bit was set.
  private var reportable: [Range<UInt64>] = []

  /// A guest with these slots, of which nothing is mapped.
  public init(slots: [Slot], pageShift: UInt64) {
    self.slots = slots
    self.pageShift = pageShift
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
    // The highest four bits of a guest real address say how it was accessed.
    guard let number = slot(of: (fault.address % (1 << 60)) >> pageShift) else {
      return fault.cause == .translation ? .emulate : .reflect
    }
    return slots[number].isWritable || !fault.isWrite ? .resume : .failed(.fault)
  }

  /// Takes note that the guest wrote to a frame.
  public mutating func write(_ frame: UInt64) {
    if let number = slot(of: frame), slots[number].hasLog { unreported.insert(frame) }
  }

  /// Takes note that a change bit was set for frames.
  public mutating func setChange(_ frames: Range<UInt64>) { reportable.append(frames) }

  /// Takes note of a harvest of a slot.
  ///
  /// - Parameters:
  ///   - isReported: Whether a frame is in what was handed out.
  ///   - current: The frames of the slot for which a change bit is set now.
  ///   - number: The slot.
  /// - Returns: A frame that is reported and for which no change bit was ever set.
  public mutating func harvest(
    _ isReported: (UInt64) -> Bool,
    stillSet current: [Range<UInt64>],
    slot number: Int
  ) -> UInt64? {
    let frames = slots[number].frames
    let needless = frames.first { frame in
      isReported(frame) && !reportable.contains { $0.contains(frame) }
    }
    unreported = unreported.filter { frame in
      !frames.contains(frame) || !isReported(frame) || current.contains { $0.contains(frame) }
    }
    reportable.removeAll { frames.overlaps($0) }
    reportable += current
    return needless
  }

  /// Removes a slot, and with it its log.
  public mutating func remove(slot number: Int) {
    slots[number].isRemoved = true
    unreported = unreported.filter { !slots[number].frames.contains($0) }
  }
}
