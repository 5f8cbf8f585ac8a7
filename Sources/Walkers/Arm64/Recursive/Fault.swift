/// One thing that is wrong with a recursive walker, so that a judge can be seen to convict.
///
/// Each is a bug of the kernel's history or a plain fault of the kind that such code invites.
public enum Fault: UInt8, Sendable, CaseIterable {
  /// A valid entry is overwritten by another without a break.
  case noBreak
  /// An entry is cleared and never invalidated.
  case breakNotInvalidated
  /// The new entry is written before the old one is invalidated.
  case makeBeforeInvalidate
  /// No barrier between clearing an entry and invalidating it.
  case invalidateWithoutBarrier
  /// Invalidations reach this CPU alone.
  case invalidateLocally
  /// Cache maintenance comes after the entry is visible.
  case cleanAfterInstall
  /// Execute permission is added without invalidating the instruction cache.
  case execNotInvalidated
  /// A block is chosen though the output address is not aligned to it.
  case blockIgnoresOutput
  /// A block is chosen though the range ends inside it.
  case blockPastEnd
  /// A table is linked by a relaxed store.
  case plainLink
  /// No barrier between the last store of a map and its return.
  case mapWithoutBarrier
  /// A refused allocation leaves a count too high.
  case lostOnENOMEM
  /// Output-address bits 51:48 are dropped with 64 KiB granules.
  case highBitsLost
  /// A hyp map changes a valid entry's output address in place.
  case hypRemapAny
  /// Annotated invalid entries are not counted.
  case ownerNotCounted
  /// Destroy drops the counts of valid entries only.
  case destroySkipsAnnotated
  /// A map that changes permissions only, or nothing, breaks and makes the entry again.
  case breakForPermissions
  /// A table with one entry left passes for empty.
  case freesTableInUse
  /// An empty table never passes for empty.
  case keepsEmptyTable
  /// A table is freed before the invalidation that makes it safe.
  case countDroppedEarly
  /// After freeing a table the walk goes on one entry too far.
  case skipsAfterFree
  /// The end of a range wraps, and the walk does nothing.
  case endWraps
  /// A range of no bytes is walked as one of a page.
  case emptyRangeWalked
  /// The count of a replaced valid leaf is never dropped.
  case validUpdateReferenceLeak
  /// A skipped entry advances the cursor by its span instead of to its end.
  case walkUnalignedStep
  /// The invalidation of a table entry promises its level.
  case tableLevelHint
  /// After a table was replaced by a block the walk goes on in the freed table.
  case preorderVisitFreedSubtree
  /// The all-ones output of an ownership walk is advanced, and becomes a valid address.
  case sentinelWraps
  /// A detached table's own count is never dropped.
  case removedTableRootNotFreed
  /// Cache maintenance is done for entries that are not valid.
  case maintenanceForInvalid
  /// An output address beyond the address space passes for none.
  case outputUnchecked
  /// A hyp map over a different valid entry warns, does nothing and succeeds.
  case hypRemapIgnored
  /// A hyp table keeps no counts and cannot be unmapped.
  case hypUncounted
  /// A relaxation of permissions is not followed by an invalidation.
  case relaxNotInvalidated
  /// Cacheable memory is not cleaned after it is unmapped.
  case unmapNotCleaned
  /// Cacheable memory is not cleaned before it is mapped.
  case mapNotCleaned
  /// The combined stage-1-and-2 translations are not invalidated.
  case combinedNotInvalidated
  /// The invalidation of a leaf promises another level.
  case leafLevelHint
  /// A block that only a part of the range touches stays mapped.
  case keepsPartialBlock
  /// Nothing orders the store of `mkyoung` before its return.
  case youngWithoutBarrier
  /// A root is handed out before its zeroes are visible.
  case rootWithoutBarrier
  /// A change of permissions over a range ends at the first entry that is not valid.
  case holeEndsRange
  /// Adding permissions where nothing is mapped passes for done.
  case holeHandled
  /// A fault that another was faster to deal with invalidates nothing.
  case lostRaceNotInvalidated
  /// What another fault did meanwhile is overwritten.
  case rivalOverwritten
  /// A table that is replaced by a block is invalidated at one address.
  case tableInvalidatedOnce
  /// The range that is invalidated for a replaced table begins where the walk did.
  case rangeFromWalkStart
  /// Invalidations wait for the end of an unmap, and tables are freed before.
  case tablesFreedBeforeInvalidation
  /// The output of a leaf that is passed over is not passed over.
  case outputNotAdvanced
  /// The root of a tree that was never linked is freed twice when the tree cannot be finished.
  case unlinkedFreedTwice
  /// Only the first page of the root has a count.
  case rootTailsUncounted
  /// An owner is annotated in blocks, of which a later map of a page loses the rest.
  case ownersInBlocks
  /// Execution of EL1 and of EL0 are encoded each in the other's place.
  case executionExchanged
  /// Relaxed permissions replace execution at one privilege by that at another.
  case executionReplaced
  /// A hyp map of pages puts a table in the place of a block.
  case tableOverHypBlock
  /// A hyp map does so where the block's attributes differ, and the output of the pages is the next block's.
  case outputPastHypBlock
  /// A hyp unmap takes a block that begins before the range.
  case hypUnmapFromInside
  /// In the EL2&0 regime only EL0 is kept from executing.
  case privilegedMayExecute
  /// What an unmap invalidates at its end is the range's size in whole pages, rounded down.
  case partialPageNotInvalidated
  /// The pages that a split makes are normal memory, whatever the block was.
  case splitForgetsType
  /// The invalidation of relaxed permissions promises a level that was never set.
  case relaxLevelUnset
  /// An output address beyond the address space is cut to its field.
  case outputCut
  /// Permitted: every invalidation takes the whole VMID.
  case wholeVMID
  /// Permitted: one barrier and one invalidation at the end serve all leaves of a walk.
  case barrierAtEnd
  /// Permitted: empty tables stay until destroy.
  case tablesKept
}

/// Which faults a recursive walker has.
public typealias FaultSet = FaultsOf<Fault>

extension FaultsOf where Member == Fault {
  /// What is wrong with the stage-2 walker of the document the project was created from.
  public static var stage2Seed: Self {
    [
      .tableLevelHint, .maintenanceForInvalid, .endWraps, .outputUnchecked,
    ]
  }
  /// What is wrong with the hyp walker of the document the project was created from.
  public static var hypSeed: Self {
    [
      .endWraps, .outputUnchecked, .hypRemapIgnored, .hypUncounted,
    ]
  }
}
