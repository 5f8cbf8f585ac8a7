extension PartitionModel {
  /// What a valid leaf says, as the hardware understands it.
  public struct Mapping: Sendable, Hashable {
    /// The frames that it translates.
    public var frames: Range<UInt64>
    /// Where the first of them is.
    public var realAddress: UInt64
    /// Loads are permitted.
    public var canRead: Bool
    /// Stores are permitted.
    public var canWrite: Bool
    /// Instructions may be fetched.
    public var canExecute: Bool
    /// It was accessed.
    public var isYoung: Bool
    /// It was written.
    public var isDirty: Bool
    /// How the memory behaves.
    public var attributes: UInt64

    /// A leaf of memory that may be used in any way, unless told otherwise.
    public init(
      _ frames: Range<UInt64>,
      at realAddress: UInt64,
      canRead: Bool = true,
      canWrite: Bool = true,
      canExecute: Bool = true,
      isYoung: Bool = true,
      isDirty: Bool = false,
      attributes: UInt64 = 0
    ) {
      self.frames = frames
      self.realAddress = realAddress
      self.canRead = canRead
      self.canWrite = canWrite
      self.canExecute = canExecute
      self.isYoung = isYoung
      self.isDirty = isDirty
      self.attributes = attributes
    }
  }

  /// What the host has behind a frame of a slot, and behind those that follow it up to the next such run.
  public struct Backing: Sendable, Hashable {
    /// The first frame.
    public var frame: UInt64
    /// Where it is.
    public var realAddress: UInt64
    /// How a device's memory behaves; nil for memory.
    public var device: UInt64?
    /// The host permits stores, and has the page for one that has to be written back.
    public var mayBeStored: Bool
    /// The base-2 logarithm of how much the host's own entry maps, in bytes.
    public var entryShift: UInt64

    /// What the host has behind a frame.
    public init(
      _ frame: UInt64,
      at realAddress: UInt64,
      device: UInt64? = nil,
      mayBeStored: Bool = true,
      entryShift: UInt64
    ) {
      self.frame = frame
      self.realAddress = realAddress
      self.device = device
      self.mayBeStored = mayBeStored
      self.entryShift = entryShift
    }
  }

  /// What is wrong with a leaf.
  public enum MappingFault: Sendable, Hashable {
    /// It has frames that are not all of one slot.
    case beyondSlot
    /// A frame is not where the host has it.
    case elsewhere(frame: UInt64, found: UInt64, expected: UInt64)
    /// A device is mapped as memory, or the other way about.
    case wrongAttributes
    /// The guest may store where the host permits none, or would not write back.
    case wronglyWritable
    /// It permits too much or too little besides stores.
    case wrongRights
    /// It is smaller than it could be.
    case tooSmall(largestShift: UInt64)
  }

  /// Judges a leaf, however long ago it was made.
  ///
  /// - Parameters:
  ///   - mapping: The leaf.
  ///   - runs: What the host has behind its frames, in their order; none where they are no slot's.
  /// - Returns: What is wrong; nil for nothing.
  public func judge(_ mapping: Mapping, over runs: [Backing]) -> MappingFault? {
    guard let number = slot(of: mapping.frames.lowerBound), let first = runs.first,
      mapping.frames.upperBound <= slots[number].frames.upperBound
    else { return .beyondSlot }
    for run in runs {
      let found = mapping.realAddress + (run.frame - mapping.frames.lowerBound) << pageShift
      if found != run.realAddress {
        return .elsewhere(frame: run.frame, found: found, expected: run.realAddress)
      }
      if mapping.canWrite, run.device == nil, !run.mayBeStored { return .wronglyWritable }
    }
    if mapping.attributes != first.device ?? 0 { return .wrongAttributes }
    if mapping.canExecute, first.device != nil { return .wrongRights }
    return mapping.canWrite && !slots[number].isWritable ? .wronglyWritable : nil
  }

  /// Judges the leaf by which a fault was handled that nobody disturbed.
  ///
  /// - Parameters:
  ///   - mapping: The leaf of the frame.
  ///   - frame: The frame.
  ///   - run: What the host has behind it.
  ///   - size: The base-2 logarithm of what the last entry on the way to the frame translated before, in
  ///     bytes: leaves beneath are no larger.
  /// - Returns: What is wrong; nil for nothing.
  public func judge(
    _ mapping: Mapping,
    handling frame: UInt64,
    over run: Backing,
    within size: UInt64
  ) -> MappingFault? {
    guard mapping.canRead, mapping.canExecute == (run.device == nil) else { return .wrongRights }
    let largest = min(largestLeaf(of: frame, over: run), size)
    let count = UInt64(mapping.frames.count) << pageShift
    return count < 1 << largest ? .tooSmall(largestShift: largest) : nil
  }

  /// The base-2 logarithm of the largest leaf by which a frame can be mapped: it is all the slot's, the
  /// host's own entry maps all of it, and it is in its place in a page of that size on both sides.
  public func largestLeaf(of frame: UInt64, over run: Backing) -> UInt64 {
    guard run.device == nil, let number = slot(of: frame) else { return pageShift }
    let slot = slots[number].frames
    let realFrame = run.realAddress >> pageShift
    return [30, 21].first { shift in
      let count = UInt64(1) << (shift - pageShift)
      let start = frame - frame % count
      return run.entryShift >= shift && realFrame % count == frame % count
        && slot.lowerBound <= start && start + count <= slot.upperBound
    } ?? pageShift
  }

  /// What is to be there once somebody got a leaf, where another was before or none: what others were
  /// given already stays.
  public static func installing(_ wanted: Mapping, over before: Mapping?) -> Mapping {
    guard let before else { return wanted }
    var kept = wanted
    kept.canWrite = wanted.canWrite || before.canWrite
    kept.isYoung = wanted.isYoung || before.isYoung
    kept.isDirty = wanted.isDirty || before.isDirty
    var same = kept
    (same.canWrite, same.isYoung, same.isDirty) = (before.canWrite, before.isYoung, before.isDirty)
    return same == before ? kept : wanted
  }
}
