import Synchronization

/// Raised, from any thread, to end a campaign early but in good order.
///
/// Batches already begun are finished, so that what was found is kept and the result is that of a
/// campaign of fewer cases.
public final class InterruptFlag: Sendable {
  private let state = Atomic<Bool>(false)

  /// Makes a flag that is down.
  public init() {}

  /// Whether it was raised.
  public var isRaised: Bool { state.load(ordering: .relaxed) }

  /// Raises it, for good.
  public func raise() {
    state.store(true, ordering: .relaxed)
  }
}
