public import Architecture
import Machines

extension TableSharing {
  /// A valid descriptor became another valid one that demands a break.
  mutating func judgeBreak(_ entry: EntryPlace, _ thread: Int) {
    add(
      .sharedNoBreak,
      "thread \(thread) replaces a valid descriptor by another that demands a break before",
      entry
    )
  }

  /// An invalid descriptor became valid: no CPU may hold anything else for what it covers.
  mutating func judgeMake(_ entry: EntryPlace, _ thread: Int) {
    let size = shape.span(at: entry.level)
    let kept = translations.entries.first {
      !$0.isPermissionOnly && $0.level >= entry.level
        && $0.overlaps(entry.inputAddress, sizeInBytes: size)
    }
    guard let kept else { return }
    add(
      .madeBeforeInvalidated,
      "thread \(thread) makes a descriptor valid while \(holders(kept)) may hold what thread"
        + " \(kept.breaker) had broken there",
      entry
    )
  }

  /// A leaf became one with other permissions or another access flag.
  mutating func judgeAttributes(
    _ old: UInt64,
    _ new: UInt64,
    _ entry: EntryPlace,
    _ thread: Int
  ) {
    let call = calls[thread] ?? ""
    guard case .leaf(let before) = regime.decode(old, at: entry.level),
      case .leaf(let after) = regime.decode(new, at: entry.level)
    else { return }
    let isTaken =
      before.isReadable && !after.isReadable || before.isExecutable && !after.isExecutable
      || before.isWritable && !after.isWritable && call != "writeProtect"
    if isTaken {
      add(.permissionTaken, "\(call) of thread \(thread) takes a permission away", entry, call)
    }
    if before.isAccessed, !after.isAccessed, call != "age" {
      add(.accessLost, "\(call) of thread \(thread) clears an access flag", entry, call)
    }
  }

  /// A record was freed.
  mutating func judgeFree(_ record: UInt64, _ thread: Int) {
    guard let table = tables[record] else { return }
    let entry = EntryPlace(
      address: record,
      level: table.level ?? .last,
      inputAddress: table.inputAddress
    )
    if table.isLinked {
      add(.freedWhileWalked, "a table is freed that a walk comes to", entry, "linked")
    } else if let way = translations.entries.first(where: { $0.table == record && $0.stage2 != 0 })
    {
      add(.freedWhileWalked, "a table is freed to which \(holders(way)) may still walk", entry)
    }
    tables[record] = nil
  }

  /// A call has returned.
  mutating func judgeReturn(_ thread: Int) {
    let call = calls[thread] ?? ""
    calls[thread] = nil
    let look = lastLooks[thread]
    for kept in translations.entries {
      if !kept.isPermissionOnly {
        guard kept.breaker == thread, kept.brokenAt >= callStarts[thread] else { continue }
        addStale(.staleShared, kept, call, "thread \(thread) had broken")
      } else if call == "relax" {
        guard kept.entryAddress == look.entry, kept.brokenAt <= look.at,
          kept.holders & 1 << SharedTranslations.CPUs(thread) != 0
        else { continue }
        addStale(.outdatedPermission, kept, call, "permits less than thread \(thread) saw there")
      } else if call == "writeProtect", kept.breaker == thread,
        kept.brokenAt >= callStarts[thread]
      {
        addStale(.staleShared, kept, call, "thread \(thread) has write-protected")
      }
    }
  }

  private mutating func addStale(
    _ rule: Rule,
    _ kept: SharedTranslations.Stale,
    _ call: String,
    _ what: String
  ) {
    let entry = EntryPlace(
      address: kept.entryAddress,
      level: kept.level,
      inputAddress: kept.inputAddress
    )
    add(rule, "\(call) returns while \(holders(kept)) may hold what \(what)", entry, call)
  }

  /// Who may hold something, in words.
  private func holders(_ entry: SharedTranslations.Stale) -> String {
    let count = entry.holders.nonzeroBitCount
    return count == 1 ? "CPU \(entry.holders.trailingZeroBitCount)" : "CPUs"
  }

  // MARK: Rest

  /// Nobody is in a call: judges what is there.
  public mutating func rest() {
    var reachable: Set<UInt64> = []
    restTable(root, shape.startLevel, 0, &reachable)
    for (record, table) in tables.sorted(by: { $0.key < $1.key }) where !reachable.contains(record)
    {
      let entry = EntryPlace(
        address: record,
        level: table.level ?? .last,
        inputAddress: table.inputAddress
      )
      add(.sharedTableLeaked, "a table hangs from nothing and is not freed", entry)
    }
  }

  private mutating func restTable(
    _ record: UInt64,
    _ level: LookupLevel,
    _ inputAddress: UInt64,
    _ reachable: inout Set<UInt64>
  ) {
    guard let table = tables[record], reachable.insert(record).inserted else { return }
    var counted: UInt64 = 1
    for (index, raw) in table.entries.enumerated() where raw != 0 {
      counted += 1
      let entry = EntryPlace(
        address: record + UInt64(index + 1) << 3,
        level: level,
        inputAddress: inputAddress + UInt64(index) * shape.span(at: level)
      )
      switch regime.kind(of: raw, at: level) {
      case .table:
        guard let next = level.next else { continue }
        let child = regime.tableAddress(in: raw) >> 12
        restTable(child, next, entry.inputAddress, &reachable)
      case .annotated: add(.entryLeftLocked, "an entry is left as taken for a change", entry)
      default: break
      }
    }
    if table.count != counted {
      let entry = EntryPlace(address: record, level: level, inputAddress: inputAddress)
      let cause = table.count < counted ? "low" : "high"
      add(
        .sharedCount,
        "a table with \(counted - 1) entries has a count of \(Int64(bitPattern: table.count))",
        entry,
        cause
      )
    }
  }

  /// The leaf at which a walk for a page ends, at any level, and how many pages it covers; nil for none.
  public func leaf(ofPage page: Int) -> (leaf: DecodedLeaf, pageCount: Int)? {
    var record = root
    var level = shape.startLevel
    while let table = tables[record] {
      let raw = table.entries[shape.index(ofPage: page, at: level)]
      let kind = regime.kind(of: raw, at: level)
      if kind == .table, let next = level.next {
        record = regime.tableAddress(in: raw) >> 12
        level = next
        continue
      }
      // Blocks are smaller than those of the granule: their address is read as a page's.
      guard kind.isLeaf, case .leaf(let leaf) = regime.decode(raw | 2, at: .last) else {
        return nil
      }
      return (leaf, shape.pageSpan(at: level))
    }
    return nil
  }

  mutating func add(_ rule: Rule, _ message: String, _ entry: EntryPlace, _ cause: String = "") {
    findings.add(
      rule,
      message,
      at: Place(
        entryAddress: entry.address,
        inputAddress: entry.inputAddress,
        level: entry.level
      ),
      detail: cause
    )
  }
}
