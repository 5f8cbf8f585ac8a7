public import Machines

/// A descriptor that was valid, is so no longer, and may still be in some TLB.
public struct StaleEntry: Sendable {
  /// How far the invalidation of one CPU's copies has come.
  public enum Phase: UInt8, Sendable, Comparable {
    /// May be used; nothing that covers it was issued.
    case cached
    /// A stage-2 invalidation that covers it was issued, and has not completed.
    case issued
    /// An invalidation of both stages that covers it was issued, and has not completed.
    case wholeIssued
    /// Gone from stage 2; what stages 1 and 2 made of it together may still be used.
    case combined
    /// An invalidation of what is left was issued, and has not completed.
    case combinedIssued
    /// Cannot be used.
    case gone

    /// Nearer to being usable.
    public static func < (a: Phase, b: Phase) -> Bool { a.rawValue < b.rawValue }
  }

  /// What was tried and did not help, for the explanation.
  public struct Attempts: OptionSet, Sendable {
    /// The attempts, one bit each.
    public let rawValue: UInt8
    /// The attempts with these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// An invalidation was issued before a barrier made the change visible.
    public static let tooEarly = Attempts(rawValue: 1)
    /// An invalidation reached the issuing CPU only.
    public static let local = Attempts(rawValue: 2)
    /// An invalidation promised that the leaf is at another level.
    public static let wrongLevel = Attempts(rawValue: 4)
    /// An invalidation spared table entries.
    public static let lastLevelOnly = Attempts(rawValue: 8)
    /// Stage 1 was invalidated before the invalidation of stage 2 had completed.
    public static let combinedTooEarly = Attempts(rawValue: 16)
  }

  /// The first byte of the input range that it translated.
  public var inputAddress: UInt64
  /// The descriptor.
  public var raw: UInt64
  /// The physical address of its eight bytes.
  public var entryAddress: UInt64
  /// The entry that replaced it for a walk from the root: its own, or the entry above from which
  /// its table was detached.
  public var anchor: UInt64
  /// The level of the lookup that read it.
  public var level: LookupLevel
  /// What it was.
  public var kind: EntryKind
  /// When it was replaced, in events.
  public var brokenAt: Int
  /// The state of the issuing CPU's copies.
  public var issuerPhase: Phase = .cached
  /// The state of every other CPU's copies.
  public var remotePhase: Phase = .cached
  /// What was tried and did not help.
  public var attempts: Attempts = []
  /// Whether the caller has undertaken to invalidate it.
  public var isDebt: Bool
  /// Whether its replacement differs in permissions or access flag alone.
  public var isPermissionOnly: Bool
  /// Whether translations made from it may survive an invalidation of stage 2 alone.
  public var hasCombinedCopies: Bool
  /// The table page it led to, by number; -1 for a leaf.
  public var tablePage: Int32
  /// The page of its anchor, by number.
  var bucket: Int32
  var nextInBucket: Int32 = -1
  var previousInBucket: Int32 = -1
  var nextInChain: Int32 = -1
  var previousInChain: Int32 = -1
  var positionInLive: Int32 = -1
  var isQueued = false
  var isLive = true

  /// A stale entry of which nothing has been invalidated yet.
  public init(
    inputAddress: UInt64,
    raw: UInt64,
    entryAddress: UInt64,
    anchor: UInt64,
    bucket: Int,
    level: LookupLevel,
    kind: EntryKind,
    brokenAt: Int,
    isDebt: Bool,
    isPermissionOnly: Bool,
    hasCombinedCopies: Bool,
    tablePage: Int?
  ) {
    self.inputAddress = inputAddress
    self.raw = raw
    self.entryAddress = entryAddress
    self.anchor = anchor
    self.level = level
    self.kind = kind
    self.brokenAt = brokenAt
    self.isDebt = isDebt
    self.isPermissionOnly = isPermissionOnly
    self.hasCombinedCopies = hasCombinedCopies
    self.tablePage = tablePage.map { Int32($0) } ?? -1
    self.bucket = Int32(bucket)
  }

  /// Whether it is a table descriptor by which a walk may still reach the table it led to.
  public var isWalkable: Bool {
    tablePage >= 0 && (issuerPhase < .combined || remotePhase < .combined)
  }

  /// Whether its table hangs off the tree no longer.
  var isDetached: Bool { anchor != entryAddress }

  /// Whether it led to a table that had valid entries.
  public var isPopulatedTable: Bool { tablePage >= 0 && hasCombinedCopies }

  /// Why it may still be used, in plain words.
  public var explanation: String {
    switch min(issuerPhase, remotePhase) {
    case .cached where attempts.contains(.tooEarly):
      "was invalidated before a barrier had made the change visible"
    case .cached where attempts.contains(.wrongLevel):
      "was invalidated with a level hint that excludes it"
    case .cached where attempts.contains(.lastLevelOnly):
      "was invalidated by a last-level form, which spares table entries"
    case .cached where attempts.contains(.local):
      "was invalidated on the issuing CPU only"
    case .cached: "was not invalidated"
    case .issued, .wholeIssued: "was invalidated, but no dsb ish has completed the invalidation"
    case .combined where attempts.contains(.combinedTooEarly):
      "survives in combined stage 1 and 2 entries: vmalle1is came before a dsb ish had completed the"
        + " invalidation of stage 2"
    case .combined: "survives in combined stage 1 and 2 entries, which were not invalidated"
    case .combinedIssued: "was invalidated, but no dsb ish has completed the last invalidation"
    case .gone: "is gone"
    }
  }

  /// A word for why it may still be used, the same for every instance of a fault.
  public var cause: String {
    switch min(issuerPhase, remotePhase) {
    case .cached where attempts.contains(.tooEarly): "too-early"
    case .cached where attempts.contains(.wrongLevel): "wrong-level"
    case .cached where attempts.contains(.lastLevelOnly): "last-level-only"
    case .cached where attempts.contains(.local): "local-only"
    case .cached: "not-invalidated"
    case .issued, .wholeIssued, .combinedIssued: "not-completed"
    case .combined: "combined-kept"
    case .gone: "gone"
    }
  }
}
