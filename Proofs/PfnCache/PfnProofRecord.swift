import Machines
import Symbolic
import Walkers

/// Where the records of a proof about guest-frame caches lie.
enum PfnProofRecord {
  /// What the caches of the machine share.
  static let owner: UInt64 = 0xffff_c000_0000_1000
  /// The cache that the call or the theorem is about: any of any number.
  static let cache: UInt64 = 0xffff_c000_0000_2000
  /// Another, which stands for all others; where an invalidation goes by a list, for all that are before the
  /// cache on it.
  static let other: UInt64 = 0xffff_c000_0000_3000
  /// Two layouts of the slots: who looks twice may find two.
  static let layouts: [UInt64] = [0xffff_c000_0000_4000, 0xffff_c000_0000_5000]
  /// A vCPU.
  static let vcpu: UInt64 = 0xffff_c000_0000_6000
  /// The root of the index, where there is one.
  static let root: UInt64 = 0xffff_c000_0000_7000
  /// Its one chunk.
  static let chunk: UInt64 = 0xffff_c000_0000_8000
  /// Where an invalidation goes by a list, any of the caches that are behind the cache on it, or of a list
  /// that it is not on.
  static let behind: UInt64 = 0xffff_c000_0000_9000

  /// A list of the index: its lock, and its first cache.
  static func bucket(_ number: Int) -> UInt64 { chunk + UInt64(number) << 4 }
  static let bucketLock = Field(0, "lock", .spinLock)
  static let bucketFirst = Field(1, "first")
  static let rootChunk = Field(0, "chunk")
}

/// What is kept in mind of a cache beside its fields; no walker knows it.
enum PfnMemory {
  /// How often an invalidation that covers the cache's host address has come by it.
  static let passes = Field(200, "passes")
  /// Whether what is at its host address may be taken away: by an invalidation that came by, or was
  /// announced before the cache was found there, and has not ended.
  static let isOpen = Field(201, "open")
  /// The passes when a refresh last said that no invalidation went by.
  static let prepared = Field(202, "prepared")
  /// The passes when its frame was looked up.
  static let stamp = Field(203, "stamp")
  /// Whether nothing was open then, and the frame is what was found.
  static let isClean = Field(204, "clean")
  /// The host address at which it was looked up.
  static let lookedUpAt = Field(205, "looked-up-at")
  /// The number of the list that it is on, from 1; 0 for none.
  static let list = Field(206, "on-list")
  /// How often it came to be found elsewhere: its host address changed, or it was put on a list.
  static let moves = Field(207, "moves")

  /// Whether its host address is that of its guest address, if its generation is that of a layout.
  static let bySlots = [Field(208, "by-slots"), Field(209, "by-slots")]

  static let all = [passes, isOpen, prepared, stamp, isClean, lookedUpAt, list, moves] + bySlots

  /// How many invalidations are under way that cover the address that is watched, and how many there are;
  /// fields of the machine.
  static let covering = Field(210, "covering")
  static let announced = Field(211, "announced")

  /// How often a vCPU has entered guest mode; a field of the vCPU.
  static let entries = Field(212, "entries")
}

/// How a cache is kept.
enum PfnStyle: Sendable, Hashable {
  /// On one list, and all that is said of it under its lock.
  case listed
  /// In an index of host addresses, of so many lists, with a sequence count for who takes no lock.
  case indexed(lists: Int)

  /// Whether it is in an index.
  var isIndexed: Bool { self != .listed }

  /// The locks of the lists, and the fields that have their first caches.
  var lists: [(lock: FieldPlace, first: FieldPlace)] {
    switch self {
    case .listed:
      [
        (
          FieldPlace(PfnMachineRecord.listLock, of: PfnProofRecord.owner),
          FieldPlace(PfnMachineRecord.first, of: PfnProofRecord.owner)
        )
      ]
    case .indexed(let count):
      (0..<count).map { number in
        let bucket = PfnProofRecord.bucket(number)
        return (
          FieldPlace(PfnProofRecord.bucketLock, of: bucket),
          FieldPlace(PfnProofRecord.bucketFirst, of: bucket)
        )
      }
    }
  }
}

/// How much of the world around a call is gone through.
struct PfnBounds: Sendable {
  /// How many lists an index has.
  var listCount = 2
  /// Whether another cache may be on each list.
  var hasOther = true
  /// Whether the cache is not in use when the call begins.
  var isUnused = false
}
