import Architecture
import Machines

extension RadixSharing {
  /// Software changes an entry that walks come to.
  mutating func judgeLock(_ entry: Entry, _ thread: Int) {
    guard holder != thread else { return }
    add(.sharedOutsideLock, "thread \(thread) changes an entry without the lock", entry)
  }

  /// An invalid entry became valid: no CPU may hold anything else for what it translates.
  mutating func judgeMake(_ new: UInt64, _ entry: Entry, _ thread: Int) {
    let kept = cache.entries.first { stale in
      guard self.entry(of: stale).frames & entry.frames != 0 else { return false }
      guard stale.isLeaf else { return stale.place == entry.place && stale.old != new }
      return stale.level != entry.level || !RadixSharing.isSameLeaf(stale.old, new)
    }
    if let kept {
      add(
        .sharedRadixMadeEarly,
        "thread \(thread) makes an entry valid while CPUs may hold what thread \(kept.breaker) had made"
          + " invalid there",
        entry
      )
    }
    let bits = RadixField.reference.mask | RadixField.change.mask | RadixField.write.mask
    if let old = calls[thread].broken[entry.place], (old ^ new) & ~bits == 0 {
      add(
        .sharedNeedlessBreak,
        "thread \(thread) takes a leaf away that it gives back",
        entry
      )
    }
  }

  /// A leaf was made.
  mutating func judgeGivenUp(_ new: UInt64, _ entry: Entry, _ who: String) {
    guard givenUp.contains(RadixSharing.page(new)) else { return }
    add(.sharedGivenUpMapped, "\(who) a page that the host has given up", entry, "made")
  }

  /// A record was freed.
  mutating func judgeFree(_ record: UInt64) {
    guard let table = tables[record] else { return }
    let entry = entry(record, 0, table)
    if table.isLinked {
      add(.sharedFreedWalkable, "a table is freed that a walk comes to", entry, "linked")
    }
    let address = RadixSharing.address(ofRecord: record)
    if cache.entries.contains(where: { !$0.isLeaf && $0.child == address }) {
      add(.sharedFreedWalkable, "a table is freed to which CPUs may still walk", entry, "cached")
    }
    tables[record] = nil
  }

  /// The log, or what a harvest hands out, became other.
  mutating func changeLog(_ word: UInt8, _ old: UInt64, _ new: UInt64, _ thread: Int) {
    let (added, taken) = (new & ~old, old & ~new)
    switch word {
    case 1:
      calls[thread].carried = calls[thread].carried & ~new | taken
      for frame in 0..<64 where (added | taken) & 1 << UInt64(frame) != 0 {
        loggedAt[frame] = new & 1 << UInt64(frame) != 0 ? findings.now : 0
      }
    case 2:
      let needless = added & ~calls[thread].carried
      if needless != 0 {
        let frame = needless.trailingZeroBitCount
        add(.sharedNeedlessReport, "a harvest reports frame \(frame), which nobody wrote", nil)
      }
      calls[thread].carried &= ~new
    default: break
    }
  }

  /// A call has returned.
  mutating func judgeReturn(_ thread: Int) {
    let call = calls[thread]
    calls[thread] = Call()
    if call.carried != 0 {
      let frame = call.carried.trailingZeroBitCount
      add(
        .sharedChangeLost,
        "\(call.name) of thread \(thread) returns, and that frame \(frame) was written is nowhere",
        nil,
        call.name
      )
    }
    for stale in cache.entries where stale.breaker == thread && stale.brokenAt >= call.began {
      add(
        stale.isChangeOnly ? .sharedStaleChange : .sharedRadixStale,
        "\(call.name) of thread \(thread) returns while CPUs may hold what it has changed",
        entry(of: stale),
        call.name
      )
    }
    if call.name == "harvest" { judgeHarvest(call) }
  }

  /// A harvest has returned: what was due when it began is not waiting still.
  private mutating func judgeHarvest(_ call: Call) {
    for frame in 0..<RadixSharing.frameCount where loggedFrames & 1 << frame != 0 {
      let isLogged = (1..<call.began).contains(loggedAt[Int(frame)])
      let isSet = changedAt[Int(frame)] < call.began && isChanged(frame)
      guard isLogged || isSet else { continue }
      add(
        .sharedMissingReport,
        "a harvest returns, and does not report frame \(frame), which was written before",
        nil,
        isLogged ? "logged" : "set"
      )
    }
  }

  /// Whether the leaf for a frame says that it was written.
  private func isChanged(_ frame: UInt64) -> Bool {
    var record = root
    var level = RadixSharing.rootLevel
    while level >= 0, let table = tables[record] {
      let raw = table.entries[Int(frame >> level.levelsBeneath & 1)]
      guard RadixField.isTable(raw) else {
        return RadixField.isLeaf(raw) && RadixField.change.value(in: raw) == 1
      }
      record = RadixSharing.record(in: raw)
      level -= 1
    }
    return false
  }

  /// Nobody is in a call: judges what is there.
  public mutating func rest() {
    for (record, table) in tables.sorted(by: { $0.key < $1.key }) where !table.isLinked {
      add(
        .sharedRadixLeaked,
        "a table hangs from nothing and is not freed",
        entry(record, 0, table)
      )
    }
  }
}
