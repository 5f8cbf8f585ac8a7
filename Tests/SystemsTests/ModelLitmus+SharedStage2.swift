import Architecture
import Machines
import Oracles
import Reference

@testable import Systems

/// Two pages, read only, and one that is writable; a block, and an entry that somebody has taken.
private let page: UInt64 = 0x0040_0000_4000_075b
private let other: UInt64 = 0x0040_0000_8000_075b
private let writable: UInt64 = page | 1 << 7
private let block: UInt64 = page & ~0b10
private let taken: UInt64 = 1 << 10

/// A root and a table that is linked at its first entry, and what is told of them.
private struct ToldTables {
  static let root: UInt64 = 0x100
  static let child: UInt64 = 0x200

  var sharing: TableSharing
  private var entries: [UInt64: UInt64] = [:]

  init() {
    let shape = SmallTables(bitsPerLevel: 1, startLevel: LookupLevel(2))
    sharing = TableSharing(shape)
    allocate(ToldTables.root)
    count(ToldTables.root, 2)
    allocate(ToldTables.child)
    count(ToldTables.child, 1)
    write(ToldTables.root, ToldTables.child << 12 | 0b11)
  }

  mutating func tell(_ event: RecordEvent, by thread: Int = 0) {
    sharing.observe(event, by: thread)
  }

  private mutating func allocate(_ table: UInt64) {
    let name = RecordName("table")
    tell(.allocate(record: table, wordCount: 3, name: name, isZeroed: true))
  }

  mutating func count(_ table: UInt64, _ count: UInt64) {
    let place = FieldPlace(TablePageRecord.count, of: table)
    tell(.write(place, old: 0, new: count, .plain, number: 0))
  }

  /// The first entry of a table becomes another.
  mutating func write(_ table: UInt64, _ new: UInt64, by thread: Int = 0) {
    let place = FieldPlace(TablePageRecord.entry(0), of: table)
    let old = entries[table] ?? 0
    entries[table] = new
    tell(.write(place, old: old, new: new, .release, number: 0), by: thread)
  }

  /// The first entry of the child is seen.
  mutating func see(by thread: Int) {
    let place = FieldPlace(TablePageRecord.entry(0), of: ToldTables.child)
    tell(.mismatch(place, found: 0, from: 0), by: thread)
  }

  /// Page 0 is taken out of the TLBs, of this CPU or of all.
  mutating func invalidate(by thread: Int = 0, isBroadcast: Bool = true) {
    let end = Barrier.dsbISH
    tell(.barrier(.dsbISHST), by: thread)
    tell(.invalidate(TLBInvalidation(.ipas2e1, isBroadcast: isBroadcast)), by: thread)
    tell(.barrier(end), by: thread)
    tell(.invalidate(TLBInvalidation(.vmalle1, isBroadcast: isBroadcast)), by: thread)
    tell(.barrier(end), by: thread)
  }
}

extension ModelLitmus {
  /// A case of what is told of tables.
  private init(
    _ rule: Rule,
    tables told: @escaping @Sendable (inout ToldTables, Bool) -> Void
  ) {
    self.init(rule) { hasFault in
      var tables = ToldTables()
      told(&tables, hasFault)
      return tables.sharing.violations.first?.rule
    }
  }

  /// A case of calls that were made, from page 0 mapped and page 1 not, and of what they left.
  private init(
    _ rule: Rule,
    calls:
      @escaping @Sendable (_ leaf: SharedStage2Model.Leaf, _ hasFault: Bool) -> (
        calls: [SharedStage2Model.Call], left: [SharedStage2Model.Leaf?]
      )
  ) {
    self.init(rule) { hasFault in
      let leaf = SharedStage2Model.Leaf(
        firstPage: 0,
        pageCount: 1,
        output: 0x4000_0000,
        canRead: true,
        canWrite: false,
        canExecute: false,
        isYoung: true
      )
      var model = SharedStage2Model(pageCount: 2, pagesPerRootEntry: 2)
      let request = SharedStage2Model.Request.map(
        page: 0,
        pageCount: 1,
        output: leaf.output,
        protection: Protection.read
      )
      let map = SharedStage2Model.Call(request, thread: 0, began: 1, ended: 2, result: .ok)
      model.performed([map], leaving: [leaf, nil])
      let (calls, left) = calls(leaf, hasFault)
      model.performed(calls, leaving: left)
      return model.breaches.first?.rule
    }
  }

  /// What walks of one table on several CPUs may not do.
  static let sharedTables: [ModelLitmus] = [
    ModelLitmus(.sharedNoBreak) { tables, hasFault in
      tables.write(ToldTables.child, page)
      if !hasFault {
        tables.write(ToldTables.child, taken)
        tables.invalidate()
      }
      tables.write(ToldTables.child, other, by: hasFault ? 1 : 0)
    },
    ModelLitmus(.madeBeforeInvalidated) { tables, hasFault in
      tables.write(ToldTables.child, page)
      tables.write(ToldTables.child, taken, by: 1)
      // What only the breaker's own CPU forgets, others still hold.
      tables.invalidate(by: 1, isBroadcast: !hasFault)
      tables.write(ToldTables.child, other)
    },
    ModelLitmus(.staleShared) { tables, hasFault in
      tables.write(ToldTables.child, page)
      tables.tell(.call(Site("unmap")))
      tables.write(ToldTables.child, 0)
      if !hasFault { tables.invalidate() }
      tables.tell(.returned(Site("unmap")))
    },
    ModelLitmus(.outdatedPermission) { tables, hasFault in
      tables.write(ToldTables.child, page)
      tables.tell(.call(Site("relax")), by: 1)
      tables.write(ToldTables.child, writable)
      tables.invalidate(isBroadcast: false)
      // The second has seen what the first wrote, who told its own CPU alone.
      tables.see(by: 1)
      if !hasFault { tables.invalidate(by: 1, isBroadcast: false) }
      tables.tell(.returned(Site("relax")), by: 1)
    },
    ModelLitmus(.freedWhileWalked) { tables, hasFault in
      tables.write(ToldTables.root, 0)
      if !hasFault { tables.invalidate() }
      tables.tell(.free(record: ToldTables.child))
    },
    ModelLitmus(.permissionTaken) { tables, hasFault in
      tables.write(ToldTables.child, writable)
      tables.tell(.call(Site(hasFault ? "makeYoung" : "writeProtect")))
      tables.write(ToldTables.child, page)
    },
    ModelLitmus(.accessLost) { tables, hasFault in
      tables.write(ToldTables.child, page)
      tables.tell(.call(Site(hasFault ? "relax" : "age")))
      tables.write(ToldTables.child, page & ~(1 << 10))
    },
    ModelLitmus(.entryLeftLocked) { tables, hasFault in
      tables.write(ToldTables.child, hasFault ? taken : page)
      tables.count(ToldTables.child, 2)
      tables.sharing.rest()
    },
    ModelLitmus(.sharedTableLeaked) { tables, hasFault in
      tables.write(ToldTables.root, taken)
      tables.invalidate()
      tables.write(ToldTables.root, block)
      if !hasFault { tables.tell(.reclaim(record: ToldTables.child)) }
      tables.sharing.rest()
    },
    ModelLitmus(.sharedCount) { tables, hasFault in
      tables.write(ToldTables.child, page)
      tables.count(ToldTables.child, hasFault ? 1 : 2)
      tables.sharing.rest()
    },
    ModelLitmus(.noOrder) { leaf, hasFault in
      let relax = SharedStage2Model.Request.relax(page: 0, protection: Protection.write)
      let unmap = SharedStage2Model.Request.unmap(pages: 0..<1)
      // A relax that returned before the unmap began may be in vain, one that came after may not.
      let calls = [
        SharedStage2Model.Call(unmap, thread: 0, began: 3, ended: 4, result: .ok),
        SharedStage2Model.Call(
          relax,
          thread: 1,
          began: hasFault ? 5 : 1,
          ended: hasFault ? 6 : 2,
          result: .ok
        ),
      ]
      return (calls, [nil, nil])
    },
    ModelLitmus(.needlessAgain) { leaf, hasFault in
      let relax = SharedStage2Model.Request.relax(page: 0, protection: Protection.write)
      let young = SharedStage2Model.Request.makeYoung(page: 0)
      let calls = [
        SharedStage2Model.Call(young, thread: 0, began: 1, ended: 3, result: .ok),
        SharedStage2Model.Call(
          relax,
          thread: 1,
          began: hasFault ? 4 : 2,
          ended: 5,
          result: .again
        ),
      ]
      return (calls, [leaf, nil])
    },
  ]
}
