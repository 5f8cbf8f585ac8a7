import Architecture
import Machines

extension Judges {
  /// Zeroed pages were handed out; the first ones since the reset are the root.
  mutating func allocate(_ address: UInt64, pageCount: Int, level: LookupLevel) {
    let first = memory.page(of: address)
    guard first < memory.capacity, first + pageCount <= memory.capacity else { return }
    let isRoot = lifetime.root == nil
    if isRoot {
      lifetime.root = address
      barriers.noteRoot(at: findings.now)
      lifetime.judgeRoot(address, pageCount: pageCount, regime, &findings)
    }
    let level = isRoot ? regime.startLevel : min(max(level, 0), .last)
    let parentSize = regime.entrySizeInBytes(at: level) << regime.granule.bitsPerLevel
    for number in 0..<pageCount {
      let page = first + number
      pages[page] = PageShadow()
      pages[page].station = .live
      pages[page].count = 1
      pages[page].level = level
      pages[page].isRoot = isRoot
      pages[page].isLinked = isRoot
      pages[page].wasLinked = isRoot
      pages[page].inputAddress = UInt64(number) &* parentSize
      pages[page].writtenAt = findings.now
    }
    lifetime.usedPageCount = max(lifetime.usedPageCount, first + pageCount)
    lifetime.liveCount += pageCount
    if isRoot { lifetime.linkedCount += pageCount }
  }

  /// A page's count rose, or with a negative amount fell.
  mutating func changeCount(_ address: UInt64, by amount: Int) {
    let page = memory.page(of: address)
    guard page < memory.capacity, pages[page].station == .live else {
      TableLifetime.judgeCount(address, pages, memory, &findings)
      return
    }
    pages[page].count &+= Int32(truncatingIfNeeded: amount)
    counts.update(&pages[page])
  }

  /// A page's count fell to `remaining`; it is free if that is 0.
  mutating func free(_ address: UInt64, ifCountIs remaining: Int) {
    let page = memory.page(of: address)
    guard page < memory.capacity, pages[page].station == .live else { return }
    if remaining < 0 { TableLifetime.convictBelowZero(pages[page], address, &findings) }
    if remaining <= 0 { free(page) }
  }

  /// A root's pages were freed.
  mutating func freeRoot(_ address: UInt64, pageCount: Int) {
    lifetime.judgeFreeRoot(address, pageCount: pageCount, regime, &findings)
    let first = memory.page(of: address)
    guard first < memory.capacity else { return }
    for page in first..<min(first + pageCount, memory.capacity) {
      if pages[page].station == .live {
        free(page)
      } else {
        TableLifetime.judgeCount(memory.address(of: page), pages, memory, &findings)
      }
    }
  }

  /// A table was given away, with what hangs from it, to be freed later.
  mutating func deferFree(_ address: UInt64) {
    let page = memory.page(of: address)
    guard page < memory.capacity, pages[page].station == .live else {
      TableLifetime.judgeCount(address, pages, memory, &findings)
      return
    }
    if pages[page].isDeferred { TableLifetime.convictDeferTwice(pages[page], address, &findings) }
    if pages[page].isLinked { TableLifetime.convictDeferLinked(pages[page], address, &findings) }
    markDeferred(page)
  }

  private mutating func markDeferred(_ page: Int) {
    if !pages[page].isDeferred {
      pages[page].isDeferred = true
      lifetime.deferredCount += 1
    }
    var child = pages[page].firstChild
    while child >= 0 {
      markDeferred(Int(child))
      child = pages[Int(child)].nextSibling
    }
  }

  private mutating func free(_ page: Int) {
    // Where stores are not reported, what led to the page shows when the call is over.
    if !contract.isDestroy, !adoptsTables {
      if pages[page].isLinked {
        TableLifetime.convictFreeLinked(pages[page], memory.address(of: page), &findings)
      } else if cache.walkableCount > 0, let top = walkableTop(of: page) {
        let entry = staleEntry(leadingTo: top)
        TableLifetime.convictFreeWalkable(pages[page], memory.address(of: page), entry, &findings)
      } else if contract.sharesTables {
        locks.judgeFree(pages[page], memory.address(of: page), &findings)
      }
    }
    pages[page].station = .freed
    lifetime.liveCount -= 1
    if pages[page].isDeferred {
      pages[page].isDeferred = false
      lifetime.deferredCount -= 1
    }
    if pages[page].isLinked {
      pages[page].isLinked = false
      lifetime.linkedCount -= 1
    }
    counts.update(&pages[page])
  }

  /// A stale table entry that still leads to `page`, of several the oldest.
  private func staleEntry(leadingTo page: Int) -> StaleEntry? {
    let leading = cache.staleEntries.filter { Int($0.tablePage) == page && $0.isWalkable }
    return leading.min { $0.brokenAt < $1.brokenAt }
  }
}
