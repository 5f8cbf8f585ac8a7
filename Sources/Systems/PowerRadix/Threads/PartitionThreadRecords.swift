import Machines

/// A table as a record: its entries, which hardware reads and changes at any moment.
enum RadixTableRecord {
  /// An entry.
  static func entry(_ index: UInt64) -> Field {
    index == 0 ? Field(0, "0", .descriptor) : Field(1, "1", .descriptor)
  }

  static let layout = Layout("table", [entry(0), entry(1)])
}

/// What is the guest's as a whole.
enum PartitionGuestRecord {
  /// The lock of its tables.
  static var lock: Field { Field(0, "mmu_lock", .spinLock) }
  /// The pages that were written and wait for a harvest, a bit each.
  static var log: Field { Field(1, "log") }
  /// What a harvest hands out.
  static var report: Field { Field(2, "report") }
  /// How many invalidations of the host's came to their ends, and how often a slot was flushed.
  static var invalidationCount: Field { Field(3, "invalidations") }
  /// How many invalidations are under way.
  static var underWay: Field { Field(4, "under_way") }
  /// Where the slot's memory is, and whether it is going away: see `PartitionSlotWord`.
  static var slot: Field { Field(5, "slot") }
  /// Who changes slots holds it.
  static var slotsLock: Field { Field(6, "slots_lock", .mutex) }

  static let layout = Layout(
    "guest",
    [lock, log, report, invalidationCount, underWay, slot, slotsLock]
  )
}

/// An area of host memory: the lock of the host's own entries for it, and the entries.
enum HostAreaRecord {
  /// How many units it has, at most.
  static let unitCount = 5
  /// The lock of the host's own entries.
  static var lock: Field { Field(0, "ptl", .spinLock) }
  /// How many times its pages are held.
  static var pins: Field { Field(6, "pins") }
  /// The units that have to be written back, a bit each.
  static var dirty: Field { Field(7, "dirty") }

  /// The host's own entry for a unit: see `HostUnitWord`.
  static func entry(_ unit: Int) -> Field { entries[unit] }
  private static let entries = [
    Field(1, "pte0", .descriptor), Field(2, "pte1", .descriptor), Field(3, "pte2", .descriptor),
    Field(4, "pte3", .descriptor), Field(5, "pte4", .descriptor),
  ]

  static let layout = Layout("host", [lock] + entries + [pins, dirty])
}

/// The host's own entry for a unit, which is a page or a compound page of several.
struct HostUnitWord {
  static let present: UInt64 = 1
  static let young: UInt64 = 2
  static let dirty: UInt64 = 4
  static let writable: UInt64 = 8
  /// It is mapped by pages of the smallest size.
  static let split: UInt64 = 16

  var word: UInt64

  func has(_ bit: UInt64) -> Bool { word & bit != 0 }
  /// Where its first byte really is, or will be.
  var realAddress: UInt64 { word & ~0xfff }
  /// The same at another place, which nobody ever had.
  var moved: HostUnitWord { HostUnitWord(word: word + 1 << 20) }

  /// A unit that is nowhere yet.
  static func first(area: Int, unit: Int) -> HostUnitWord {
    HostUnitWord(word: UInt64(area + 1) << 40 | UInt64(unit) << 32)
  }

  /// Which unit of which area has a real address.
  static func place(of realAddress: UInt64) -> (area: Int, unit: Int) {
    (Int(realAddress >> 40) - 1, Int(realAddress >> 32 & 0xff))
  }
}

/// Where the one slot's memory is.
struct PartitionSlotWord {
  static let goesAway: UInt64 = 2
  /// How many frames it has, from frame 0 on.
  static let frameCount: UInt64 = 4

  var word: UInt64

  /// Which of the two areas.
  var area: Int { Int(word & 1) }
  /// Faults do not find it.
  var isHidden: Bool { word & PartitionSlotWord.goesAway != 0 }
  /// Its first byte, which in the second area lies a page behind where a large leaf could begin.
  var hostAddress: UInt64 { area == 0 ? 0x1_0000 : 0x2_1000 }

  /// Which area and unit of 2^`shift` bytes have a host address.
  static func place(of hostAddress: UInt64, shift: UInt64) -> (area: Int, unit: Int) {
    (Int(hostAddress >> 16) - 1, Int((hostAddress & 0xffff) >> shift))
  }
}
