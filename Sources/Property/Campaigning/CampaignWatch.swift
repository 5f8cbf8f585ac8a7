/// What a campaign looks at and tells between any two runs of a case, on whichever thread runs them.
public struct CampaignWatch: Sendable {
  /// Whether to begin no run any more, neither of a case nor of one that is shrunk.
  ///
  /// Once it said so it must go on to, until the search, or the shrinking, is over.
  public var isOver: @Sendable () -> Bool
  /// Told of each failing case the moment it has failed, in no order, and once more of a failure when
  /// it is shrunk.
  public var found: @Sendable (Failure) -> Void
  /// Told of each case that did not do the same twice the moment it is seen, in no order.
  public var differed: @Sendable (Nondeterminism) -> Void

  /// Watches; by default nothing ends a campaign early, and nobody is told.
  public init(
    isOver: @escaping @Sendable () -> Bool = { false },
    found: @escaping @Sendable (Failure) -> Void = { _ in },
    differed: @escaping @Sendable (Nondeterminism) -> Void = { _ in }
  ) {
    self.isOver = isOver
    self.found = found
    self.differed = differed
  }

  /// The same, ended by a flag too.
  func endedBy(_ flag: InterruptFlag) -> CampaignWatch {
    CampaignWatch(
      isOver: { [isOver] in flag.isRaised || isOver() },
      found: found,
      differed: differed
    )
  }
}
