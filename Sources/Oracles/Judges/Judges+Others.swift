import Architecture
import Machines

extension Judges {
  /// Another CPU has dealt with a fault of its own: it has added permissions to a leaf, or made it
  /// young, and seen to its own TLB alone.
  ///
  /// What this CPU holds of the leaf as it was, is stale from here on; the call in progress has to
  /// invalidate it, unless it `isOwed` by this CPU's next fault there.
  public mutating func observeRival(
    at address: UInt64,
    old: UInt64,
    new: UInt64,
    isOwed: Bool
  ) {
    findings.now &+= 1
    let page = memory.page(of: address)
    guard page < memory.capacity, pages[page].station == .live else { return }
    touch(address, old: old, page: page)
    let level = pages[page].level
    let kind = regime.kind(of: old, at: level)
    maintenance.noteRival(new, at: level)
    guard regime.mayBeCached(old, kind: kind), regime.differs(old, new) else { return }
    let index = (address & (1 << memory.pageShift - 1)) >> 3
    var entry = StaleEntry(
      inputAddress: pages[page].inputAddress &+ index << regime.entryShift(at: level),
      raw: old,
      entryAddress: address,
      anchor: address,
      bucket: page,
      level: level,
      kind: kind,
      // It was ordered by the other CPU, before this one's last barrier for all that this one knows.
      brokenAt: cache.lastSharedBarrier - 1,
      isDebt: isOwed,
      isPermissionOnly: true,
      hasCombinedCopies: true,
      tablePage: nil
    )
    entry.remotePhase = .gone
    cache.note(entry)
    drainCache()
  }
}
