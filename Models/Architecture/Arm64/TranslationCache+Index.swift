import Machines

// Where the entries are kept: in slots, and in lists by place and by the page of their anchor.

extension TranslationCache {
  /// A number for a place: the address is a multiple of the granule, so the level fits below it.
  func key(_ inputAddress: UInt64, _ level: LookupLevel) -> UInt64 {
    inputAddress | UInt64(truncatingIfNeeded: level.number)
  }

  func chain(of key: UInt64) -> Int {
    let mixed = key &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: (mixed >> 32) & UInt64(chains.count &- 1))
  }

  mutating func insert(_ entry: StaleEntry) {
    if live.count >= 2 * chains.count { growChains() }
    let id: Int32
    if let slot = freeSlots.popLast() {
      id = slot
      entries[Int(id)] = entry
    } else {
      id = Int32(entries.count)
      entries.append(entry)
    }
    entries[Int(id)].positionInLive = Int32(live.count)
    live.append(id)
    enterChain(id)
    enterBucket(id)
    countAtLevel[entry.level] += 1
    if entry.isDebt { debtCount += 1 }
    if entry.isDetached { detachedCount += 1 }
    if entry.isPopulatedTable { populatedCount += 1 }
    if entry.isWalkable { walkableCount += 1 }
  }

  mutating func remove(_ id: Int32) {
    leaveChain(id)
    leaveBucket(id)
    let entry = entries[Int(id)]
    let moved = live.removeLast()
    if moved != id {
      live[Int(entry.positionInLive)] = moved
      entries[Int(moved)].positionInLive = entry.positionInLive
    }
    countAtLevel[entry.level] -= 1
    if entry.isDebt { debtCount -= 1 }
    if entry.isDetached { detachedCount -= 1 }
    if entry.isPopulatedTable { populatedCount -= 1 }
    if entry.isWalkable { releaseTable(entry.tablePage) }
    entries[Int(id)].isLive = false
    if !entry.isQueued { freeSlots.append(id) }
  }

  mutating func releaseTable(_ page: Int32) {
    walkableCount -= 1
    releasedTables.append(page)
  }

  private mutating func growChains() {
    chains = ContiguousArray(repeating: -1, count: 4 * chains.count)
    for id in live { enterChain(id) }
  }

  mutating func enterChain(_ id: Int32) {
    let entry = entries[Int(id)]
    let chain = chain(of: key(entry.inputAddress, entry.level))
    let next = chains[chain]
    entries[Int(id)].nextInChain = next
    entries[Int(id)].previousInChain = -1
    if next >= 0 { entries[Int(next)].previousInChain = id }
    chains[chain] = id
  }

  mutating func leaveChain(_ id: Int32) {
    let entry = entries[Int(id)]
    let (next, previous) = (entry.nextInChain, entry.previousInChain)
    if next >= 0 { entries[Int(next)].previousInChain = previous }
    if previous >= 0 {
      entries[Int(previous)].nextInChain = next
    } else {
      chains[chain(of: key(entry.inputAddress, entry.level))] = next
    }
  }

  mutating func enterBucket(_ id: Int32) {
    let bucket = Int(entries[Int(id)].bucket)
    let next = buckets[bucket]
    entries[Int(id)].nextInBucket = next
    entries[Int(id)].previousInBucket = -1
    if next >= 0 { entries[Int(next)].previousInBucket = id }
    buckets[bucket] = id
  }

  mutating func leaveBucket(_ id: Int32) {
    let entry = entries[Int(id)]
    let (next, previous) = (entry.nextInBucket, entry.previousInBucket)
    if next >= 0 { entries[Int(next)].previousInBucket = previous }
    if previous >= 0 {
      entries[Int(previous)].nextInBucket = next
    } else {
      buckets[Int(entry.bucket)] = next
    }
  }
}

/// Four counters, one a level.
struct LevelCounts: Sendable {
  private var counts: (Int, Int, Int, Int) = (0, 0, 0, 0)
  subscript(level: LookupLevel) -> Int {
    get {
      switch level.number {
      case 0: counts.0
      case 1: counts.1
      case 2: counts.2
      default: counts.3
      }
    }
    set {
      switch level.number {
      case 0: counts.0 = newValue
      case 1: counts.1 = newValue
      case 2: counts.2 = newValue
      default: counts.3 = newValue
      }
    }
  }
}
