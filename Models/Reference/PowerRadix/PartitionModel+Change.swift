public import Machines

extension PartitionModel {
  /// A call on a guest's tables, as far as it decides what may change.
  public enum Call: Sendable, Hashable {
    /// A fault is handled, beside which nobody else changes anything.
    case fault(PartitionFault)
    /// It is forgotten that a frame was accessed.
    case age(frame: UInt64)
    /// It is asked whether a frame was accessed.
    case testAge(frame: UInt64)
    /// The log of a slot is handed out.
    case harvest(slot: Int)
    /// Frames are taken from the guest.
    case unmap(frames: Range<UInt64>)
    /// Somebody has asked for a leaf of these frames, and was told this.
    case install(frames: Range<UInt64>, answer: Errno)
    /// Tables are made that smaller leaves need.
    case makeTables
  }

  /// What of a leaf may change, besides what the hardware sets.
  public enum Part: Sendable, Hashable {
    /// None of it.
    case nothing
    /// That it was accessed.
    case reference
    /// That it was written.
    case change
    /// All of it; it may come and go.
    case everything
  }

  /// Which leaves may change, by the frames of which they have one, and what of them.
  public struct Licence: Sendable, Hashable {
    /// Leaves that have one of these frames.
    public let frames: Range<UInt64>
    /// What of them.
    public let part: Part

    /// Leave to change a part of the leaves of some frames.
    public init(_ part: Part, of frames: Range<UInt64> = 0..<0) {
      self.frames = frames
      self.part = part
    }
  }

  /// What a call may change.
  public func licence(of call: Call) -> Licence {
    switch call {
    case .fault(let fault):
      let frame = frame(of: fault)
      return Licence(.everything, of: frame..<frame + 1)
    case .age(let frame): return Licence(.reference, of: frame..<frame + 1)
    case .harvest(let number): return Licence(.change, of: slots[number].frames)
    case .unmap(let frames): return Licence(.everything, of: frames)
    case .install(let frames, .ok): return Licence(.everything, of: frames)
    case .install, .testAge, .makeTables: return Licence(.nothing)
    }
  }
}
