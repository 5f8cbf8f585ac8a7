public import Checking
public import Walkers

/// A museum piece of the kernel's older walkers: one situation in which the loop or the functions that
/// replaced it go wrong, or one fault of their history.
struct ArmUnmapPiece: Sendable {
  let slug: String
  let unmapping: UnmapStrategy
  let fault: ArmUnmapFault
  let summary: String

  /// Every piece: the loop's situations, those of the functions as posted, then the others.
  static let all: [ArmUnmapPiece] = loop + nested + others

  private static let loop = [
    ArmUnmapPiece(
      slug: "loop-annotations-kept",
      unmapping: .loop,
      fault: .annotationsKept,
      summary: "the loop clears what the hardware uses; an annotation stays, and so does its table"
    ),
    ArmUnmapPiece(
      slug: "loop-top-unchecked",
      unmapping: .loop,
      fault: .topUnchecked,
      summary: "the loop follows an empty pgd entry to a table that is not there"
    ),
    ArmUnmapPiece(
      slug: "loop-pud-tables-kept",
      unmapping: .loop,
      fault: .pudTablesKept,
      summary: "the loop climbs no higher than the pud, whose table stays, with its pgd entry"
    ),
    ArmUnmapPiece(
      slug: "loop-empty-tables-kept",
      unmapping: .loop,
      fault: .emptyTablesKept,
      summary: "the loop skips a hole; a table that a failed map left empty there is never freed"
    ),
    ArmUnmapPiece(
      slug: "loop-last-page-missed",
      unmapping: .loop,
      fault: .rangeUnrounded,
      summary: "from an address inside a page the loop ends before the page that the range ends in"
    ),
    ArmUnmapPiece(
      slug: "loop-range-unchecked",
      unmapping: .loop,
      fault: .rangeUnchecked,
      summary: "a range that wraps is walked as if empty, one that is too long begins again at 0"
    ),
    ArmUnmapPiece(
      slug: "loop-hyp-not-invalidated",
      unmapping: .loop,
      fault: .hypNotInvalidated,
      summary: "the loop invalidates by VMID and IPA, which a hypervisor's own table has not"
    ),
  ]

  private static let nested = [
    ArmUnmapPiece(
      slug: "pgd-none-not-checked",
      unmapping: .nested,
      fault: .topUnchecked,
      summary: "an empty pgd entry of four levels is followed to a table that is not there"
    ),
    ArmUnmapPiece(
      slug: "do-while-empty-range",
      unmapping: .nested,
      fault: .emptyRangeWalked,
      summary: "a range of size 0 clears its first page, and runs on past its end"
    ),
    ArmUnmapPiece(
      slug: "do-while-misaligned-range",
      unmapping: .nested,
      fault: .rangeUnrounded,
      summary:
        "an end inside a page is never met: the pages behind it go too, and the table is left"
    ),
    ArmUnmapPiece(
      slug: "do-while-range-unchecked",
      unmapping: .nested,
      fault: .rangeUnchecked,
      summary: "a range that wraps ends before it begins, and what follows its first page goes"
    ),
    ArmUnmapPiece(
      slug: "pud-tables-never-freed",
      unmapping: .nested,
      fault: .pudTablesKept,
      summary: "a pud table of four levels is never found empty, so unmap never frees it"
    ),
    ArmUnmapPiece(
      slug: "nested-hyp-not-invalidated",
      unmapping: .nested,
      fault: .hypNotInvalidated,
      summary: "nothing is invalidated in a hypervisor's own table"
    ),
  ]

  private static let others = [
    ArmUnmapPiece(
      slug: "unaligned-range-skips-blocks",
      unmapping: .nested,
      fault: .unalignedStep,
      summary: "past an empty upper entry the cursor moves by its size, beyond the next one's start"
    ),
    ArmUnmapPiece(
      slug: "root-allocated-with-single-refcount",
      unmapping: .nested,
      fault: .rootCountedOnce,
      summary: "the entries of every page of a concatenated root are counted at its first"
    ),
    ArmUnmapPiece(
      slug: "no-break-before-make",
      unmapping: .nested,
      fault: .noBreak,
      summary: "a valid entry is overwritten by another, and invalidated afterwards"
    ),
    ArmUnmapPiece(
      slug: "block-mapping-outside-slot",
      unmapping: .nested,
      fault: .blockOutsideSlot,
      summary: "a fault maps a block of which the slot has only a part"
    ),
    ArmUnmapPiece(
      slug: "block-mapping-misaligned",
      unmapping: .nested,
      fault: .blockMisaligned,
      summary: "a fault maps a block though guest and host addresses are not aligned alike"
    ),
    ArmUnmapPiece(
      slug: "huge-and-table-conflict",
      unmapping: .nested,
      fault: .tableOverwritten,
      summary: "a block overwrites a table entry, and what was beneath is lost"
    ),
    ArmUnmapPiece(
      slug: "resched-in-nonblockable-context",
      unmapping: .nested,
      fault: .yieldsAlways,
      summary: "an unmap lets others run although its caller cannot wait"
    ),
    ArmUnmapPiece(
      slug: "inplace-rewrite-of-identical-entry",
      unmapping: .nested,
      fault: .sameEntryRewritten,
      summary: "an entry that is the same already is broken and made again"
    ),
    ArmUnmapPiece(
      slug: "flush-memslot-missing-pgd-none",
      unmapping: .nested,
      fault: .flushTopUnchecked,
      summary: "a flush follows an empty pgd entry of four levels to a table that is not there"
    ),
    ArmUnmapPiece(
      slug: "vttbr-baddr-mask",
      unmapping: .nested,
      fault: .baseFieldTooHigh,
      summary: "the register's field for the root begins a bit too high, and loses a bit of it"
    ),
    ArmUnmapPiece(
      slug: "stage2-free-vs-notifier",
      unmapping: .nested,
      fault: .rootLostInYield,
      summary: "an unmap lets others run, who free the root, and goes on in it"
    ),
    ArmUnmapPiece(
      slug: "stage2-free-vs-late-notifier",
      unmapping: .nested,
      fault: .rootLostBefore,
      summary: "an unmap that comes when the root is gone walks it"
    ),
    ArmUnmapPiece(
      slug: "stage2-free-vs-ageing",
      unmapping: .nested,
      fault: .rootLostByAge,
      summary: "ageing that comes when the root is gone walks it"
    ),
    ArmUnmapPiece(
      slug: "stale-entry-after-yield",
      unmapping: .nested,
      fault: .staleTopEntry,
      summary: "an unmap goes on with a pgd entry that it read before others ran"
    ),
    ArmUnmapPiece(
      slug: "missing-cmo-on-unmap",
      unmapping: .nested,
      fault: .unmapNotCleaned,
      summary: "memory goes back to the host without a clean of the data cache (v3.19)"
    ),
    ArmUnmapPiece(
      slug: "missing-cmo-on-cow",
      unmapping: .nested,
      fault: .changeNotCleaned,
      summary: "memory that takes the place of other memory is not cleaned before (v4.19)"
    ),
  ]
}

extension System {
  /// How an older walker's subject unmaps, and with which faults; nil for no such subject.
  public static func armUnmapSubject(
    named name: String
  ) -> (unmapping: UnmapStrategy, faults: ArmUnmapFaultSet)? {
    switch name {
    case "nested-fixed": (.nested, [])
    case "nested": (.nested, .nested)
    case "loop": (.loop, .loop)
    default:
      ArmUnmapPiece.all.first { $0.slug == name }.map { ($0.unmapping, [$0.fault]) }
    }
  }
}
