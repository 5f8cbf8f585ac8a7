public import Machines

/// What the TLBs and page-walk caches of several CPUs may hold of partition-scoped entries that memory no
/// longer has: everything that they were ever allowed to cache and were not told to forget, whoever
/// changed it and whoever tells them.
///
/// What a walk from the root finds may be cached by any CPU at any moment, and needs no note. What was
/// replaced goes from all CPUs at once: when it was visible to walks, by a `ptesync` of who replaced it or
/// has seen that, and one CPU then issues a `tlbie` that names it, `eieio`, `tlbsync` and `ptesync`.
///
/// Reference: Power ISA 3.0B, Book III, "Translation Table Update Synchronization Requirements". As
/// `RadixCache`, which knows one CPU that does all maintenance, and tables of POWER9's sizes. Limits: up to
/// 16 CPUs; a level is known by the page size that a `tlbie` names.
public struct SharedRadixCache: Sendable {
  /// An entry that was replaced.
  public struct Stale: Sendable {
    /// The address of its eight bytes.
    public var place: UInt64
    /// What it was.
    public var old: UInt64
    /// The first guest real address that it translates, or leads to tables for.
    public var base: UInt64
    /// The level of its table, 3 to 0.
    public var level: RadixLevel
    /// Who replaced it.
    public var breaker: Int
    /// When, in events.
    public var brokenAt: Int
    /// Whether its replacement differs in reference and change alone.
    public var isChangeOnly: Bool
    /// Who knows of the replacement, and whether walks are sure to see it.
    var observers: UInt16
    var isOrdered = false
    /// By who issued a `tlbie` of it, how far that is.
    var issued: UInt16 = 0
    var separated: UInt16 = 0
    var synchronised: UInt16 = 0

    /// An entry of which nothing was invalidated yet.
    public init(
      place: UInt64,
      old: UInt64,
      base: UInt64,
      level: RadixLevel,
      breaker: Int,
      brokenAt: Int,
      isChangeOnly: Bool
    ) {
      self.place = place
      self.old = old
      self.base = base
      self.level = level
      self.breaker = breaker
      self.brokenAt = brokenAt
      self.isChangeOnly = isChangeOnly
      observers = 1 << UInt16(breaker)
    }

    /// It was a leaf, and is in TLBs; otherwise it is in page-walk caches.
    public var isLeaf: Bool { RadixField.isLeaf(old) }
    /// The real address of the table that it led to.
    public var child: UInt64 { old & RadixField.nextBase.mask }
  }

  /// Everything that some CPU may still hold.
  public private(set) var entries: [Stale] = []
  private let partition: UInt64

  /// Caches that hold nothing stale, of a partition.
  public init(partition: UInt64) { self.partition = partition }

  /// Forgets everything.
  public mutating func reset() { entries.removeAll(keepingCapacity: true) }

  /// An entry was replaced.
  public mutating func note(_ entry: Stale) { entries.append(entry) }

  /// A CPU has read an entry, and so knows of its replacement.
  public mutating func observe(_ place: UInt64, by cpu: Int) {
    for index in entries.indices where entries[index].place == place {
      entries[index].observers |= 1 << UInt16(cpu)
    }
  }

  /// One `tlbie` of a CPU's.
  public mutating func invalidate(_ invalidation: RadixInvalidation<UInt64>, by cpu: Int) {
    guard let operand = RadixOperand(invalidation, ofPartition: partition) else { return }
    for index in entries.indices where entries[index].isOrdered && drops(operand, entries[index]) {
      entries[index].issued |= 1 << UInt16(cpu)
    }
  }

  /// Whether an entry is certainly removed: the size has to be that of its level, the address its first.
  private func drops(_ operand: RadixOperand, _ entry: Stale) -> Bool {
    guard entry.isLeaf else { return operand.dropsDirectories }
    guard operand.dropsTranslations else { return false }
    switch operand.selection {
    case .page(let address, let size):
      return SharedRadixCache.level(of: size) == entry.level && address == entry.base
    case .all: return true
    case .other: return false
    }
  }

  /// The level whose leaves have a page size in TLB maintenance.
  private static func level(of size: RadixPageSize) -> RadixLevel {
    switch size {
    case .size4K, .size64K: 0
    case .size2M: 1
    case .size1G: 2
    }
  }

  /// A barrier of a CPU's.
  public mutating func barrier(_ barrier: PowerBarrier, by cpu: Int) {
    let own: UInt16 = 1 << UInt16(cpu)
    switch barrier {
    case .eieio:
      for index in entries.indices { entries[index].separated |= entries[index].issued & own }
    case .tlbsync:
      for index in entries.indices {
        entries[index].synchronised |= entries[index].separated & own
      }
    case .ptesync:
      entries.removeAll { $0.synchronised & own != 0 }
      for index in entries.indices where entries[index].observers & own != 0 {
        entries[index].isOrdered = true
      }
    }
  }
}
