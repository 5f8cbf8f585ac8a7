import Checking
import Machines
import Property

/// A museum piece's place: its system, its name, the rules of which one has to convict it, and in how
/// many calls at most; of several ways in which a piece shows, one of those that a seed or the next few
/// come to first.
struct Exhibit: Sendable {
  let system: String
  let subject: String
  let rules: Set<String>
  let calls: Int
  let seed: Seed
  /// How often a thread has to make way for another though it could go on; nil where there are no threads.
  let preemptions: Int?

  init(
    _ system: String,
    _ subject: String,
    _ rules: Set<String>,
    _ calls: Int,
    seed: Seed = 1,
    preemptions: Int? = nil
  ) {
    self.seed = seed
    self.preemptions = preemptions
    self.system = system
    self.subject = subject
    self.rules = rules
    self.calls = calls
  }

  /// Whether a counterexample is as the list says, or shorter.
  func isShown(by counterexample: Counterexample) -> Bool {
    guard rules.contains(counterexample.finding.rule.name), counterexample.calls.count <= calls
    else { return false }
    guard let preemptions else { return true }
    return (0...preemptions).contains { count in
      let title = "schedule, \(count) preemption\(count == 1 ? "" : "s")"
      return counterexample.sections.map(\.title) == [title]
    }
  }
}

/// Every variant, with what convicts it.
let exhibits: [Exhibit] =
  tableExhibits + cacheExhibits + sharedExhibits + partitionExhibits + bufferExhibits

/// Those of tables.
private let tableExhibits: [Exhibit] = [
  Exhibit("arm64-stage2", "no-break", ["no-break"], 2),
  Exhibit("arm64-stage2", "break-not-invalidated", ["make-before-invalidate"], 2),
  Exhibit("arm64-stage2", "make-before-invalidate", ["make-before-invalidate"], 2),
  Exhibit("arm64-stage2", "invalidate-without-barrier", ["invalidate-without-barrier"], 2),
  Exhibit("arm64-stage2", "invalidate-locally", ["make-before-invalidate"], 2),
  Exhibit("arm64-stage2", "clean-after-install", ["not-cleaned-before-install"], 1),
  Exhibit("arm64-stage2", "exec-not-invalidated", ["instructions-not-invalidated"], 1),
  Exhibit("arm64-stage2", "execution-exchanged", ["wrong-entry"], 1),
  Exhibit("arm64-stage2", "block-ignores-output", ["not-cleaned-before-install"], 1),
  Exhibit("arm64-stage2", "block-past-end", ["wrong-entry"], 1),
  Exhibit("arm64-stage2", "plain-link", ["plain-link"], 1),
  Exhibit("arm64-stage2", "map-without-barrier", ["store-without-barrier"], 1),
  Exhibit("arm64-stage2", "lost-on-enomem", ["count-mismatch"], 1),
  Exhibit("arm64-stage2", "high-bits-lost", ["wrong-entry"], 1),
  Exhibit("arm64-stage2", "owner-not-counted", ["count-mismatch"], 1),
  Exhibit("arm64-stage2", "destroy-skips-annotated", ["leak-after-destroy"], 2),
  Exhibit("arm64-stage2", "break-for-permissions", ["wrong-result"], 2),
  Exhibit("arm64-stage2", "frees-table-in-use", ["stale-translation"], 2),
  Exhibit("arm64-stage2", "keeps-empty-table", ["wrong-entry"], 2),
  Exhibit("arm64-stage2", "count-dropped-early", ["freed-while-linked"], 2),
  Exhibit("arm64-stage2", "skips-after-free", ["wrong-entry"], 2),
  Exhibit("arm64-stage2", "end-wraps", ["wrong-result"], 1),
  Exhibit("arm64-stage2", "output-unchecked", ["wrong-result"], 1),
  Exhibit("arm64-stage2", "relax-not-invalidated", ["store-without-barrier"], 2),
  Exhibit("arm64-stage2", "unmap-not-cleaned", ["not-cleaned-after-unmap"], 2),
  Exhibit("arm64-stage2", "map-not-cleaned", ["not-cleaned-before-install"], 1),
  Exhibit("arm64-stage2", "combined-not-invalidated", ["make-before-invalidate"], 2),
  Exhibit("arm64-stage2", "leaf-level-hint", ["wrong-level-hint"], 2),
  Exhibit("arm64-stage2", "keeps-partial-block", ["wrong-entry"], 2),
  Exhibit("arm64-stage2", "s2-valid-update-ref-leak", ["count-mismatch"], 2),
  Exhibit("arm64-stage2", "walk-unaligned-step", ["wrong-entry"], 2),
  Exhibit("arm64-stage2", "table-tlbi-level-hint", ["wrong-level-hint"], 2),
  Exhibit("arm64-stage2", "preorder-visit-freed-subtree", ["use-after-free"], 2),
  Exhibit("arm64-stage2", "sentinel-pa-wraps", ["wrong-entry"], 1),
  Exhibit("arm64-stage2", "removed-table-root-not-freed", ["lost-table"], 2),
  Exhibit("arm64-stage2", "owner-pte-cmo-on-pa0", ["needless-instruction-invalidation"], 1),
  Exhibit("arm64-stage2", "root-without-barrier", ["root-without-barrier"], 0),
  Exhibit("arm64-stage2", "young-without-barrier", ["store-without-barrier"], 3),
  Exhibit("arm64-stage2", "s2-table-to-block-partial-tlbi", ["make-before-invalidate"], 2),
  Exhibit("arm64-stage2", "deferred-tlbi-table-freed", ["freed-while-walkable"], 2),
  Exhibit("arm64-stage2", "range-tlbi-not-granule-aligned", ["make-before-invalidate"], 2),
  Exhibit("arm64-stage2", "pa-cursor-desync", ["wrong-entry"], 2),
  Exhibit("arm64-stage2", "perm-fault-lost-race-no-tlbi", ["stale-permission"], 2),
  Exhibit("arm64-stage2", "rival-fault-overwritten", ["wrong-entry"], 2),
  Exhibit("arm64-stage2", "range-op-aborts-on-hole", ["wrong-entry"], 2),
  Exhibit("arm64-stage2", "perm-fault-on-hole-handled", ["wrong-result"], 1),
  Exhibit("arm64-stage2", "relax-replaces-execution", ["wrong-entry"], 2),
  Exhibit("arm64-stage2", "unlinked-table-double-put", ["double-free"], 2),
  Exhibit("arm64-stage2", "concatenated-pgd-refcount", ["count-mismatch"], 0),
  Exhibit("arm64-stage2", "owner-annotation-lost-on-split", ["wrong-entry"], 1),
  Exhibit("arm64-stage2", "empty-range-walked", ["wrong-entry"], 1),
  Exhibit("arm64-hyp", "break-not-invalidated", ["stale-translation"], 2),
  Exhibit("arm64-hyp", "invalidate-without-barrier", ["invalidate-without-barrier"], 2),
  Exhibit("arm64-hyp", "invalidate-locally", ["stale-translation"], 2),
  Exhibit("arm64-hyp", "block-ignores-output", ["wrong-entry"], 1),
  Exhibit("arm64-hyp", "block-past-end", ["wrong-entry"], 1),
  Exhibit("arm64-hyp", "plain-link", ["plain-link"], 1),
  Exhibit("arm64-hyp", "map-without-barrier", ["store-without-barrier"], 1),
  Exhibit("arm64-hyp", "lost-on-enomem", ["count-mismatch"], 1),
  Exhibit("arm64-hyp", "high-bits-lost", ["wrong-entry"], 1),
  Exhibit("arm64-hyp", "hyp-remap-any", ["no-break"], 2),
  Exhibit("arm64-hyp", "frees-table-in-use", ["stale-translation"], 2),
  Exhibit("arm64-hyp", "keeps-empty-table", ["wrong-entry"], 2),
  Exhibit("arm64-hyp", "count-dropped-early", ["freed-while-linked"], 2),
  Exhibit("arm64-hyp", "skips-after-free", ["wrong-result"], 2),
  Exhibit("arm64-hyp", "end-wraps", ["wrong-result"], 1),
  Exhibit("arm64-hyp", "output-unchecked", ["wrong-result"], 1),
  Exhibit("arm64-hyp", "table-tlbi-level-hint", ["wrong-level-hint"], 2),
  Exhibit("arm64-hyp", "empty-range-walked", ["wrong-entry"], 1),
  Exhibit("arm64-hyp", "hyp-remap-ignored", ["unexpected-warning"], 2),
  Exhibit("arm64-stage2", "unmap-keeps-partial-page-cached", ["stale-translation"], 2),
  Exhibit("arm64-stage2", "split-forgets-type", ["wrong-entry"], 2),
  Exhibit("arm64-stage2", "relax-level-never-set", ["wrong-level-hint"], 1),
  Exhibit("arm64-stage2", "output-cut", ["wrong-result"], 1),
  Exhibit("arm64-hyp", "hyp-pages-over-block", ["no-break"], 2),
  Exhibit("arm64-hyp", "hyp-output-past-refused-block", ["no-break"], 2),
  Exhibit("arm64-hyp", "hyp-unmap-from-inside-block", ["wrong-result"], 2),
  Exhibit("arm64-hyp", "hvhe-pxn-never-set", ["wrong-entry"], 1),
  Exhibit("arm-unmap", "loop-annotations-kept", ["wrong-entry"], 2),
  Exhibit("arm-unmap", "loop-top-unchecked", ["access-outside-memory"], 2),
  Exhibit("arm-unmap", "loop-pud-tables-kept", ["leak-after-destroy"], 2, seed: 4),
  Exhibit("arm-unmap", "loop-empty-tables-kept", ["wrong-entry"], 2, seed: 3),
  Exhibit("arm-unmap", "loop-last-page-missed", ["wrong-entry"], 2),
  Exhibit("arm-unmap", "loop-range-unchecked", ["wrong-result"], 1),
  Exhibit("arm-unmap", "loop-hyp-not-invalidated", ["stale-translation"], 2),
  Exhibit("arm-unmap", "pgd-none-not-checked", ["access-outside-memory"], 2),
  Exhibit("arm-unmap", "do-while-empty-range", ["stale-translation"], 3, seed: 6),
  Exhibit("arm-unmap", "do-while-misaligned-range", ["use-after-free"], 3, seed: 2),
  Exhibit("arm-unmap", "do-while-range-unchecked", ["wrong-result"], 1),
  Exhibit("arm-unmap", "pud-tables-never-freed", ["leak-after-destroy"], 2, seed: 4),
  Exhibit("arm-unmap", "nested-hyp-not-invalidated", ["stale-translation"], 2),
  Exhibit("arm-unmap", "unaligned-range-skips-blocks", ["wrong-entry"], 2),
  Exhibit("arm-unmap", "root-allocated-with-single-refcount", ["count-mismatch"], 1),
  Exhibit("arm-unmap", "no-break-before-make", ["no-break"], 2),
  Exhibit("arm-unmap", "block-mapping-outside-slot", ["wrong-entry"], 1, seed: 2),
  Exhibit("arm-unmap", "block-mapping-misaligned", ["wrong-entry"], 1, seed: 2),
  Exhibit("arm-unmap", "huge-and-table-conflict", ["lost-table"], 2, seed: 2),
  Exhibit("arm-unmap", "resched-in-nonblockable-context", ["yield-not-permitted"], 2),
  Exhibit("arm-unmap", "inplace-rewrite-of-identical-entry", ["needless-rewrite"], 2),
  Exhibit("arm-unmap", "flush-memslot-missing-pgd-none", ["access-outside-memory"], 1),
  Exhibit("arm-unmap", "vttbr-baddr-mask", ["wrong-entry"], 1),
  Exhibit("arm-unmap", "stage2-free-vs-notifier", ["use-after-free"], 2),
  Exhibit("arm-unmap", "stage2-free-vs-late-notifier", ["use-after-free"], 2),
  Exhibit("arm-unmap", "stage2-free-vs-ageing", ["use-after-free"], 2, seed: 2),
  Exhibit("arm-unmap", "stale-entry-after-yield", ["use-after-free"], 3, seed: 7),
  Exhibit("arm-unmap", "missing-cmo-on-unmap", ["not-cleaned-after-unmap"], 2),
  Exhibit("arm-unmap", "missing-cmo-on-cow", ["not-cleaned-before-install"], 2),
  Exhibit("power-radix", "process-table-base-mask", ["wrong-read"], 1),
  Exhibit("power-radix", "root-base-mask", ["wrong-result"], 3),
  Exhibit("power-radix", "table-size-in-32-bits", ["wrong-read"], 1),
  Exhibit("power-radix", "table-offset-in-32-bits", ["wrong-result"], 2),
  Exhibit("power-radix", "table-size-int-overflow", ["wrong-result"], 2),
  Exhibit("power-radix", "tree-size-low-field", ["wrong-result"], 3),
  Exhibit("power-radix", "table-alignment-unchecked", ["wrong-result"], 4),
  Exhibit("power-radix", "leaf-alignment-unchecked", ["wrong-result"], 3),
  Exhibit("power-radix", "top-leaf-accepted", ["wrong-result"], 4),
  Exhibit("power-radix", "presence-unchecked", ["wrong-result"], 2),
  Exhibit("power-radix", "quadrants-unchecked", ["wrong-result"], 2),
  Exhibit("power-radix", "process-unchecked", ["wrong-read"], 1),
  Exhibit("power-radix", "privilege-ignored", ["wrong-result"], 2),
  Exhibit("power-radix", "keys-ignored", ["wrong-result"], 2),
  Exhibit("power-radix", "index-unscaled", ["wrong-result"], 2),
  Exhibit("power-radix", "large-ptes-never-upgraded", ["wrong-result", "no-progress"], 2),
  Exhibit(
    "power-radix",
    "huge-alignment-compares-high-bits",
    ["wrong-translation", "small-leaf"],
    1
  ),
  Exhibit("power-radix", "host-dirty-assumed-by-gup", ["host-page-unmarked"], 1),
  Exhibit(
    "power-radix",
    "tlbie-wrong-sequence-and-size",
    ["incomplete-invalidation", "freed-while-walkable"],
    2
  ),
  Exhibit(
    "power-radix",
    "tlbie-not-completed",
    ["incomplete-invalidation", "freed-while-walkable"],
    2
  ),
  Exhibit("power-radix", "tlbie-size-of-1g", ["stale-translation", "stale-change"], 2),
  Exhibit("power-radix", "tlbie-unaligned", ["make-before-invalidate", "stale-translation"], 2),
  Exhibit("power-radix", "tlbie-before-ptesync", ["invalidate-without-barrier"], 2),
  Exhibit("power-radix", "dirty-size-units", ["lost-write"], 2),
  Exhibit("power-radix", "mark-pages-dirty-out-of-bounds", ["bitmap-bounds"], 2),
  Exhibit("power-radix", "host-pte-vanishes", ["unexpected-warning"], 1),
  Exhibit("power-radix", "rc-mismatch-clears-pte", ["needless-break"], 2),
  Exhibit("power-radix", "memslot-flush-vs-fault", ["invalidation-uncounted"], 1),
  Exhibit("power-radix", "pfnmap-attributes-and-pfn0", ["foreign-bits", "wrong-result"], 1),
  Exhibit("power-radix", "huge-leaf-exceeds-memslot", ["beyond-slot"], 1),
  Exhibit("power-radix", "free-radix-not-idempotent", ["use-after-free"], 2),
  Exhibit("power-radix", "unmap-keeps-leaf-bit", ["entry-not-cleared"], 2),
  Exhibit("power-radix", "unmap-clears-only-present", ["entry-not-cleared"], 2),
  Exhibit("power-radix", "large-leaf-asks-too-much", ["small-leaf"], 1),
  Exhibit("power-radix", "compound-order-as-mapping-size", ["wrong-translation"], 3),
  Exhibit("power-radix", "table-freed-with-live-ptes", ["wrong-result", "lost-write"], 4),
  Exhibit("power-radix", "rc-set-where-denied", ["change-without-write"], 3),
  Exhibit("power-radix", "starved-fault-retried", ["wrong-result", "no-progress"], 3),
  Exhibit("power-radix", "large-leaf-lost-without-memory", ["needless-change"], 3),
  Exhibit("power-radix", "free-without-invalidation", ["freed-while-walkable"], 2),
  Exhibit("power-radix", "free-keeps-walk-cache", ["freed-while-walkable"], 2),
  Exhibit("power-radix", "large-leaf-over-table", ["no-break"], 4),
  Exhibit("power-radix", "retry-unchecked", ["change-unasked"], 1),
  Exhibit("power-radix", "set-rc-without-lock", ["store-outside-lock"], 3),
  Exhibit("power-radix", "update-not-atomic", ["plain-store"], 2),
  Exhibit("power-radix", "harvest-without-invalidation", ["stale-change"], 2),
  Exhibit("power-radix", "harvest-from-inside-large-leaf", ["needless-report"], 3),
  Exhibit("power-radix", "waiting-dirty-forgotten", ["missing-report"], 3),
  Exhibit("power-radix", "dd1-entry-not-broken", ["no-break"], 2),
]

/// Those of guest-frame caches; where threads do something at once, that is a call too.
private let cacheExhibits: [Exhibit] = [
  cache("noop-refresh-releases-live-mapping", ["mapping-undone-twice"], 3),
  cache("khva-keeps-old-page-offset", ["wrong-offset"], 2),
  cache("extra-ref-on-same-pfn", ["page-pinned"], 3, seed: 2),
  cache("map-failure-leaks-new-pfn", ["page-pinned"], 1),
  cache("speculative-valid-exposes-null-khva", ["unmapped-address"], 3, 1),
  cache("invalidate-skips-placeholder", ["freed-page-accessed"], 3, 1, seed: 7),
  cache("generation-false-negative", ["wrong-page-accessed"], 4, 1, seed: 15),
  cache("lock-reinitialised-on-reactivate", ["lock-reinitialised"], 3, 1, seed: 2),
  cache("partial-reinit-on-activation", ["mapping-undone-twice"], 3),
  cache("page-pinned-forever", ["page-pinned"], 1),
  cache("kunmap-of-never-mapped", ["mapping-undone-twice"], 1),
  cache("request-set-but-never-consumed", ["request-left"], 2),
  cache("len-check-wraps", ["length-accepted"], 1),
  cache("self-invalidation-livelock", ["thread-never-ends"], 1),
  cache("invalidation-announced-late", ["freed-page-accessed"], 3, 1, seed: 2),
  cache("dirty-at-unmap", ["dirty-invented"], 1),
  cache("unlinked-in-use", ["mapping-leaked"], 4, 1),
  cache("refresh-of-inactive", ["inactive-cache-used"], 1),
  cache("second-invalidation-does-not-wait", ["guest-mode-kept"], 5, 1, seed: 3),
  cache("kick-without-fence", ["guest-mode-kept"], 4, 1),
  cache("change-without-fence", ["wrong-frame-found"], 4, seed: 14),
  cache("snapshot-without-fence", ["wrong-frame-found"], 4, seed: 32),
]

private func cache(
  _ subject: String,
  _ rules: Set<String>,
  _ calls: Int,
  _ preemptions: Int = 0,
  seed: Seed = 1
) -> Exhibit {
  Exhibit("pfn-cache", subject, rules, calls, seed: seed, preemptions: preemptions)
}

/// Those of a stage 2 that threads share; where they do something at once, that is a call too.
private let sharedExhibits: [Exhibit] = [
  shared("attributes-by-store", ["permission-taken"], 4, 1),
  shared("age-by-store", ["no-break"], 4, 1),
  shared("break-unchecked", ["no-break"], 3, 2, seed: 2),
  shared("lock-ignored", ["no-break"], 3, 1, seed: 2),
  shared("unlinked-freed-at-once", ["data-race"], 3, 1),
  shared("unmap-frees-at-once", ["data-race"], 4),
  shared("unlinked-iterated-early", ["record-used-after-free"], 3, 1),
  shared("unlinked-table-double-put", ["record-used-after-free"], 2),
  shared("walk-outside-section", ["data-race"], 3, 1),
  shared("lost-table-kept", ["table-leaked"], 3, 1),
  shared("lost-count-kept", ["wrong-count"], 3, 1),
  shared("locked-before-allocation", ["entry-left-locked"], 1),
  shared("count-after-install", ["freed-while-walkable"], 3, 1),
  shared("break-not-invalidated", ["made-before-invalidated"], 2),
  shared("invalidate-locally", ["made-before-invalidated"], 2),
  shared("unmap-invalidates-locally", ["stale-translation"], 2),
  shared("s2-table-to-block-partial-tlbi", ["made-before-invalidated"], 2),
  shared("make-before-invalidate", ["made-before-invalidated"], 2),
  shared("pa-cursor-desync", ["no-order"], 3, 1, seed: 2),
  shared("perm-fault-lost-race-no-tlbi", ["outdated-permission"], 4, 1),
  shared("relax-claims-loss", ["no-order"], 4, 1),
  shared("map-claims-loss", ["table-leaked"], 3, 1),
  shared("again-for-nothing", ["needless-again"], 2),
  shared("unmap-beside-faults", ["freed-while-walkable"], 4, 1),
]

private func shared(
  _ subject: String,
  _ rules: Set<String>,
  _ calls: Int,
  _ preemptions: Int = 0,
  seed: Seed = 1
) -> Exhibit {
  Exhibit("arm64-stage2-threads", subject, rules, calls, seed: seed, preemptions: preemptions)
}
