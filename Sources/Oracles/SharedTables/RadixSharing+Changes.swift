import Architecture
import Machines

extension RadixSharing {
  /// An entry became another.
  mutating func change(_ place: FieldPlace, _ old: UInt64, _ new: UInt64, _ thread: Int) {
    let index = Int(place.field.index)
    guard let table = tables[place.record], index < table.entries.count else { return }
    tables[place.record]?.entries[index] = new
    guard old != new, table.isLinked else { return }
    let entry = entry(place.record, index, table)
    if RadixField.isLeaf(new), RadixField.change.value(in: new) == 1,
      !RadixField.isLeaf(old) || RadixField.change.value(in: old) == 0
    {
      for frame in 0..<64 where entry.frames & 1 << UInt64(frame) != 0 {
        changedAt[frame] = findings.now
      }
    }
    // The hardware sets reference and change, and nothing else.
    guard calls[thread].name != "touch" else { return }
    judgeLock(entry, thread)
    let isSame = RadixSharing.isSameLeaf(old, new)
    if RadixField.isLeaf(old) { changeLeaf(old, new, isSame, entry, thread) }
    if RadixField.isTable(old) {
      note(old, entry, thread, isChangeOnly: false)
      unlink(old, thread)
    }
    guard RadixField.valid.value(in: new) == 1, !isSame else { return }
    if RadixField.valid.value(in: old) == 1 {
      add(.sharedRadixNoBreak, "thread \(thread) replaces a valid entry by another", entry)
    } else {
      judgeMake(new, entry, thread)
    }
    if RadixField.isLeaf(new) {
      judgeGivenUp(new, entry, "thread \(thread) maps")
    } else {
      link(RadixSharing.record(in: new), table.level - 1, entry.firstFrame)
    }
  }

  /// A valid leaf became something else.
  private mutating func changeLeaf(
    _ old: UInt64,
    _ new: UInt64,
    _ isSame: Bool,
    _ entry: Entry,
    _ thread: Int
  ) {
    let lost = old & ~new
    if RadixField.change.value(in: lost) == 1 || !isSame && RadixField.change.value(in: old) == 1 {
      calls[thread].carried |= entry.frames & loggedFrames
    }
    if isSame {
      if RadixField.change.value(in: lost) == 1 { note(old, entry, thread, isChangeOnly: true) }
      if RadixField.reference.value(in: lost) == 1, calls[thread].name != "age" {
        let call = calls[thread].name
        add(.sharedReferenceLost, "\(call) of thread \(thread) clears a reference bit", entry, call)
      }
    } else {
      note(old, entry, thread, isChangeOnly: false)
      calls[thread].broken[entry.place] = old
    }
  }

  private mutating func note(
    _ raw: UInt64,
    _ entry: Entry,
    _ thread: Int,
    isChangeOnly: Bool
  ) {
    cache.note(
      SharedRadixCache.Stale(
        place: entry.place,
        old: raw,
        base: entry.firstFrame << 12,
        level: entry.level,
        breaker: thread,
        brokenAt: findings.now,
        isChangeOnly: isChangeOnly
      )
    )
  }

  /// The host's own entry became another: a page that was there before is given up.
  mutating func changeHost(_ old: UInt64, _ new: UInt64, _ thread: Int) {
    guard old & 1 != 0, new & 1 == 0 || RadixSharing.page(old) != RadixSharing.page(new) else {
      return
    }
    let page = RadixSharing.page(old)
    givenUp.insert(page)
    for (record, table) in tables.sorted(by: { $0.key < $1.key }) where table.isLinked {
      for (index, raw) in table.entries.enumerated()
      where RadixField.isLeaf(raw) && RadixSharing.page(raw) == page {
        add(
          .sharedGivenUpMapped,
          "thread \(thread) gives a page up that is mapped",
          entry(record, index, table),
          "mapped"
        )
      }
    }
    if let held = cache.entries.first(where: { $0.isLeaf && RadixSharing.page($0.old) == page }) {
      add(
        .sharedGivenUpMapped,
        "thread \(thread) gives a page up that CPUs may hold since thread \(held.breaker) took it away",
        entry(of: held),
        "cached"
      )
    }
  }

  // MARK: Trees

  /// A table hangs from an entry, with all that hangs from it.
  private mutating func link(_ record: UInt64, _ level: RadixLevel, _ firstFrame: UInt64) {
    guard level >= 0, var table = tables[record] else { return }
    table.isLinked = true
    table.level = level
    table.firstFrame = firstFrame
    tables[record] = table
    for (index, raw) in table.entries.enumerated() where RadixField.isTable(raw) {
      link(
        RadixSharing.record(in: raw),
        level - 1,
        firstFrame + UInt64(index) << level.levelsBeneath
      )
    }
  }

  /// A table hangs from nothing any more: what walks found beneath it is stale.
  private mutating func unlink(_ raw: UInt64, _ thread: Int) {
    let record = RadixSharing.record(in: raw)
    guard let table = tables[record], table.isLinked else { return }
    tables[record]?.isLinked = false
    for (index, raw) in table.entries.enumerated() where RadixField.valid.value(in: raw) == 1 {
      let entry = entry(record, index, table)
      note(raw, entry, thread, isChangeOnly: false)
      if RadixField.isTable(raw) {
        unlink(raw, thread)
      } else if RadixField.change.value(in: raw) == 1 {
        calls[thread].carried |= entry.frames & loggedFrames
      }
    }
  }

  /// The real address that a walk for a frame ends with; nil for none.
  public func realAddress(ofFrame frame: UInt64) -> UInt64? {
    var record = root
    var level = RadixSharing.rootLevel
    while level >= 0, let table = tables[record] {
      let raw = table.entries[Int(frame >> level.levelsBeneath & 1)]
      guard RadixField.isTable(raw) else {
        let offset = (frame % (1 << level.levelsBeneath)) << 12
        return RadixField.isLeaf(raw) ? raw & RadixField.realPage.mask + offset : nil
      }
      record = RadixSharing.record(in: raw)
      level -= 1
    }
    return nil
  }

  // MARK: Words

  static func record(in raw: UInt64) -> UInt64 { (raw & RadixField.nextBase.mask) >> 12 }
  /// The page of a real address, in a leaf or in the host's own entry.
  static func page(_ raw: UInt64) -> UInt64 { (raw & RadixField.realPage.mask) >> 20 }
  /// Whether two are valid leaves that lead to the same place in the same way.
  static func isSameLeaf(_ a: UInt64, _ b: UInt64) -> Bool {
    RadixField.isLeaf(a) && RadixField.isLeaf(b)
      && (a ^ b) & (RadixField.realPage.mask | RadixField.attributes.mask) == 0
  }

  func entry(of stale: SharedRadixCache.Stale) -> Entry {
    Entry(place: stale.place, level: stale.level, firstFrame: stale.base >> 12)
  }
}
