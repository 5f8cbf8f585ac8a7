/// One of several equal shares of a campaign.
///
/// Its cases are those whose index leaves `index` when divided by `count`: any case belongs to
/// exactly one shard, and shards share nothing.
public struct Shard: Hashable, Sendable {
  /// Which share, from 0.
  public let index: UInt64
  /// How many shares there are.
  public let count: UInt64

  /// All cases.
  public static let whole = Shard(unchecked: 0, of: 1)

  /// The share, if there is such a one.
  public init?(index: UInt64, of count: UInt64) {
    guard index < count else { return nil }
    self.init(unchecked: index, of: count)
  }

  private init(unchecked index: UInt64, of count: UInt64) {
    self.index = index
    self.count = count
  }

  /// The indexes of this share's cases in a range, in order.
  public func cases(in range: Range<UInt64>) -> ShardCases {
    ShardCases(shard: self, range: range)
  }
}

/// The cases of one shard, addressed by position without counting through them.
public struct ShardCases: RandomAccessCollection, Sendable {
  /// The position of the first case.
  public let startIndex: UInt64 = 0
  /// How many cases there are.
  public let endIndex: UInt64
  private let first: UInt64
  private let step: UInt64

  init(shard: Shard, range: Range<UInt64>) {
    step = shard.count
    let remainder = range.lowerBound % step
    let gap = shard.index >= remainder ? shard.index - remainder : step - remainder + shard.index
    let (first, overflows) = range.lowerBound.addingReportingOverflow(gap)
    self.first = first
    endIndex =
      overflows || first >= range.upperBound ? 0 : (range.upperBound - first - 1) / step + 1
  }

  /// The index, in the campaign, of the case at a position of the shard.
  public subscript(position: UInt64) -> UInt64 { first + position * step }

  /// The position after.
  public func index(after position: UInt64) -> UInt64 { position + 1 }

  /// The position before.
  public func index(before position: UInt64) -> UInt64 { position - 1 }

  /// The position so many further.
  public func index(_ position: UInt64, offsetBy distance: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: Int64(truncatingIfNeeded: position) + Int64(distance))
  }

  /// How far apart two positions are.
  public func distance(from start: UInt64, to end: UInt64) -> Int {
    Int(truncatingIfNeeded: end &- start)
  }
}
