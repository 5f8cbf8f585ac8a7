/// A host that knows nothing, beside which nobody runs, and that keeps what is logged; for proofs and
/// tests of what is done under the lock.
public struct QuietHost<M: PowerMachine>: PartitionHost {
  /// Whether there was an invalidation, so that whoever asks has to try again.
  public var hasChanged: Bool
  /// What waits in the slot's own log, by the number of the word.
  public private(set) var marked: [Int: UInt64] = [:]
  /// What harvests handed out, by the number of the word.
  public var reported: [Int: UInt64] = [:]

  /// A host with an empty log.
  public init(hasChanged: Bool = false) { self.hasChanged = hasChanged }

  /// Sets bits of the slot's own log.
  public mutating func mark(_ bits: UInt64, slot: Int, word: Int) {
    marked[word, default: 0] |= bits
  }
  /// Takes a word of the slot's own log.
  public mutating func take(slot: Int, word: Int) -> UInt64 {
    marked.removeValue(forKey: word) ?? 0
  }
  /// Sets bits of what is handed out.
  public mutating func report(_ bits: UInt64, slot: Int, word: Int) {
    reported[word, default: 0] |= bits
  }
  /// Always 0.
  public func invalidationCount(on machine: inout M) -> UInt64 { 0 }
  /// None.
  public func slot(holding frame: UInt64, on machine: inout M) -> GuestSlot? { nil }
  /// None.
  public func pin(_ address: UInt64, forWrite: Bool, on machine: inout M) -> HostPage? { nil }
  /// Nothing to do.
  public func unpin(_ page: HostPage) {}
  /// None.
  public func device(at address: UInt64, on machine: inout M) -> HostDevice? { nil }
  /// None.
  public func entry(at address: UInt64, on machine: inout M) -> HostEntry? { nil }
  /// Nothing to do.
  public func setDirty(_ page: HostPage) {}
  /// Nothing to do.
  public func lock(on machine: inout M) {}
  /// Nothing to do.
  public func unlock(on machine: inout M) {}
  /// What it was made to say.
  public func mustRetry(since count: UInt64) -> Bool { hasChanged }
  /// Nothing to do.
  public func countInvalidation() {}
}
