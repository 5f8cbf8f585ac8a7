public import Walkers

/// A museum piece: a fault by the name under which it is shown, and the walkers that can have it.
struct MuseumPiece: Sendable {
  let slug: String
  let fault: Fault
  let summary: String
  var isInStage2 = true
  var isInHyp = false
  var role = Subject.Role.variant

  /// Every piece, the plain faults first, then those of the kernel's history, then the controls.
  static let all: [MuseumPiece] = plain + historical + controls

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
      summary: "the end of a range wraps and the walk silently does nothing",
      isInHyp: true
    ),
    MuseumPiece(
      slug: "output-unchecked",
      fault: .outputUnchecked,
      summary: "an output address beyond the output space is taken as if there were none",
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
      summary: "caches are maintained for entries that are not valid"
    ),
    MuseumPiece(
      slug: "hyp-remap-ignored",
      fault: .hypRemapIgnored,
      summary: "a hyp map over a different valid entry warns, does nothing and succeeds",
      isInStage2: false,
      isInHyp: true
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
