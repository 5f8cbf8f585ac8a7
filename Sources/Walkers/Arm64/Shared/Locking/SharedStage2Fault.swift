/// One thing that is wrong with a shared walk, so that a judge can be seen to convict.
public enum SharedStage2Fault: UInt8, Sendable, CaseIterable {
  /// Permissions and the access flag are written by a store, not exchanged for what was found.
  case storesAttributes
  /// An access flag is cleared by a store.
  case agesByStore
  /// An entry is taken by a store, whoever has taken it since it was read.
  case breaksUnchecked
  /// An entry that somebody has taken is filled like an empty one.
  case ignoresLock
  /// A table that a block replaces is freed while others may walk it.
  case freesAtOnce
  /// A table that an unmap leaves empty is freed while others may walk it.
  case unmapFreesAtOnce
  /// What hangs from a table that a block replaces is freed later, what it was when it was unlinked.
  case iteratesEarly
  /// Who frees an unlinked table drops its count a second time.
  case unlinksTwice
  /// Walks are no sections.
  case walksOutsideSection
  /// A table that could not be linked is kept.
  case keepsLostTable
  /// A count that was raised for an entry that another was faster with stays raised.
  case keepsLostCount
  /// An entry is taken before the table is allocated that should go there.
  case locksBeforeAllocating
  /// A broken leaf is not invalidated.
  case breaksSilently
  /// What a fault has broken is invalidated on its own CPU alone.
  case invalidatesLocally
  /// What an unmap has broken is invalidated on its own CPU alone.
  case unmapInvalidatesLocally
  /// Of a table that a block replaces the first page is invalidated alone.
  case invalidatesFirstPage
  /// The new entry is there before the old one is invalidated.
  case makesBeforeInvalidation
  /// Where output addresses are counted, and a block was made pages of since it was put there, the count
  /// has gone ahead.
  case countsOutput
  /// A table is linked by a store that orders nothing: the exchange before it has.
  case linksPlainly
  /// Who loses an exchange of permissions invalidates nothing.
  case losesSilently
  /// Who loses an exchange of permissions says that it is done.
  case relaxClaimsLoss
  /// Who loses an entry to another map says that it is done.
  case mapClaimsLoss
  /// A fault whose permissions are there already is told to come again.
  case needlessAgain
  /// An unmap holds the lock shared with faults.
  case unmapsShared
  /// A count is raised when the entry is there, and dropped by who breaks it before.
  case countsAfterInstall
}
