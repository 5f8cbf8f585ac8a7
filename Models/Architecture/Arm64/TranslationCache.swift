public import Machines

/// A TLB, on each of two CPUs, that holds everything it was ever allowed to cache and was not told
/// to forget: leaves, table entries, and what stages 1 and 2 made of them together.
///
/// What a walk from the root finds may be cached at any moment and needs no note here. Noted are the
/// *stale* entries: valid once, then replaced. A copy of one is forgotten when an invalidation that
/// covers it, issued after a barrier has made the replacement visible, is completed by a barrier. The
/// two CPUs are the one that issues and another one; the first does all the maintenance.
///
/// Reference: Arm ARM DDI 0487 M.b, RRVJDB (everything that holds an entry is a TLB), RFFWJK
/// (TLBs are not coherent with memory), RDDMVT (the sequence), and the TLBI instructions' pages for
/// what each removes. Limits: one VMID, no ASIDs, no contiguous-run merging of translations.
///
/// Complexity: an instruction that names one address looks at what is noted for that address, at
/// most one look-up a level; one for a range or for everything, at what it forgets or the range's
/// units, whichever is less.
public struct TranslationCache: Sendable {
  /// The regime whose translations are cached.
  public let regime: TranslationRegime
  var entries: ContiguousArray<StaleEntry> = []
  var freeSlots: ContiguousArray<Int32> = []
  @usableFromInline var live: ContiguousArray<Int32> = []
  var buckets: ContiguousArray<Int32>
  var chains: ContiguousArray<Int32>
  var queue: ContiguousArray<Int32> = []
  var awaitingStage1: ContiguousArray<Int32> = []
  var countAtLevel = LevelCounts()
  /// When the last barrier made this CPU's stores visible to all walkers, in events.
  public private(set) var lastSharedBarrier = -1
  /// When the last barrier made this CPU's stores visible to its own walker, in events.
  public private(set) var lastLocalBarrier = -1
  /// Which noted table entries a walk may still go by.
  public internal(set) var walkableCount = 0
  /// How many noted entries the caller has undertaken to invalidate.
  public internal(set) var debtCount = 0
  /// How many noted entries are anchored above their own place.
  var detachedCount = 0
  /// How many noted table entries lead to tables that are not empty.
  public internal(set) var populatedCount = 0
  /// Entries that no CPU can use any more, since this was last emptied.
  public var retired: ContiguousArray<StaleEntry> = []
  /// Table pages that a stale entry led to and leads to no longer, since this was last emptied.
  public var releasedTables: ContiguousArray<Int32> = []

  /// An empty TLB for `regime`, with anchors in pages numbered below `pageCount`.
  public init(regime: TranslationRegime, pageCount: Int) {
    self.regime = regime
    buckets = ContiguousArray(repeating: -1, count: pageCount)
    chains = ContiguousArray(repeating: -1, count: 256)
  }

  /// How many stale entries are noted.
  @inlinable public var count: Int { live.count }
  /// Whether nothing stale can be cached.
  @inlinable public var isEmpty: Bool { live.isEmpty }

  /// Forgets everything and starts time again.
  public mutating func reset() {
    removeAll()
    lastSharedBarrier = -1
    lastLocalBarrier = -1
  }

  /// Forgets everything that is stale.
  ///
  /// Complexity: linear in what there is.
  public mutating func removeAll() {
    for id in live {
      let entry = entries[Int(id)]
      if entry.isWalkable { releasedTables.append(entry.tablePage) }
      buckets[Int(entry.bucket)] = -1
      chains[chain(of: key(entry.inputAddress, entry.level))] = -1
    }
    countAtLevel = LevelCounts()
    entries.removeAll(keepingCapacity: true)
    freeSlots.removeAll(keepingCapacity: true)
    live.removeAll(keepingCapacity: true)
    queue.removeAll(keepingCapacity: true)
    awaitingStage1.removeAll(keepingCapacity: true)
    walkableCount = 0
    detachedCount = 0
    populatedCount = 0
    debtCount = 0
  }

  /// Notes that `entry` was replaced.
  ///
  /// A note of the same descriptor at the same place is renewed.
  public mutating func note(_ entry: StaleEntry) {
    var id = chains[chain(of: key(entry.inputAddress, entry.level))]
    while id >= 0 {
      let known = entries[Int(id)]
      if known.raw == entry.raw, known.entryAddress == entry.entryAddress,
        known.level == entry.level, known.anchor == entry.anchor
      {
        var renewed = entry
        renewed.isDebt = entry.isDebt && known.isDebt
        renewed.isPermissionOnly = entry.isPermissionOnly && known.isPermissionOnly
        remove(id)
        insert(renewed)
        return
      }
      id = known.nextInChain
    }
    insert(entry)
  }

  /// Every stale entry, in no meaningful order.
  public var staleEntries: [StaleEntry] { live.map { entries[Int($0)] } }

  /// Some stale entry that a walk through the entry at `entryAddress` (in page `bucket`, which
  /// covers `inputAddress` at `level`) could have used, there or beneath, that satisfies `predicate`.
  public func first(
    through entryAddress: UInt64,
    bucket: Int,
    inputAddress: UInt64,
    level: LookupLevel,
    where predicate: (StaleEntry) -> Bool
  ) -> StaleEntry? {
    var id = chains[chain(of: key(inputAddress, level))]
    while id >= 0 {
      let entry = entries[Int(id)]
      if entry.inputAddress == inputAddress, entry.level == level, predicate(entry) {
        return entry
      }
      id = entry.nextInChain
    }
    guard detachedCount > 0 else { return nil }
    id = buckets[bucket]
    while id >= 0 {
      let entry = entries[Int(id)]
      if entry.anchor == entryAddress, predicate(entry) { return entry }
      id = entry.nextInBucket
    }
    return nil
  }

  /// Notes that the table page numbered `bucket` hangs from the entry at `anchor` no longer.
  ///
  /// What is stale in the page is replaced at that entry, of page `parent`; no debt outlives that.
  public mutating func reanchor(bucket: Int, to anchor: UInt64, in parent: Int) {
    var id = buckets[bucket]
    while id >= 0 {
      let next = entries[Int(id)].nextInBucket
      leaveBucket(id)
      if !entries[Int(id)].isDetached { detachedCount += 1 }
      entries[Int(id)].anchor = anchor
      entries[Int(id)].bucket = Int32(parent)
      enterBucket(id)
      promote(id)
      id = next
    }
  }

  /// Ends the debts at `inputAddress` and `level`: their entry has changed in more than permissions.
  public mutating func promoteDebts(at inputAddress: UInt64, level: LookupLevel) {
    guard debtCount > 0 else { return }
    var id = chains[chain(of: key(inputAddress, level))]
    while id >= 0 {
      let entry = entries[Int(id)]
      if entry.inputAddress == inputAddress, entry.level == level { promote(id) }
      id = entry.nextInChain
    }
  }

  private mutating func promote(_ id: Int32) {
    entries[Int(id)].isPermissionOnly = false
    if entries[Int(id)].isDebt {
      entries[Int(id)].isDebt = false
      debtCount -= 1
    }
  }

  /// Forgets what equals `raw` at that place: the entry holds it again.
  public mutating func forget(
    _ raw: UInt64,
    at inputAddress: UInt64,
    level: LookupLevel,
    entryAddress: UInt64
  ) {
    var id = chains[chain(of: key(inputAddress, level))]
    while id >= 0 {
      let entry = entries[Int(id)]
      let next = entry.nextInChain
      if entry.raw == raw, entry.entryAddress == entryAddress, entry.level == level,
        entry.anchor == entryAddress
      {
        remove(id)
      }
      id = next
    }
  }

  /// Records a barrier at time `now`, in events.
  public mutating func barrier(_ barrier: Barrier, at now: Int) {
    switch barrier {
    case .dsbISH:
      lastSharedBarrier = now
      lastLocalBarrier = now
      if !queue.isEmpty { complete(remote: true) }
    case .dsbISHST:
      lastSharedBarrier = now
      lastLocalBarrier = now
    case .dsbNSH:
      lastLocalBarrier = now
      if !queue.isEmpty { complete(remote: false) }
    case .dsbNSHST: lastLocalBarrier = now
    case .dmbISHST, .isb: break
    }
  }
}
