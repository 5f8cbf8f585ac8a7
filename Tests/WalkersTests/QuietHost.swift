import Machines
import Walkers

/// A host that knows nothing, beside which nobody runs, and that keeps what is logged;
/// for what is done under the lock.
struct QuietHost<M: PowerMachine>: PartitionHost {
  /// Whether there was an invalidation, so that whoever asks has to try again.
  var hasChanged: Bool
  /// What waits in the slot's own log, by the number of the word.
  private(set) var marked: [Int: UInt64] = [:]
  /// What harvests handed out, by the number of the word.
  var reported: [Int: UInt64] = [:]

  /// A host with an empty log.
  init(hasChanged: Bool = false) { self.hasChanged = hasChanged }

  /// Sets bits of the slot's own log.
  mutating func mark(_ bits: UInt64, slot: Int, word: Int) {
    marked[word, default: 0] |= bits
  }
  /// Takes a word of the slot's own log.
  mutating func take(slot: Int, word: Int) -> UInt64 {
    marked.removeValue(forKey: word) ?? 0
  }
  /// Sets bits of what is handed out.
  mutating func report(_ bits: UInt64, slot: Int, word: Int) {
    reported[word, default: 0] |= bits
  }
  /// Always 0.
  func invalidationCount(on machine: inout M) -> UInt64 { 0 }
  /// None.
  func slot(holding frame: UInt64, on machine: inout M) -> GuestSlot? { nil }
  /// None.
  func pin(_ address: UInt64, forWrite: Bool, on machine: inout M) -> HostPage? { nil }
  /// Nothing to do.
  func unpin(_ page: HostPage) {}
  /// None.
  func device(at address: UInt64, on machine: inout M) -> HostDevice? { nil }
  /// None.
  func entry(at address: UInt64, on machine: inout M) -> HostEntry? { nil }
  /// Nothing to do.
  func setDirty(_ page: HostPage) {}
  /// Nothing to do.
  func lock(on machine: inout M) {}
  /// Nothing to do.
  func unlock(on machine: inout M) {}
  /// What it was made to say.
  func mustRetry(since count: UInt64) -> Bool { hasChanged }
  /// Nothing to do.
  func countInvalidation() {}
}
