import Architecture
import Machines

// Which page hangs where: kept as entries come and go, so that a walk is never needed.

extension Judges {
  /// A table entry was written: its table hangs there.
  mutating func link(_ change: EntryChange) {
    let address = change.newTable(regime)
    let child = memory.page(of: address)
    guard child < memory.capacity, pages[child].station == .live, !pages[child].isDeferred else {
      TableLifetime.convictLink(
        to: address,
        at: change.place,
        detail: change.transition,
        &findings
      )
      return
    }
    if pages[child].isLinked {
      TableLifetime.convictSecondLink(change, to: address, &findings)
      return
    }
    leaveSiblings(child)
    let next = pages[change.page].firstChild
    pages[child].nextSibling = next
    pages[child].previousSibling = -1
    if next >= 0 { pages[Int(next)].previousSibling = Int32(child) }
    pages[change.page].firstChild = Int32(child)
    pages[child].parent = Int32(change.page)
    pages[child].parentEntry = change.address
    let isLinked = pages[change.page].isLinked
    if let level = change.level.next { place(child, change.inputAddress, level, isLinked) }
  }

  /// A table entry was replaced: its table hangs there no longer.
  mutating func unlink(_ change: EntryChange, anchor: UInt64?) {
    guard let child = change.oldTable(regime, in: memory),
      pages[child].parentEntry == change.address
    else { return }
    leaveSiblings(child)
    if contract.cleansUnmapped, pages[child].validCount > 0, anchor != nil {
      forEachValidEntry(beneath: child) { judges, page, _, raw, kind in
        guard kind.isLeaf else { return }
        judges.maintenance.noteUnmap(raw, at: judges.pages[page].level)
        judges.maintenance.owe(raw, at: judges.pages[page].level)
      }
    }
    detach(child, anchor: anchor)
  }

  private mutating func leaveSiblings(_ child: Int) {
    guard pages[child].parent >= 0 else { return }
    let (next, previous) = (pages[child].nextSibling, pages[child].previousSibling)
    if next >= 0 { pages[Int(next)].previousSibling = previous }
    if previous >= 0 {
      pages[Int(previous)].nextSibling = next
    } else {
      pages[Int(pages[child].parent)].firstChild = next
    }
    pages[child].parent = -1
    pages[child].parentEntry = 0
    pages[child].nextSibling = -1
    pages[child].previousSibling = -1
  }

  /// Puts a table and what hangs from it at its place in the input range.
  private mutating func place(
    _ page: Int,
    _ inputAddress: UInt64,
    _ level: LookupLevel,
    _ isLinked: Bool
  ) {
    pages[page].inputAddress = inputAddress
    if pages[page].level != level {
      pages[page].level = level
      recountValid(page)
    }
    if isLinked, !pages[page].isLinked {
      pages[page].isLinked = true
      pages[page].wasLinked = true
      lifetime.linkedCount += 1
      counts.update(&pages[page])
    }
    guard let next = level.next else { return }
    let shift = regime.entryShift(at: level)
    var child = pages[page].firstChild
    while child >= 0 {
      let index = (pages[Int(child)].parentEntry &- memory.address(of: page)) >> 3
      place(Int(child), inputAddress &+ index << shift, next, isLinked)
      child = pages[Int(child)].nextSibling
    }
  }

  /// Takes a table and what hangs from it out of the tree; what is stale in it shows at `anchor`.
  private mutating func detach(_ page: Int, anchor: UInt64?) {
    if pages[page].isLinked {
      pages[page].isLinked = false
      lifetime.linkedCount -= 1
      counts.update(&pages[page])
    }
    if let anchor, !cache.isEmpty {
      cache.reanchor(bucket: page, to: anchor, in: memory.page(of: anchor))
    }
    var child = pages[page].firstChild
    while child >= 0 {
      detach(Int(child), anchor: anchor)
      child = pages[Int(child)].nextSibling
    }
  }

  private mutating func recountValid(_ page: Int) {
    pages[page].validCount = 0
    guard pages[page].nonzeroCount > 0 else { return }
    let address = memory.address(of: page)
    for index in 0..<UInt64(regime.entryCount) {
      let raw = memory.descriptor(at: address &+ index << 3)
      if regime.kind(of: raw, at: pages[page].level).isValid { pages[page].validCount += 1 }
    }
  }

  /// When a table that is about to be linked, or one that hangs from it, was last written.
  func lastWrite(in address: UInt64) -> Int {
    let page = memory.page(of: address)
    guard page < memory.capacity else { return -1 }
    return lastWrite(page)
  }

  private func lastWrite(_ page: Int) -> Int {
    var last = pages[page].writtenAt
    var child = pages[page].firstChild
    while child >= 0 {
      last = max(last, lastWrite(Int(child)))
      child = pages[Int(child)].nextSibling
    }
    return last
  }

  /// Calls `body` with every valid entry in `page` and in the tables that hang from it.
  mutating func forEachValidEntry(
    beneath page: Int,
    _ body: (inout Judges, _ page: Int, _ address: UInt64, _ raw: UInt64, EntryKind) -> Void
  ) {
    let base = memory.address(of: page)
    var remaining = pages[page].validCount
    var index: UInt64 = 0
    while remaining > 0, index < UInt64(regime.entryCount) {
      let address = base &+ index << 3
      let raw = memory.descriptor(at: address)
      let kind = regime.kind(of: raw, at: pages[page].level)
      if kind.isValid {
        remaining -= 1
        body(&self, page, address, raw, kind)
      }
      index += 1
    }
    var child = pages[page].firstChild
    while child >= 0 {
      forEachValidEntry(beneath: Int(child), body)
      child = pages[Int(child)].nextSibling
    }
  }
}
