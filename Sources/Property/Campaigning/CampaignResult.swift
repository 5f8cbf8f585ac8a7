/// What a campaign found: a function of seed, shard and the cases covered, however many the threads.
public struct CampaignResult<Statistics: CaseStatistics>: Equatable, Sendable {
  /// The campaign's seed.
  public let seed: Seed
  /// The campaign's shard.
  public let shard: Shard
  /// The indexes covered: a campaign bounded by these covers the same cases, so this is what makes
  /// a verdict reached under a time budget reproducible.
  public internal(set) var covered: Range<UInt64>
  /// How many cases of the shard were run.
  public internal(set) var casesRun: UInt64 = 0
  /// How many of them made no case worth judging.
  public internal(set) var casesDiscarded: UInt64 = 0
  /// What all runs counted.
  public internal(set) var statistics = Statistics()
  /// The first failure of each fingerprint, by case index.
  public internal(set) var failures: [Failure] = []
  /// Cases that did not do the same twice; anything but empty is a fault of the property.
  public internal(set) var nondeterminism: [Nondeterminism] = []
  /// Why the campaign ended.
  public internal(set) var ending: CampaignEnding = .completed

  init(seed: Seed, shard: Shard, start: UInt64) {
    self.seed = seed
    self.shard = shard
    covered = start..<start
  }
}

/// Why a campaign ended.
public enum CampaignEnding: String, Hashable, Sendable {
  /// All cases were run.
  case completed
  /// The caller's stop closure said so.
  case stopped
  /// The interrupt flag was raised.
  case interrupted
  /// As many different failures were found as were asked for.
  case failureLimit
}

/// The cases that fail for one reason.
public struct Failure: Equatable, Sendable {
  /// The lowest index of a case that fails so.
  public let caseIndex: UInt64
  /// What was wrong with it.
  public let violation: CaseViolation
  /// The choices of that case.
  public let choices: [UInt64]
  /// How many cases failed so.
  public internal(set) var occurrences: UInt64 = 1
  /// The simplest case found that fails so; nil where it was not asked for.
  public internal(set) var shrunk: ShrinkResult?
  /// The shortest cases that failed so, which the shrinker starts from besides the first.
  var shortest: [[UInt64]] = []

  /// The simplest choices known to fail so.
  public var simplest: [UInt64] { shrunk?.values ?? choices }
}

/// A case that did not do the same twice.
public struct Nondeterminism: Hashable, Sendable {
  /// The index of the case.
  public let caseIndex: UInt64
  /// What was different, in a line.
  public let difference: String
  /// The choices of the case.
  public let choices: [UInt64]
}

/// How far a campaign has come.
public struct CampaignProgress: Equatable, Sendable {
  /// How many cases were run.
  public let casesRun: UInt64
  /// How many different failures were found.
  public let failures: Int
}
