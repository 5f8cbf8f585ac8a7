import Walkers

/// A museum piece of the software walk.
struct RadixPiece: Sendable {
  let slug: String
  let flaws: RadixFlawSet
  let summary: String

  init(slug: String, flaw: RadixFlaw, summary: String) {
    self.init(slug: slug, flaws: [flaw], summary: summary)
  }

  init(slug: String, flaws: RadixFlawSet, summary: String) {
    self.slug = slug
    self.flaws = flaws
    self.summary = summary
  }

  /// The kernel's own first, then the others.
  static let all = [
    RadixPiece(
      slug: "process-table-base-mask",
      flaw: .processTableUnmasked,
      summary: "the process table's base is the whole register, its size field included"
    ),
    RadixPiece(
      slug: "root-base-mask",
      flaw: .rootMaskNarrow,
      summary: "the mask of a root directory's base leaves its highest bits out"
    ),
    RadixPiece(
      slug: "table-size-in-32-bits",
      flaw: .sizeIn32Bits,
      summary: "a process table of 2 GiB and more has a size that 32 bits do not hold"
    ),
    RadixPiece(
      slug: "table-offset-in-32-bits",
      flaw: .offsetIn32Bits,
      summary: "processes from 2^28 on are taken for others, whose entries are 4 GiB before"
    ),
    RadixPiece(
      slug: "table-size-int-overflow",
      flaws: [.sizeIn32Bits, .offsetIn32Bits],
      summary: "size and offset are 32-bit products: processes beyond the table pass, others fail"
    ),
    RadixPiece(
      slug: "tree-size-low-field",
      flaw: .treeSizeLowOnly,
      summary: "only one of the two fields of a tree's size is looked at"
    ),
    RadixPiece(
      slug: "table-alignment-unchecked",
      flaw: .tableAlignmentUnchecked,
      summary: "a table that is not aligned to its size is walked"
    ),
    RadixPiece(
      slug: "leaf-alignment-unchecked",
      flaw: .leafAlignmentUnchecked,
      summary: "a large page whose real address is not aligned to it is believed"
    ),
    RadixPiece(
      slug: "top-leaf-accepted",
      flaw: .topLeafAccepted,
      summary: "a leaf of the first level, of 512 GiB, is believed"
    ),
    RadixPiece(
      slug: "presence-unchecked",
      flaw: .presenceUnchecked,
      summary: "an entry that is not valid is believed"
    ),
    RadixPiece(
      slug: "quadrants-unchecked",
      flaw: .quadrantsUnchecked,
      summary: "the hypervisor's quadrants are taken for the process's"
    ),
    RadixPiece(
      slug: "process-unchecked",
      flaw: .processUnchecked,
      summary: "a process beyond its table is read from whatever lies there"
    ),
    RadixPiece(
      slug: "privilege-ignored",
      flaw: .privilegeIgnored,
      summary: "what is privileged is permitted to problem state"
    ),
    RadixPiece(
      slug: "keys-ignored",
      flaw: .keysIgnored,
      summary: "the keys of AMR and IAMR deny nothing"
    ),
    RadixPiece(
      slug: "index-unscaled",
      flaw: .indexUnscaled,
      summary: "an index is added to a table's base as it is, not in entries"
    ),
  ]
}
