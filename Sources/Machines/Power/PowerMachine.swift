/// What a walker of Power's tables runs on.
public protocol PowerMachine: TableMachine {
  /// Issues one `tlbie`; it completes at the next `ptesync` after `eieio` and `tlbsync`.
  mutating func invalidate(_ invalidation: RadixInvalidation<W>)
  /// Issues one barrier.
  mutating func barrier(_ barrier: PowerBarrier)
}

/// A barrier instruction of Power, spelled as its manual does.
public enum PowerBarrier: UInt8, Sendable, Hashable, CaseIterable {
  /// `ptesync`: earlier stores are visible to every table walk before anything later is done.
  case ptesync
  /// `eieio`: earlier `tlbie`s come before a later `tlbsync`.
  case eieio
  /// `tlbsync`: a later `ptesync` waits until every CPU has done earlier `tlbie`s.
  case tlbsync
}
