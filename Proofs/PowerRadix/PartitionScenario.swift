import Machines
import Walkers

/// One call over some frames of a partition-scoped tree of small tables with arbitrary contents.
///
/// Each table has two entries, so that the whole tree translates 16 frames, and the call may be about
/// any of them; a root of one entry makes it 8.
struct PartitionScenario: Sendable {
  /// Which call.
  enum Operation: Sendable, Hashable {
    /// Frames are taken from the guest.
    case unmap(frames: Int)
    /// A slot of one frame is taken from the guest, under the lock.
    case flush
    /// The log of a slot of this many frames is handed out.
    case harvest(frames: Int)
    /// It is forgotten that a frame was accessed.
    case age
    /// It is asked whether a frame was accessed.
    case testAge
    /// A leaf of a level is installed.
    case install(level: RadixLevel)
    /// The tables are freed.
    case free
    /// A fault is handled, from the first question to the host on.
    case fault(Fault)
  }

  /// What a fault comes to.
  enum Fault: String, Sendable, Hashable, CaseIterable {
    /// There is nothing to be mapped.
    case elsewhere
    /// The host has a page.
    case page
    /// The host has no page, but may have a device's memory.
    case device
    /// A reference or change bit is missing, and there is no page to be had.
    case record
  }

  let operation: Operation
  var isDD1 = false
  /// The one first frame that calls are about, where a judge is tried; nil for those of the theorem.
  var onlyFirst: UInt64?
  /// The one place of the host's page, where a judge is tried; nil for all of them.
  var onlyPlace: Int?
  /// How calls are made; otherwise than by the walker's own only where a judge is tried.
  var calls: any PartitionCalls = WalkersCalls()

  /// Trees of two entries a table.
  var configuration: PartitionConfiguration {
    var configuration = PartitionConfiguration(pageShift: 12, isDD1: isDD1)
    configuration.lastBits = 1
    configuration.middleBits = 1
    // Three frames cross every kind of boundary that there is below the root's.
    configuration.rootBits = frameCount == 3 ? 0 : 1
    return configuration
  }

  /// How many frames the tree translates.
  var frameLimit: UInt64 { 1 << (configuration.addressBits - configuration.pageShift) }

  /// How many frames the call is about.
  var frameCount: UInt64 {
    switch operation {
    case .unmap(let frames), .harvest(let frames): UInt64(frames)
    case .age, .testAge, .flush, .fault: 1
    case .install(let level): 1 << level.levelsBeneath
    case .free: 16
    }
  }

  /// The first frames that a call may be about.
  ///
  /// Where not all are gone through, there is one for each boundary that the call may cross, or one of
  /// each position in tables.
  var firstFrames: [UInt64] {
    if let onlyFirst { return [onlyFirst] }
    return switch operation {
    case .unmap(1): Array(1..<frameLimit - 1)
    case .harvest(1) where !isDD1, .age where !isDD1, .free: Array(0...frameLimit - frameCount)
    case .unmap(2), .harvest(2): [3, 4, 5, 7]
    case .unmap, .harvest(3): [1, 3]
    case .install(0), .harvest, .age, .testAge, .flush: [1, 6, 9, 14]
    case .install:
      Array(stride(from: 0, through: frameLimit - frameCount, by: Int(frameCount)))
    case .fault: [5]
    }
  }

  /// The slot, if the call's frames begin with `first`; leaves may reach beyond it on both sides.
  func slot(first: UInt64) -> GuestSlot {
    let frames: Range<UInt64> =
      switch operation {
      case .unmap(1), .install(0): 1..<frameLimit - 1
      case .unmap, .harvest, .flush: first..<first + frameCount
      case .age, .testAge, .install, .free, .fault: 0..<frameLimit
      }
    return GuestSlot(frames: frames, hostAddress: 0)
  }

  var call: String {
    switch operation {
    case .unmap(let frames): "unmap.\(frames)-frame\(frames == 1 ? "" : "s")"
    case .flush: "flush"
    case .harvest(let frames): "harvest.\(frames)-frame\(frames == 1 ? "" : "s")"
    case .age: "age"
    case .testAge: "test-age"
    case .install(let level): "install.level-\(level)"
    case .free: "free"
    case .fault(let fault): "fault.\(fault.rawValue)"
    }
  }

  /// The theorems that are proved on this scenario's paths.
  var theorems: [Theorem] {
    clauses.map { clause in
      Theorem(
        subject: "partition.\(call)\(isDD1 ? ".dd1" : "")",
        clause: clause,
        actor: call,
        bounds: bounds,
        scale: .small
      )
    }
  }

  private var bounds: String {
    let first = firstFrames
    let isAll = UInt64(first.count) * frameCount >= frameLimit - 2
    let frames =
      isAll
      ? "any of \(frameLimit) frames"
      : "from frame \(first.map { "\($0)" }.joined(separator: ", ")) of \(frameLimit) on"
    return frames + ", four levels of tables with two entries of arbitrary contents"
      + (isDD1 ? ", POWER9 DD1" : "")
      + (hasHardware ? ", hardware that sets bits at any moment" : "")
  }

  /// What some path must go through for the proof to be about anything.
  var intended: Set<String> {
    let leaves: Set = ["leaf at level 0", "leaf at level 1", "leaf at level 2"]
    let hardware: Set = hasHardware ? ["hardware"] : []
    return switch operation {
    case .unmap, .flush: leaves.union(["hole", "log", "hardware"])
    case .harvest: leaves.union(["log"]).union(hardware)
    case .age: leaves.union(["hole", "true", "false"])
    case .testAge: ["hole", "true", "false"]
    case .install(0): ["0", "-EAGAIN", "-ENOMEM", "link", "leaf at level 2"]
    case .install: ["0", "-EAGAIN", "-ENOMEM", "-EBUSY", "link"]
    case .free: ["free", "link taken"]
    case .fault(.elsewhere): ["reflect", "emulate", "failed(-EFAULT)"]
    case .fault(.page): leaves.union(["resume", "failed(-ENOMEM)", "link", "hardware"])
    case .fault(.device): ["resume", "failed(-EFAULT)", "link", "leaf at level 2"]
    case .fault(.record): leaves.union(["resume", "failed(-EFAULT)", "hole", "hardware"])
    }
  }

  /// Whether hardware sets bits meanwhile.
  ///
  /// On a DD1 entries are invalid while they are changed.
  var hasHardware: Bool { !isDD1 && operation != .free }
}

extension GuestSlot {
  /// A slot with a log, of frames behind which the host's memory begins at an address.
  init(frames: Range<UInt64>, hostAddress: UInt64) {
    self.init(
      number: 0,
      firstFrame: frames.lowerBound,
      frameCount: UInt64(frames.count),
      hostAddress: hostAddress,
      hasLog: true
    )
  }
}
