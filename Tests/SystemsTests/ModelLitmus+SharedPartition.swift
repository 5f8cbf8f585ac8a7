import Architecture
import Machines
import Oracles
import Reference
import Walkers

@testable import Systems

/// Leaves of four frames each at two places, and the host's entries for these.
private let leaf: UInt64 = 3 << 62 | 1 << 40 | 0x107
private let other: UInt64 = 3 << 62 | 2 << 40 | 0x107
private let changed: UInt64 = leaf | RadixLayout.change
private let there: UInt64 = 1 << 40 | HostUnitWord.present
private let gone: UInt64 = 1 << 40 + 1 << 20

/// A root and a table of level 2 that is linked at its first entry, and what is told of them.
private struct ToldRadix {
  static let guest: UInt64 = 0x80
  static let root: UInt64 = 0x100
  static let child: UInt64 = 0x200
  static let host: UInt64 = 0x300

  var sharing = RadixSharing()
  private var words: [UInt64: UInt64] = [:]

  init() {
    sharing.loggedFrames = 15
    allocate(ToldRadix.guest, PartitionGuestRecord.layout)
    allocate(ToldRadix.root, RadixTableRecord.layout)
    allocate(ToldRadix.child, RadixTableRecord.layout)
    allocate(ToldRadix.host, HostAreaRecord.layout)
    lock()
    write(ToldRadix.root, ToldRadix.child << 12 | 1 << 63 | 1)
  }

  mutating func tell(_ event: RecordEvent, by thread: Int = 0) {
    sharing.observe(event, by: thread)
  }

  private mutating func allocate(_ record: UInt64, _ layout: Layout) {
    let count = layout.fields.count
    tell(.allocate(record: record, wordCount: count, name: layout.name, isZeroed: true))
  }

  mutating func lock(by thread: Int = 0) {
    let place = FieldPlace(PartitionGuestRecord.lock, of: ToldRadix.guest)
    tell(.acquire(place, .spin, isTry: false), by: thread)
  }

  mutating func unlock(by thread: Int = 0) {
    tell(.release(FieldPlace(PartitionGuestRecord.lock, of: ToldRadix.guest), .spin), by: thread)
  }

  mutating func begin(_ call: StaticString, by thread: Int = 0) {
    tell(.call(Site(call)), by: thread)
  }
  mutating func end(_ call: StaticString, by thread: Int = 0) {
    tell(.returned(Site(call)), by: thread)
  }

  /// A field becomes another.
  mutating func set(_ field: Field, of record: UInt64, _ new: UInt64, by thread: Int = 0) {
    let place = FieldPlace(field, of: record)
    let old = words[place.address] ?? 0
    words[place.address] = new
    tell(.update(place, old: old, new: new, .full, from: 0, number: 0), by: thread)
  }

  /// The first entry of a table becomes another.
  mutating func write(_ table: UInt64, _ new: UInt64, by thread: Int = 0) {
    set(RadixTableRecord.entry(0), of: table, new, by: thread)
  }

  /// The first entry of the child does.
  mutating func write(_ new: UInt64, by thread: Int = 0) {
    write(ToldRadix.child, new, by: thread)
  }

  /// The hardware of another CPU changes it.
  mutating func touch(_ new: UInt64) {
    begin("touch", by: 1)
    write(new, by: 1)
    end("touch", by: 1)
  }

  /// The first leaf of the child is taken out of TLBs, or everything out of all caches.
  mutating func invalidate(all: Bool = false, by thread: Int = 0) {
    let operand = RadixLayout.operand(of: UInt64(0), shift: 14, sizeName: 2)
    tell(.powerBarrier(.ptesync), by: thread)
    tell(
      .invalidateRadix(
        RadixInvalidation(
          all ? .everything : .translations,
          operand: all ? RadixLayout.allOfPartition : operand,
          partition: 1
        )
      ),
      by: thread
    )
    for barrier in [PowerBarrier.eieio, .tlbsync, .ptesync] {
      tell(.powerBarrier(barrier), by: thread)
    }
  }
}

extension ModelLitmus {
  /// A case of what is told of partition-scoped tables.
  private init(
    _ rule: Rule,
    radix told: @escaping @Sendable (inout ToldRadix, Bool) -> Void
  ) {
    self.init(rule) { hasFault in
      var tables = ToldRadix()
      told(&tables, hasFault)
      return tables.sharing.violations.first?.rule
    }
  }

  /// A case of what is there when nobody is in a call.
  private init(
    _ rule: Rule,
    rest: @escaping @Sendable (inout SharedPartitionModel, Bool) -> Void
  ) {
    self.init(rule) { hasFault in
      var model = SharedPartitionModel()
      rest(&model, hasFault)
      return model.breaches.first?.rule
    }
  }

  /// What keepers of one tree on several CPUs may not do.
  static let sharedPartitions: [ModelLitmus] = entries + pages + writes + rests

  private static let entries: [ModelLitmus] = [
    ModelLitmus(.sharedRadixNoBreak) { tables, hasFault in
      tables.write(leaf)
      tables.write(hasFault ? other : changed)
    },
    ModelLitmus(.sharedRadixMadeEarly) { tables, hasFault in
      tables.write(leaf)
      tables.write(0)
      // One that is not ordered behind the change removes nothing.
      tables.invalidate(by: hasFault ? 1 : 0)
      tables.write(other)
    },
    ModelLitmus(.sharedRadixStale) { tables, hasFault in
      tables.write(leaf)
      tables.begin("move")
      tables.write(0)
      if !hasFault { tables.invalidate() }
      tables.end("move")
    },
    ModelLitmus(.sharedOutsideLock) { tables, hasFault in
      tables.write(leaf)
      if hasFault { tables.unlock() }
      tables.write(changed)
    },
    ModelLitmus(.sharedNeedlessBreak) { tables, hasFault in
      tables.write(leaf)
      tables.begin("fault")
      tables.write(0)
      tables.invalidate()
      tables.write(hasFault ? changed : other)
      tables.end("fault")
    },
    ModelLitmus(.sharedFreedWalkable) { tables, hasFault in
      tables.write(ToldRadix.root, 0)
      // A page's invalidation leaves page-walk caches as they are.
      tables.invalidate(all: !hasFault)
      tables.tell(.free(record: ToldRadix.child))
    },
    ModelLitmus(.sharedRadixLeaked) { tables, hasFault in
      tables.write(ToldRadix.root, 0)
      tables.invalidate(all: true)
      if !hasFault { tables.tell(.free(record: ToldRadix.child)) }
      tables.sharing.rest()
    },
  ]

  private static let pages: [ModelLitmus] = [
    ModelLitmus(.sharedGivenUpMapped) { tables, hasFault in
      tables.set(HostAreaRecord.entry(0), of: ToldRadix.host, there)
      tables.write(leaf)
      tables.write(0)
      if !hasFault { tables.invalidate() }
      tables.set(HostAreaRecord.entry(0), of: ToldRadix.host, gone, by: 1)
    },
    ModelLitmus(.sharedReferenceLost) { tables, hasFault in
      tables.write(leaf)
      tables.begin(hasFault ? "harvest" : "age")
      tables.write(leaf & ~RadixLayout.reference)
    },
    ModelLitmus(.sharedStaleChange) { tables, hasFault in
      tables.write(changed)
      tables.begin("harvest")
      tables.write(leaf)
      if !hasFault { tables.invalidate() }
      tables.set(PartitionGuestRecord.report, of: ToldRadix.guest, 15)
      tables.end("harvest")
    },
  ]

  private static let writes: [ModelLitmus] = [
    ModelLitmus(.sharedChangeLost) { tables, hasFault in
      tables.write(changed)
      tables.begin("move")
      tables.write(0)
      tables.invalidate()
      // Of four pages that were written one is logged, or all.
      tables.set(PartitionGuestRecord.log, of: ToldRadix.guest, hasFault ? 1 : 15)
      tables.end("move")
    },
    ModelLitmus(.sharedMissingReport) { tables, hasFault in
      tables.write(leaf)
      if hasFault { tables.touch(changed) }
      tables.begin("harvest")
      if !hasFault { tables.touch(changed) }
      tables.end("harvest")
    },
    ModelLitmus(.sharedNeedlessReport) { tables, hasFault in
      tables.write(hasFault ? leaf : changed)
      tables.begin("harvest")
      tables.write(leaf)
      tables.invalidate()
      tables.set(PartitionGuestRecord.report, of: ToldRadix.guest, 15)
      tables.end("harvest")
    },
  ]

  private static let rests: [ModelLitmus] = [
    ModelLitmus(.sharedWrongTranslation) { model, hasFault in
      let backed: [UInt64?] = [0x1000, hasFault ? nil : 0x2000]
      model.rest(mapped: [nil, 0x2000], backed: backed, pinCount: 0, invalidationCount: 0)
    },
    ModelLitmus(.sharedPageHeld) { model, hasFault in
      model.rest(mapped: [], backed: [], pinCount: hasFault ? 1 : 0, invalidationCount: 0)
    },
    ModelLitmus(.sharedNoProgress) { model, hasFault in
      model.accessed(frame: 0, afterFaults: 3, hasSucceeded: !hasFault)
    },
    ModelLitmus(.sharedFaultFailed) { model, hasFault in
      model.handled(frame: 0, .ok, isExcused: false)
      model.handled(frame: 0, .busy, isExcused: !hasFault)
    },
  ]
}
