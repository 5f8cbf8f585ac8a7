public import Walkers

/// What history got wrong about shared walks, and what else can be: each is the kernel's way with one
/// fault.
public struct SharedStage2Exhibit: Sendable {
  /// The name.
  public let name: String
  /// What is wrong, in a sentence.
  public let summary: String
  /// The fault.
  public let fault: SharedStage2Fault

  /// All of them.
  public static let all: [SharedStage2Exhibit] = [
    SharedStage2Exhibit(
      "attributes-by-store",
      "permissions and the access flag are written by a store, whatever was put there since",
      .storesAttributes
    ),
    SharedStage2Exhibit(
      "age-by-store",
      "an access flag is cleared by a store, whatever was put there since",
      .agesByStore
    ),
    SharedStage2Exhibit(
      "break-unchecked",
      "an entry is taken by a store, whoever has taken it since it was read",
      .breaksUnchecked
    ),
    SharedStage2Exhibit(
      "lock-ignored",
      "an entry that another fault has taken is filled like an empty one",
      .ignoresLock
    ),
    SharedStage2Exhibit(
      "unlinked-freed-at-once",
      "a table that a block replaces is freed while others may walk it",
      .freesAtOnce
    ),
    SharedStage2Exhibit(
      "unmap-frees-at-once",
      "a table that an unmap leaves empty is freed while others may walk it",
      .unmapFreesAtOnce
    ),
    SharedStage2Exhibit(
      "unlinked-iterated-early",
      "of a table that a block replaces, entries are counted off when it is unlinked",
      .iteratesEarly
    ),
    SharedStage2Exhibit(
      "unlinked-table-double-put",
      "who frees an unlinked table drops its count a second time",
      .unlinksTwice
    ),
    SharedStage2Exhibit(
      "walk-outside-section",
      "walks are no sections, and nobody waits for them",
      .walksOutsideSection
    ),
    SharedStage2Exhibit(
      "lost-table-kept",
      "a table that could not be linked is not given back",
      .keepsLostTable
    ),
    SharedStage2Exhibit(
      "lost-count-kept",
      "a count that was raised for an entry that another was faster with stays raised",
      .keepsLostCount
    ),
    SharedStage2Exhibit(
      "locked-before-allocation",
      "an entry is taken before the table is allocated that should go there",
      .locksBeforeAllocating
    ),
    SharedStage2Exhibit(
      "count-after-install",
      "a count is raised when the entry is there, which another may break meanwhile",
      .countsAfterInstall
    ),
    SharedStage2Exhibit(
      "break-not-invalidated",
      "a leaf that a fault replaces is not invalidated",
      .breaksSilently
    ),
    SharedStage2Exhibit(
      "invalidate-locally",
      "what a fault has broken is invalidated on its own CPU alone",
      .invalidatesLocally
    ),
    SharedStage2Exhibit(
      "unmap-invalidates-locally",
      "what an unmap has broken is invalidated on its own CPU alone",
      .unmapInvalidatesLocally
    ),
    SharedStage2Exhibit(
      "s2-table-to-block-partial-tlbi",
      "of a table that a block replaces the first page alone is invalidated",
      .invalidatesFirstPage
    ),
    SharedStage2Exhibit(
      "make-before-invalidate",
      "the new entry is there before the old one is invalidated",
      .makesBeforeInvalidation
    ),
    SharedStage2Exhibit(
      "pa-cursor-desync",
      "a map that finds pages where it has put a block goes on in them with addresses behind the block's",
      .countsOutput
    ),
    SharedStage2Exhibit(
      "perm-fault-lost-race-no-tlbi",
      "who loses an exchange of permissions invalidates nothing",
      .losesSilently
    ),
    SharedStage2Exhibit(
      "relax-claims-loss",
      "who loses an exchange of permissions says that it is done",
      .relaxClaimsLoss
    ),
    SharedStage2Exhibit(
      "map-claims-loss",
      "who loses an entry to another map says that it is done",
      .mapClaimsLoss
    ),
    SharedStage2Exhibit(
      "again-for-nothing",
      "a fault whose permissions are there already is told to come again",
      .needlessAgain
    ),
    SharedStage2Exhibit(
      "unmap-beside-faults",
      "an unmap holds the lock shared with faults",
      .unmapsShared
    ),
  ]

  private init(_ name: String, _ summary: String, _ fault: SharedStage2Fault) {
    self.name = name
    self.summary = summary
    self.fault = fault
  }
}
