import Architecture
import Machines

extension Judges {
  /// A descriptor was written.
  @usableFromInline
  mutating func store(_ address: UInt64, old: UInt64, new: UInt64, isRelease: Bool) {
    progress.steps &+= 1
    let page = memory.page(of: address)
    guard page < memory.capacity, pages[page].station == .live else {
      TableLifetime.judgeAccess(address, isStore: true, pages, memory, &findings)
      return
    }
    let level = pages[page].level
    let oldKind = regime.kind(of: old, at: level)
    let newKind = regime.kind(of: new, at: level)
    transitions.count(from: oldKind, to: newKind)
    touch(address, old: old, page: page)
    pages[page].writtenAt = findings.now
    guard old != new else { return }
    if contract.sharesTables { locks.judgeStore(address, pages[page], &findings) }

    let nonzeroChange = (new == 0 ? 0 : 1) - (old == 0 ? 0 : 1)
    if nonzeroChange != 0 {
      pages[page].nonzeroCount += Int32(truncatingIfNeeded: nonzeroChange)
      counts.update(&pages[page])
    }
    guard oldKind.isValid || newKind.isValid else { return }
    pages[page].validCount += (newKind.isValid ? 1 : 0) - (oldKind.isValid ? 1 : 0)

    var change = EntryChange(
      address: address,
      page: page,
      inputAddress: pages[page].inputAddress,
      level: level,
      old: old,
      new: new,
      oldKind: oldKind,
      newKind: newKind
    )
    let index = (address & (1 << memory.pageShift - 1)) >> 3
    change.inputAddress &+= index << regime.entryShift(at: level)
    let anchor = contract.isDestroy ? nil : anchor(for: change)
    if let anchor { judgeVisible(change, anchor: anchor, isRelease: isRelease) }
    if oldKind == .table { unlink(change, anchor: anchor) }
    if newKind == .table { link(change) }
    if !contract.isDestroy {
      maintain(change)
    } else if oldKind.isLeaf {
      maintenance.noteUnmap(old, at: level)
    }
  }

  /// The entry that a change of this one shows at, for a walk by way of the root or of a stale table
  /// entry: itself, or the one that its table was detached from; nil if no walk gets here.
  private func anchor(for change: EntryChange) -> UInt64? {
    if pages[change.page].isLinked { return change.address }
    guard cache.walkableCount > 0 else { return nil }
    return walkableTop(of: change.page).map { pages[$0].detachedFrom }
  }

  /// The page to which a stale table entry leads, at or above `page`; nil if none does.
  func walkableTop(of page: Int) -> Int? {
    var page = page
    for _ in 0...LookupLevel.last.number {
      if pages[page].walkReferences > 0 { return page }
      guard pages[page].parent >= 0 else { return nil }
      page = Int(pages[page].parent)
    }
    return nil
  }

  /// A change that a table walker can see.
  private mutating func judgeVisible(_ change: EntryChange, anchor: UInt64, isRelease: Bool) {
    if change.newKind.isValid { barriers.validStoreAt = findings.now }
    barriers.noteStore()
    if change.newKind == .table, !isRelease {
      barriers.judgeLink(change, writtenAt: lastWrite(in: change.newTable(regime)), &findings)
    }
    let demandsBreak =
      change.oldKind.isValid && change.newKind.isValid
      && regime.demandsBreak(from: change.old, to: change.new, at: change.level)
    if contract.publishesMemory, !isRelease, change.newKind.isLeaf,
      demandsBreak || !change.oldKind.isLeaf
    {
      barriers.judgeInstall(change, callBeganAt: callBeganAt, &findings)
    }
    if demandsBreak {
      BreakBeforeMake.convictNoBreak(change, regime, &findings)
    } else if change.newKind.isValid, !cache.isEmpty {
      BreakBeforeMake.judgeMake(change, cache, regime, &findings)
      cache.forget(
        change.new,
        at: change.inputAddress,
        level: change.level,
        entryAddress: change.address
      )
      drainCache()
    }
    if change.oldKind.isValid { noteStale(change, anchor: anchor, demandsBreak: demandsBreak) }
  }

  /// Notes the old descriptor as stale where it may be cached and says something else.
  private mutating func noteStale(_ change: EntryChange, anchor: UInt64, demandsBreak: Bool) {
    let isPermissionOnly = change.newKind.isValid && !demandsBreak
    if isPermissionOnly, change.oldKind == .table || !regime.differs(change.old, change.new) {
      return
    }
    if !isPermissionOnly { cache.promoteDebts(at: change.inputAddress, level: change.level) }
    guard regime.mayBeCached(change.old, kind: change.oldKind) else {
      if contract.cleansUnmapped, !isPermissionOnly {
        maintenance.owe(change.old, at: change.level)
      }
      return
    }
    let child = change.oldKind == .table ? change.oldTable(regime, in: memory) : nil
    if let child {
      pages[child].walkReferences += 1
      pages[child].detachedFrom = anchor
    }
    cache.note(
      StaleEntry(
        inputAddress: change.inputAddress,
        raw: change.old,
        entryAddress: change.address,
        anchor: anchor,
        bucket: memory.page(of: anchor),
        level: change.level,
        kind: change.oldKind,
        brokenAt: findings.now,
        isDebt: isPermissionOnly && contract.mayOweInvalidation,
        isPermissionOnly: isPermissionOnly,
        hasCombinedCopies: child.map { pages[$0].validCount > 0 } ?? true,
        tablePage: child
      )
    )
    drainCache()
  }

  /// The duties to the data and instruction caches that a change brings.
  private mutating func maintain(_ change: EntryChange) {
    if change.newKind.isLeaf {
      maintenance.judgeInstall(
        change,
        isInstall: !change.oldKind.isLeaf
          || regime.demandsBreak(from: change.old, to: change.new, at: change.level),
        &findings
      )
    }
    if change.oldKind.isLeaf { maintenance.noteUnmap(change.old, at: change.level) }
  }
}
