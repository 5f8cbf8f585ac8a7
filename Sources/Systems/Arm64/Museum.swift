import Checking
public import Walkers

/// A museum piece: a fault by the name under which it is shown, and the walkers that can have it.
struct MuseumPiece: Sendable {
  let slug: String
  let fault: Fault
  let summary: String
  var isInStage2 = true
  var isInHyp = false
  var role = Subject.Role.variant
  /// What its cases have that those of others have not.
  var setting = Setting.ordinary

  /// What a piece needs to show: a case that has more than the ordinary calls.
  enum Setting: Sendable {
    case ordinary
    /// Other CPUs' faults are dealt with beside this one's.
    case rivals
    /// Maps that no fault asked for go on behind what is mapped already.
    case mapsOutsideFaults
    /// Blocks are split.
    case splits
    /// Execution may be told apart: at stage 2 at EL1 and at EL0, in a hypervisor's table at EL2 and at
    /// EL0.
    case privileges
  }

  /// Every piece: the plain faults first, then those of the kernel's history, what its releases were
  /// found to have, and the controls.
  static let all: [MuseumPiece] = plain + historical + releases + controls

  private static let plain = [
    MuseumPiece(
      slug: "no-break",
      fault: .noBreak,
      summary: "a valid entry is overwritten by another valid one without a break"
    ),
    MuseumPiece(
      slug: "break-not-invalidated",
      fault: .breakNotInvalidated,
      summary: "an entry is cleared and never invalidated",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "make-before-invalidate",
      fault: .makeBeforeInvalidate,
      summary: "the new entry is written before the old one is invalidated"
    ),
    MuseumPiece(
      slug: "invalidate-without-barrier",
      fault: .invalidateWithoutBarrier,
      summary: "no barrier between clearing an entry and invalidating it",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "invalidate-locally",
      fault: .invalidateLocally,
      summary: "invalidations reach the issuing CPU alone",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "clean-after-install",
      fault: .cleanAfterInstall,
      summary: "cache maintenance comes after the entry is visible"
    ),
    MuseumPiece(
      slug: "exec-not-invalidated",
      fault: .execNotInvalidated,
      summary: "execute permission is given without instruction-cache invalidation"
    ),
    MuseumPiece(
      slug: "execution-exchanged",
      fault: .executionExchanged,
      summary: "execution at EL1 and at EL0 are encoded each in the other's place",
      setting: .privileges
    ),
    MuseumPiece(
      slug: "block-ignores-output",
      fault: .blockIgnoresOutput,
      summary: "a block is chosen though the output address is not aligned to it",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "block-past-end",
      fault: .blockPastEnd,
      summary: "a block is chosen though the range ends inside it",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "plain-link",
      fault: .plainLink,
      summary: "a table is linked by a plain store, before its zeroes are visible",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "map-without-barrier",
      fault: .mapWithoutBarrier,
      summary: "no barrier between the last store of a map and its return",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "root-without-barrier",
      fault: .rootWithoutBarrier,
      summary: "a root is handed out before its zeroes are visible"
    ),
    MuseumPiece(
      slug: "young-without-barrier",
      fault: .youngWithoutBarrier,
      summary: "no barrier between making a page young and the return"
    ),
    MuseumPiece(
      slug: "lost-on-enomem",
      fault: .lostOnENOMEM,
      summary: "a refused allocation leaves a count too high",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "high-bits-lost",
      fault: .highBitsLost,
      summary: "output-address bits 51:48 are dropped with 64K granules",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "hyp-remap-any",
      fault: .hypRemapAny,
      summary: "a hyp map silently changes a valid entry's output address",
      isInStage2: false,
      isInHyp: true
    ),
    MuseumPiece(
      slug: "owner-not-counted",
      fault: .ownerNotCounted,
      summary: "annotated entries are not counted, so a table that holds one is freed"
    ),
    MuseumPiece(
      slug: "destroy-skips-annotated",
      fault: .destroySkipsAnnotated,
      summary: "destroy drops the counts of valid entries only"
    ),
    MuseumPiece(
      slug: "break-for-permissions",
      fault: .breakForPermissions,
      summary: "a map that changes permissions only, or nothing, breaks and makes the entry again"
    ),
    MuseumPiece(
      slug: "frees-table-in-use",
      fault: .freesTableInUse,
      summary: "a table with one entry left passes for empty",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "keeps-empty-table",
      fault: .keepsEmptyTable,
      summary: "an empty table never passes for empty",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "count-dropped-early",
      fault: .countDroppedEarly,
      summary: "a table is freed before the invalidation that makes it safe",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "skips-after-free",
      fault: .skipsAfterFree,
      summary: "after freeing a table the walk resumes one entry too far",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "end-wraps",
      fault: .endWraps,
      summary: "the end of a range wraps and the walk silently does nothing"
        + " (found in 6.1, 6.12, 7.2, 7.3)",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "output-unchecked",
      fault: .outputUnchecked,
      summary: "an output address beyond the output space is taken as if there were none"
        + " (found in 6.1, 6.12)",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "relax-not-invalidated",
      fault: .relaxNotInvalidated,
      summary: "relaxed permissions are never invalidated, and the guest faults for ever"
    ),
    MuseumPiece(
      slug: "unmap-not-cleaned",
      fault: .unmapNotCleaned,
      summary: "cacheable memory is not cleaned after it is unmapped"
    ),
    MuseumPiece(
      slug: "map-not-cleaned",
      fault: .mapNotCleaned,
      summary: "cacheable memory is not cleaned before it is mapped"
    ),
    MuseumPiece(
      slug: "combined-not-invalidated",
      fault: .combinedNotInvalidated,
      summary: "stage 2 is invalidated, what stages 1 and 2 made of it together is not"
    ),
    MuseumPiece(
      slug: "leaf-level-hint",
      fault: .leafLevelHint,
      summary: "the invalidation of a leaf promises the level above"
    ),
    MuseumPiece(
      slug: "keeps-partial-block",
      fault: .keepsPartialBlock,
      summary: "unmap leaves a block that only a part of the range touches"
    ),
  ]

  private static let historical = [
    MuseumPiece(
      slug: "s2-valid-update-ref-leak",
      fault: .validUpdateReferenceLeak,
      summary: "the count of a valid leaf that is replaced is never dropped (v5.10)"
    ),
    MuseumPiece(
      slug: "walk-unaligned-step",
      fault: .walkUnalignedStep,
      summary: "a skipped entry advances the cursor by its span, not to its end (v5.12)"
    ),
    MuseumPiece(
      slug: "table-tlbi-level-hint",
      fault: .tableLevelHint,
      summary: "the invalidation of a table entry promises the table's level (v6.9)",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "preorder-visit-freed-subtree",
      fault: .preorderVisitFreedSubtree,
      summary: "after a table was replaced by a block the walk goes on in the freed table (v6.4)"
    ),
    MuseumPiece(
      slug: "sentinel-pa-wraps",
      fault: .sentinelWraps,
      summary: "the all-ones output of an ownership walk is advanced and becomes valid"
    ),
    MuseumPiece(
      slug: "removed-table-root-not-freed",
      fault: .removedTableRootNotFreed,
      summary: "a detached table's own count is never dropped (v6.4)"
    ),
    MuseumPiece(
      slug: "owner-pte-cmo-on-pa0",
      fault: .maintenanceForInvalid,
      summary: "caches are maintained for entries that are not valid (found in 6.1)"
    ),
    MuseumPiece(
      slug: "s2-table-to-block-partial-tlbi",
      fault: .tableInvalidatedOnce,
      summary: "a table that a block replaces is invalidated at one address (v5.10)"
    ),
    MuseumPiece(
      slug: "deferred-tlbi-table-freed",
      fault: .tablesFreedBeforeInvalidation,
      summary: "invalidations wait for the end of an unmap, tables are freed before (v6.9)"
    ),
    MuseumPiece(
      slug: "range-tlbi-not-granule-aligned",
      fault: .rangeFromWalkStart,
      summary: "the range invalidated for a table begins at the walk's address, not its own (v6.9)"
    ),
    MuseumPiece(
      slug: "pa-cursor-desync",
      fault: .outputNotAdvanced,
      summary: "past a leaf that is there already the output address falls behind (v6.4)",
      setting: .mapsOutsideFaults
    ),
    MuseumPiece(
      slug: "perm-fault-lost-race-no-tlbi",
      fault: .lostRaceNotInvalidated,
      summary: "a fault that another CPU dealt with first leaves this CPU's TLB as it is (v6.7)",
      setting: .rivals
    ),
    MuseumPiece(
      slug: "rival-fault-overwritten",
      fault: .rivalOverwritten,
      summary: "what another CPU's fault did to the entry meanwhile is overwritten",
      setting: .rivals
    ),
    MuseumPiece(
      slug: "range-op-aborts-on-hole",
      fault: .holeEndsRange,
      summary: "write-protection ends at the first hole, and the rest stays writable (v6.3)"
    ),
    MuseumPiece(
      slug: "perm-fault-on-hole-handled",
      fault: .holeHandled,
      summary: "a permission fault on a page that has vanished passes for done (v6.3)"
    ),
    MuseumPiece(
      slug: "unlinked-table-double-put",
      fault: .unlinkedFreedTwice,
      summary: "a tree that cannot be finished for a split is freed twice (v6.8)",
      setting: .splits
    ),
    MuseumPiece(
      slug: "concatenated-pgd-refcount",
      fault: .rootTailsUncounted,
      summary: "the root is one page of higher order, of which only the first is counted (v5.15)"
    ),
    MuseumPiece(
      slug: "owner-annotation-lost-on-split",
      fault: .ownersInBlocks,
      summary: "an owner is annotated in blocks, and a later map of a page loses the rest"
    ),
    MuseumPiece(
      slug: "empty-range-walked",
      fault: .emptyRangeWalked,
      summary: "a range of no bytes is walked as one of a page",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "hyp-remap-ignored",
      fault: .hypRemapIgnored,
      summary: "a hyp map over a different valid entry warns, does nothing and succeeds",
      isInStage2: false,
      isInHyp: true
    ),
  ]

  /// What comparing releases with each other and with the model has shown; the releases are those that
  /// it was found in, of 6.1, 6.12, 7.2 and 7.3.
  private static let releases = [
    MuseumPiece(
      slug: "relax-replaces-execution",
      fault: .executionReplaced,
      summary: "relaxed permissions give execution at EL1 for that at EL0, or the other way"
        + " (found in 7.2, 7.3)",
      setting: .privileges
    ),
    MuseumPiece(
      slug: "unmap-keeps-partial-page-cached",
      fault: .partialPageNotInvalidated,
      summary: "unmap of no whole number of pages leaves its last page in the TLB"
        + " (found in 6.12, 7.2, 7.3)"
    ),
    MuseumPiece(
      slug: "split-forgets-type",
      fault: .splitForgetsType,
      summary: "the pages that a block is split into are normal memory (found in 6.12, 7.2, 7.3)",
      setting: .splits
    ),
    MuseumPiece(
      slug: "relax-level-never-set",
      fault: .relaxLevelUnset,
      summary: "relaxing nothing invalidates with a level that was never set"
        + " (between 6.12 and 7.2)"
    ),
    MuseumPiece(
      slug: "output-cut",
      fault: .outputCut,
      summary: "an output beyond the PARange is cut to its field (found in 7.2, 7.3)"
    ),
    MuseumPiece(
      slug: "hyp-pages-over-block",
      fault: .tableOverHypBlock,
      summary: "a hyp map of pages puts a table in the place of a block, without a break"
        + " (found in 6.1, 6.12, 7.2, 7.3)",
      isInStage2: false,
      isInHyp: true
    ),
    MuseumPiece(
      slug: "hyp-output-past-refused-block",
      fault: .outputPastHypBlock,
      summary: "a hyp map over a block of other permissions maps what comes behind its output"
        + " (found in 6.1)",
      isInStage2: false,
      isInHyp: true
    ),
    MuseumPiece(
      slug: "hyp-unmap-from-inside-block",
      fault: .hypUnmapFromInside,
      summary: "a hyp unmap that begins inside a block unmaps all of it"
        + " (found in 6.1, 6.12, 7.2, 7.3)",
      isInStage2: false,
      isInHyp: true
    ),
    MuseumPiece(
      slug: "hvhe-pxn-never-set",
      fault: .privilegedMayExecute,
      summary: "with hVHE the hypervisor may execute all that is mapped (found in 6.12)",
      isInStage2: false,
      isInHyp: true,
      setting: .privileges
    ),
  ]

  private static let controls = [
    MuseumPiece(
      slug: "whole-vmid",
      fault: .wholeVMID,
      summary: "every invalidation takes the whole VMID where an address would do",
      isInHyp: true,
      role: .control
    ),
    MuseumPiece(
      slug: "barrier-at-end",
      fault: .barrierAtEnd,
      summary: "one barrier and one invalidation at the end of a walk serve all its stores",
      isInHyp: true,
      role: .control
    ),
    MuseumPiece(
      slug: "tables-kept",
      fault: .tablesKept,
      summary: "empty tables stay until destroy, as the library's contract says",
      isInHyp: true,
      role: .control
    ),
  ]

  /// Whether a walker with this fault keeps empty tables by contract.
  var keepsEmptyTables: Bool { fault == .tablesKept || fault == .barrierAtEnd }
}

extension Fault {
  /// The fault of a stage-2 museum piece; nil for no such piece.
  public static func inMuseum(named slug: String) -> Fault? {
    MuseumPiece.all.first { $0.slug == slug && $0.isInStage2 }?.fault
  }
}
