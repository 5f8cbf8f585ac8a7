import Architecture
import Machines

extension Judges {
  /// Applies what the cache has to tell: tables that are walkable no longer, leaves that are gone.
  mutating func drainCache() {
    if !cache.releasedTables.isEmpty {
      for page in cache.releasedTables { pages[Int(page)].walkReferences -= 1 }
      cache.releasedTables.removeAll(keepingCapacity: true)
    }
    if !cache.retired.isEmpty {
      for entry in cache.retired where contract.cleansUnmapped && entry.brokenAt > callBeganAt {
        if entry.kind.isLeaf, !entry.isPermissionOnly {
          maintenance.owe(entry.raw, at: entry.level)
        }
      }
      cache.retired.removeAll(keepingCapacity: true)
    }
  }

  /// A TLB maintenance instruction, with something stale about.
  mutating func invalidate(_ invalidation: TLBInvalidation<UInt64>) {
    if cache.populatedCount > 0 {
      for table in cache.tablesExposed(by: invalidation) { expose(table) }
    }
    cache.invalidate(invalidation)
  }

  /// Notes everything beneath a detached table by itself.
  private mutating func expose(_ table: StaleEntry) {
    cache.setExposed(table)
    forEachValidEntry(beneath: Int(table.tablePage)) { judges, page, entryAddress, raw, kind in
      let level = judges.pages[page].level
      guard judges.regime.mayBeCached(raw, kind: kind) else { return }
      let index = (entryAddress &- judges.memory.address(of: page)) >> 3
      let shift = judges.regime.entryShift(at: level)
      let child =
        kind == .table ? judges.memory.page(of: judges.regime.tableAddress(in: raw)) : nil
      if let child, child < judges.memory.capacity { judges.pages[child].walkReferences += 1 }
      judges.cache.note(
        StaleEntry(
          inputAddress: judges.pages[page].inputAddress &+ index << shift,
          raw: raw,
          entryAddress: entryAddress,
          anchor: table.anchor,
          bucket: judges.memory.page(of: table.anchor),
          level: level,
          kind: kind,
          brokenAt: table.brokenAt,
          isDebt: false,
          isPermissionOnly: false,
          hasCombinedCopies: kind.isLeaf,
          tablePage: child.flatMap { $0 < judges.memory.capacity ? $0 : nil }
        )
      )
    }
  }
}
