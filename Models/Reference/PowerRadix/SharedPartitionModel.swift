public import Machines

/// What the host and the vCPUs of a guest may rely on when several CPUs keep its partition-scoped tables:
/// what is mapped when nobody is in a call, that pages are let go, and that an access ends.
///
/// What may be in TLBs meanwhile, and what of the dirty log is under way, is the judges' to say.
public struct SharedPartitionModel: Sendable {
  /// What was broken.
  public private(set) var breaches: [SharedPartitionBreach] = []

  /// Nothing was.
  public init() {}

  /// Forgets everything.
  public mutating func reset() { breaches.removeAll(keepingCapacity: true) }

  /// Nobody is in a call.
  ///
  /// - Parameters:
  ///   - mapped: By guest frame, the real address that it leads to; nil for none.
  ///   - backed: By guest frame, the real address of what stands behind it; nil for nothing.
  ///   - pinCount: How many pages are held.
  ///   - invalidationCount: How many invalidations are under way.
  public mutating func rest(
    mapped: [UInt64?],
    backed: [UInt64?],
    pinCount: UInt64,
    invalidationCount: UInt64
  ) {
    for (frame, address) in mapped.enumerated() {
      guard let address, address != backed[frame] else { continue }
      let what = backed[frame].map { "is at \(Self.text($0))" } ?? "is nowhere"
      let cause = backed[frame] == nil ? "/nowhere" : "/elsewhere"
      add(
        .sharedWrongTranslation,
        "frame \(frame) leads to \(Self.text(address)) and \(what)",
        cause
      )
      return
    }
    if pinCount != 0 {
      add(
        .sharedPageHeld,
        "\(Int64(bitPattern: pinCount)) pages are held and nobody is in a call",
        ""
      )
    }
    precondition(invalidationCount == 0, "an invalidation of the host's did not end")
  }

  /// A vCPU's access was made alone: it came to its end after so many faults, or not at all.
  public mutating func accessed(frame: UInt64, afterFaults count: Int, hasSucceeded: Bool) {
    guard !hasSucceeded else { return }
    let faults = "\(count) faults that were handled"
    add(
      .sharedNoProgress,
      "an access to frame \(frame) fails after \(faults), and nobody interfered",
      ""
    )
  }

  /// A fault was handled, or was not, for which there may have been an excuse: no slot, no memory for a table.
  public mutating func handled(frame: UInt64, _ result: Errno, isExcused: Bool) {
    guard result != .ok, !isExcused else { return }
    add(
      .sharedFaultFailed,
      "a fault at frame \(frame) ends with \(result), and there is a slot, and memory for tables",
      "/\(result)"
    )
  }

  private mutating func add(_ rule: Rule, _ message: String, _ cause: String) {
    breaches.append(SharedPartitionBreach(rule: rule, message: message, cause: cause))
  }

  private static func text(_ address: UInt64) -> String { "0x" + String(address, radix: 16) }
}

/// A rule of the model's that was broken.
public struct SharedPartitionBreach: Sendable, Hashable {
  /// Which.
  public let rule: Rule
  /// What happened.
  public let message: String
  /// What tells it from another breach of the same rule; often nothing.
  public let cause: String
}

extension Rule {
  /// What is mapped at rest is what the slot has there now.
  public static let sharedWrongTranslation = Rule(
    "wrong-translation",
    "when nobody is in a call, what is mapped at a frame is the page that its slot has there now",
    oracle: "SharedPartitionModel"
  )

  /// Pages are held by calls alone.
  public static let sharedPageHeld = Rule(
    "page-held",
    "when nobody is in a call, no page is held",
    oracle: "SharedPartitionModel"
  )

  /// Faults lead somewhere.
  public static let sharedNoProgress = Rule(
    "no-progress",
    "a vCPU's access that nobody interferes with succeeds within three faults",
    oracle: "SharedPartitionModel"
  )

  /// Who else keeps the tables is no reason to give a guest up.
  public static let sharedFaultFailed = Rule(
    "fault-failed",
    "a fault in memory that a slot has is handled, or tried again by the guest, whatever others do; only want of"
      + " memory for a table ends it otherwise",
    oracle: "SharedPartitionModel"
  )
}

extension SharedPartitionModel {
  /// The rules that are judged here.
  public static let rules: [Rule] = [
    .sharedWrongTranslation, .sharedPageHeld, .sharedNoProgress, .sharedFaultFailed,
  ]
}
