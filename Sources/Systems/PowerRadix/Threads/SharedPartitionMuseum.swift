import Walkers

/// What history got wrong about partition-scoped tables on several CPUs, and what else can be: each is the
/// reference with one fault.
struct SharedPartitionExhibit: Sendable {
  /// The name.
  let name: String
  /// What is wrong, in a sentence.
  let summary: String
  /// The fault.
  let fault: PartitionTableFault

  /// All of them.
  static let all: [SharedPartitionExhibit] = [
    SharedPartitionExhibit(
      "retry-unchecked",
      "a fault does not look whether there was an invalidation since it asked for the page",
      .retryUnchecked
    ),
    SharedPartitionExhibit(
      "retry-outside-lock",
      "a fault looks for invalidations before it takes the lock, and not under it",
      .retryOutsideLock
    ),
    SharedPartitionExhibit(
      "count-taken-late",
      "a fault counts the invalidations from when it holds the page",
      .countTakenLate
    ),
    SharedPartitionExhibit(
      "memslot-flush-vs-fault",
      "a slot is flushed, and that is counted as no invalidation",
      .flushUncounted
    ),
    SharedPartitionExhibit(
      "flush-invalidates-late",
      "a slot is flushed under the lock, and invalidated when that was given back",
      .flushInvalidatesLate
    ),
    SharedPartitionExhibit(
      "update-not-atomic",
      "entries are changed by a load and a store, whatever the hardware sets meanwhile",
      .plainUpdate
    ),
    SharedPartitionExhibit(
      "harvest-clears-unseen",
      "a harvest clears change bits that it has not seen",
      .harvestClearsUnseen
    ),
    SharedPartitionExhibit(
      "harvest-without-invalidation",
      "a harvest clears change bits, and CPUs go on writing without setting them",
      .harvestUninvalidated
    ),
    SharedPartitionExhibit(
      "waiting-dirty-forgotten",
      "a harvest forgets what invalidations have logged",
      .waitingForgotten
    ),
    SharedPartitionExhibit(
      "dirty-size-units",
      "of a dirty large leaf that an invalidation takes away one page is logged",
      .dirtySizeInPages
    ),
    SharedPartitionExhibit(
      "set-rc-without-lock",
      "a fault sets reference and change bits without the lock",
      .recordedUnlocked
    ),
    SharedPartitionExhibit(
      "rc-mismatch-clears-pte",
      "a fault takes a leaf away that another has made, and makes it again",
      .sameLeafCleared
    ),
    SharedPartitionExhibit(
      "table-freed-with-live-ptes",
      "a large leaf replaces a table, which is freed while faults walk it",
      .tableFreedWithLeaves
    ),
    SharedPartitionExhibit(
      "large-ptes-never-upgraded",
      "where a large leaf is in the way the vCPU is to try again, for ever",
      .largeNeverReplaced
    ),
    SharedPartitionExhibit(
      "host-pte-vanishes",
      "the host's entry is taken to be there still when the page is held",
      .hostEntryTrusted
    ),
    SharedPartitionExhibit(
      "tlbie-incomplete",
      "`tlbie` is followed by `ptesync` alone",
      .invalidationIncomplete
    ),
    SharedPartitionExhibit(
      "tlbie-unordered",
      "`tlbie` is not preceded by `ptesync`",
      .invalidationUnordered
    ),
  ]

  private init(_ name: String, _ summary: String, _ fault: PartitionTableFault) {
    self.name = name
    self.summary = summary
    self.fault = fault
  }
}
