import Walkers

/// A museum piece of the keeping of partition-scoped tables.
struct PartitionPiece: Sendable {
  let slug: String
  let faults: PartitionTableFaultSet
  let summary: String

  init(_ slug: String, _ faults: PartitionTableFaultSet, _ summary: String) {
    self.slug = slug
    self.faults = faults
    self.summary = summary
  }

  /// The kernel's own first, then the others.
  static let all = [
    PartitionPiece(
      "large-ptes-never-upgraded",
      [.largeNeverReplaced],
      "whoever finds a large leaf in the way tries again, for ever"
    ),
    PartitionPiece(
      "huge-alignment-compares-high-bits",
      [.alignmentOfHighBits],
      "whether a large leaf fits is asked of the address bits above it, not of those below"
    ),
    PartitionPiece(
      "host-dirty-assumed-by-gup",
      [.hostDirtyAssumed],
      "that a page was held for writing is taken to have marked it dirty"
    ),
    PartitionPiece(
      "tlbie-wrong-sequence-and-size",
      [.invalidationIncomplete, .invalidationOfWrongSize, .invalidationUnaligned],
      "tlbie is not waited for, names 2 MiB for 1 GiB, and gets addresses inside pages"
    ),
    PartitionPiece(
      "tlbie-not-completed",
      [.invalidationIncomplete],
      "tlbie is followed by ptesync alone, without eieio and tlbsync"
    ),
    PartitionPiece(
      "tlbie-size-of-1g",
      [.invalidationOfWrongSize],
      "tlbie names 2 MiB for a leaf of 1 GiB"
    ),
    PartitionPiece(
      "tlbie-unaligned",
      [.invalidationUnaligned],
      "tlbie gets an address inside the page that is meant"
    ),
    PartitionPiece(
      "tlbie-before-ptesync",
      [.invalidationUnordered],
      "tlbie is issued before the change of the entry is visible"
    ),
    PartitionPiece(
      "dirty-size-units",
      [.dirtySizeInPages],
      "of a large leaf that is unmapped dirty one page is logged"
    ),
    PartitionPiece(
      "mark-pages-dirty-out-of-bounds",
      [.dirtyWordByPage],
      "the bitmap's words are counted in pages, so that bits far behind it are set"
    ),
    PartitionPiece(
      "host-pte-vanishes",
      [.hostEntryTrusted],
      "the host's entry is used although it is gone at the second look"
    ),
    PartitionPiece(
      "rc-mismatch-clears-pte",
      [.sameLeafCleared],
      "a leaf that differs in reference, change or write alone is cleared and made again"
    ),
    PartitionPiece(
      "memslot-flush-vs-fault",
      [.flushUncounted],
      "the flush of a slot does not count as an invalidation, so a fault brings the slot back"
    ),
    PartitionPiece(
      "pfnmap-attributes-and-pfn0",
      [.deviceBitsCopied],
      "a device's memory gets the bits of the host's entries, and none is found at real address 0"
    ),
    PartitionPiece(
      "huge-leaf-exceeds-memslot",
      [.leafBeyondSlot],
      "a large leaf maps what is beside the slot's memory"
    ),
    PartitionPiece(
      "free-radix-not-idempotent",
      [.freedRootKept, .freeKnowsOneLeaf],
      "the root is freed again by a second free, and a leaf of 1 GiB is taken for a table"
    ),
    PartitionPiece(
      "unmap-keeps-leaf-bit",
      [.unmapKeepsBits, .leafBitBelieved],
      "an unmapped large leaf loses its valid bit only, and is in everybody's way from then on"
    ),
    PartitionPiece(
      "unmap-clears-only-present",
      [.unmapKeepsBits],
      "an unmapped entry loses its valid bit only, and is not as if it had never been"
    ),
    PartitionPiece(
      "large-leaf-asks-too-much",
      [.slotOfNextLevel],
      "whether the slot has all of a large leaf is asked of the next larger one, and small ones are made"
    ),
    PartitionPiece(
      "compound-order-as-mapping-size",
      [.compoundTrusted],
      "a leaf is as large as the host's compound page, of which the host maps a part, or parts apart"
    ),
    PartitionPiece(
      "table-freed-with-live-ptes",
      [.tableFreedWithLeaves],
      "a large leaf replaces a table, whose valid leaves are neither unmapped nor logged"
    ),
    PartitionPiece(
      "rc-set-where-denied",
      [.recordedUnpermitted],
      "a change is recorded in a leaf that permits no store, and the guest faults again"
    ),
    PartitionPiece(
      "starved-fault-retried",
      [.starvedRetried],
      "where a large leaf has to go and there is no memory for a table, the guest tries for ever"
    ),
    PartitionPiece(
      "large-leaf-lost-without-memory",
      [.largeLostWithoutMemory],
      "a large leaf goes for smaller ones though there is no memory for all of their tables"
    ),
    PartitionPiece(
      "free-without-invalidation",
      [.freeUninvalidated],
      "tables are freed while walk caches may lead to them"
    ),
    PartitionPiece(
      "free-keeps-walk-cache",
      [.freeKeepsWalkCache],
      "before tables are freed translations are invalidated, and the walk cache is not"
    ),
    PartitionPiece(
      "large-leaf-over-table",
      [.tableOverwritten],
      "a large leaf is written over the entry that leads to a table of small ones"
    ),
    PartitionPiece(
      "retry-unchecked",
      [.retryUnchecked],
      "a fault installs what it learnt before an invalidation"
    ),
    PartitionPiece(
      "set-rc-without-lock",
      [.recordedUnlocked],
      "a reference or change bit is set without the lock of the tables"
    ),
    PartitionPiece(
      "update-not-atomic",
      [.plainUpdate],
      "entries are changed by a load and a store, and what the hardware sets between is lost"
    ),
    PartitionPiece(
      "harvest-without-invalidation",
      [.harvestUninvalidated],
      "change bits are cleared while TLBs hold them as set, so later stores go unseen"
    ),
    PartitionPiece(
      "harvest-from-inside-large-leaf",
      [.largeReportedFromHere],
      "a large leaf that is written while it is harvested is reported from the middle on"
    ),
    PartitionPiece(
      "waiting-dirty-forgotten",
      [.waitingForgotten],
      "pages that were unmapped dirty are not in what is harvested"
    ),
    PartitionPiece(
      "dd1-entry-not-broken",
      [.unbrokenOnDD1],
      "on a POWER9 DD1 a valid entry is changed into another without being invalid between"
    ),
  ]
}
