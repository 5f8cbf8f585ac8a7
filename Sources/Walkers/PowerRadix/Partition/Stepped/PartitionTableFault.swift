/// One thing that can be wrong with a stepped keeping of a partition-scoped tree.
///
/// A `PartitionFault` is the guest's, and is handled; this is the walker's.
public enum PartitionTableFault: UInt8, Sendable, Hashable, CaseIterable {
  /// A large leaf that is in the way, of a large page or a small one, is answered by a retry.
  case largeNeverReplaced
  /// Whether a large leaf fits is asked of the address bits above it.
  case alignmentOfHighBits
  /// A large leaf may reach beyond the slot.
  case leafBeyondSlot
  /// That a page was held for writing is taken to have marked it dirty.
  case hostDirtyAssumed
  /// `tlbie` is followed by `ptesync` alone.
  case invalidationIncomplete
  /// `tlbie` is not preceded by `ptesync`.
  case invalidationUnordered
  /// `tlbie` names 2 MiB for 1 GiB.
  case invalidationOfWrongSize
  /// `tlbie` gets an address inside the page.
  case invalidationUnaligned
  /// A dirty large leaf is logged as one page.
  case dirtySizeInPages
  /// A dirty large leaf is logged from the word whose number is its first page's.
  case dirtyWordByPage
  /// The host's entry is taken to be there still.
  case hostEntryTrusted
  /// A leaf that differs in reference, change or write alone is cleared and made again.
  case sameLeafCleared
  /// The flush of a slot does not count as an invalidation.
  case flushUncounted
  /// Invalidations between the question and the entry are not looked for.
  case retryUnchecked
  /// A reference or change bit is set without the lock.
  case recordedUnlocked
  /// A device's memory gets the host's own bits, and none is had at real address 0.
  case deviceBitsCopied
  /// Unmapping leaves everything of an entry but its valid bit.
  case unmapKeepsBits
  /// A leaf bit alone, in an entry that is not valid, is taken for a leaf.
  case leafBitBelieved
  /// A table is overwritten by a large leaf.
  case tableOverwritten
  /// The root is kept when it is freed.
  case freedRootKept
  /// Freeing knows leaves of 2 MiB only.
  case freeKnowsOneLeaf
  /// Freeing invalidates nothing.
  case freeUninvalidated
  /// Freeing leaves the page-walk cache as it is.
  case freeKeepsWalkCache
  /// Entries are changed by a load and a store.
  case plainUpdate
  /// Change bits are harvested without an invalidation.
  case harvestUninvalidated
  /// On a DD1, a valid entry is changed into another.
  case unbrokenOnDD1
  /// A dirty large leaf is harvested from the page at which it was found dirty.
  case largeReportedFromHere
  /// A harvest forgets what waits in the slot's log.
  case waitingForgotten
  /// A large leaf is as large as the host's compound page, however little of that the host maps there.
  case compoundTrusted
  /// Reference and change are set in a leaf that does not permit the access.
  case recordedUnpermitted
  /// Where memory for a table is short and a large leaf is in the way, the guest is to try again.
  case starvedRetried
  /// A large leaf goes though there is no memory for all that takes its place.
  case largeLostWithoutMemory
  /// A large leaf replaces a table, whose leaves are not looked at.
  case tableFreedWithLeaves
  /// Whether the slot has all of a large leaf is asked of one a level higher.
  case slotOfNextLevel
  /// Invalidations since the fault began are looked for before the lock is taken, and not under it.
  case retryOutsideLock
  /// Invalidations are counted from when the host's page is held.
  case countTakenLate
  /// A harvest clears change bits that it has not seen.
  case harvestClearsUnseen
  /// The flush of a slot invalidates when it has given the lock back.
  case flushInvalidatesLate
}

/// Which faults a stepped keeping of partition-scoped tables has.
public typealias PartitionTableFaultSet = FaultsOf<PartitionTableFault>

extension FaultsOf where Member == PartitionTableFault {
  /// What is wrong in the document the project was created from.
  public static var seed: Self {
    [
      .largeNeverReplaced, .alignmentOfHighBits, .leafBeyondSlot, .hostDirtyAssumed,
      .invalidationIncomplete, .invalidationOfWrongSize, .invalidationUnaligned, .dirtyWordByPage,
      .sameLeafCleared, .flushUncounted, .deviceBitsCopied, .unmapKeepsBits, .leafBitBelieved,
      .freedRootKept, .freeKnowsOneLeaf, .freeUninvalidated, .largeReportedFromHere,
    ]
  }
}
