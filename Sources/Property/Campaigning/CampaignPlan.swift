/// Which cases a campaign runs, and how; the verdict is a function of the plan and the property.
public struct CampaignPlan: Equatable, Sendable {
  /// The seed of all cases.
  public var seed: Seed
  /// The indexes of the campaign's cases, over all shards.
  public var cases: Range<UInt64>
  /// Which share of them this process runs.
  public var shard = Shard.whole
  /// How many consecutive cases of the shard are run between two looks at the stop closure.
  public var batchSize: UInt64 = 64
  /// How many different failures end the campaign, at the end of the batch; nil for no end.
  ///
  /// Each one is kept in memory.
  public var failureLimit: Int? = 16
  /// Cases whose index this divides are run twice and compared; nil for none.
  public var selfCheckInterval: UInt64? = 1024
  /// How many choices a case may record.
  public var choiceLimit = Choices.defaultLimit
  /// How many runs shrinking one failure may take; 0 to leave failures as they were found.
  public var shrinkBudget = 20_000

  /// Plans the cases of a seed, with everything else as it is by default.
  public init(seed: Seed, cases: Range<UInt64>) {
    self.seed = seed
    self.cases = cases
  }

  var shardCases: ShardCases { shard.cases(in: cases) }

  var batchCount: UInt64 {
    let count = shardCases.endIndex
    return count == 0 ? 0 : (count - 1) / batchSize + 1
  }
}
