public import Machines

/// What a TLB and a page-walk cache may still hold of partition-scoped entries that were changed.
///
/// A valid entry may be cached at any moment, so whatever it was before a change is here until it is
/// certainly gone: `ptesync`, a `tlbie` that names it, `eieio`, `tlbsync`, `ptesync`. Reference: Power
/// ISA 3.0B, Book III, "Translation Table Update Synchronization Requirements".
public struct RadixCache: Sendable {
  /// How far the removal of an entry is.
  public enum Stage: Sendable, Hashable {
    /// The change may not be visible to walks yet.
    case changed
    /// Walks see the change.
    case ordered
    /// A `tlbie` was issued, then `eieio`, then `tlbsync`.
    case issued, separated, synchronised
  }

  /// An entry that was changed.
  public struct Entry: Sendable, Hashable {
    /// The real address of its doubleword.
    public let place: UInt64
    /// What it was.
    public let old: UInt64
    /// The first guest real address it translates, or leads to tables for.
    public let base: UInt64
    /// The base-2 logarithm of how many bytes.
    public let shift: UInt64
    /// How far its removal is.
    public internal(set) var stage = Stage.changed

    /// It was a leaf, and is in a TLB; otherwise it is in the page-walk cache.
    public var isLeaf: Bool { RadixField.leaf.value(in: old) == 1 }
    /// The table it led to.
    public var child: UInt64 { old & RadixField.nextBase.mask }
    /// Whether it is about a byte of a range.
    public func overlaps(_ base: UInt64, shift: UInt64) -> Bool {
      self.base >> max(shift, self.shift) == base >> max(shift, self.shift)
    }
  }

  /// What may be held, in the order of the changes.
  public private(set) var entries: [Entry] = []
  private let partition: UInt64

  /// Nothing, of a partition.
  public init(partition: UInt64) { self.partition = partition }

  /// Forgets everything.
  public mutating func reset() { entries.removeAll(keepingCapacity: true) }

  /// Takes note that a valid entry was changed.
  public mutating func keep(_ old: UInt64, at place: UInt64, base: UInt64, shift: UInt64) {
    entries.removeAll { $0.place == place && $0.old == old }
    entries.append(Entry(place: place, old: old, base: base, shift: shift))
  }

  /// Takes note of a `tlbie`.
  /// - Returns: An entry that it would have removed, had the change been ordered by `ptesync` before.
  public mutating func invalidate(_ invalidation: RadixInvalidation<UInt64>) -> Entry? {
    guard let operand = RadixOperand(invalidation, ofPartition: partition) else { return nil }
    var tooEarly: Entry?
    for index in entries.indices {
      let entry = entries[index]
      let isDropped =
        entry.isLeaf
        ? operand.drops(leafAt: entry.base, shift: entry.shift) : operand.dropsDirectories
      guard isDropped else { continue }
      if entry.stage == .changed {
        tooEarly = tooEarly ?? entry
      } else if entry.stage == .ordered {
        entries[index].stage = .issued
      }
    }
    return tooEarly
  }

  /// Takes note of a barrier.
  public mutating func barrier(_ barrier: PowerBarrier) {
    switch barrier {
    case .eieio: advance(.issued, to: .separated)
    case .tlbsync: advance(.separated, to: .synchronised)
    case .ptesync:
      entries.removeAll { $0.stage == .synchronised }
      advance(.changed, to: .ordered)
    }
  }

  private mutating func advance(_ stage: Stage, to next: Stage) {
    for index in entries.indices where entries[index].stage == stage { entries[index].stage = next }
  }
}
