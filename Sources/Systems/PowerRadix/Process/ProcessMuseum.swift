import Walkers

/// A museum piece of the software walk.
struct RadixPiece: Sendable {
  let slug: String
  let faults: TranslatorFaultSet
  let summary: String

  init(slug: String, fault: TranslatorFault, summary: String) {
    self.init(slug: slug, faults: [fault], summary: summary)
  }

  init(slug: String, faults: TranslatorFaultSet, summary: String) {
    self.slug = slug
    self.faults = faults
    self.summary = summary
  }

  /// The kernel's own first, then the others.
  static let all = [
    RadixPiece(
      slug: "process-table-base-mask",
      fault: .processTableUnmasked,
      summary: "the process table's base is the whole register, its size field included"
    ),
    RadixPiece(
      slug: "root-base-mask",
      fault: .rootMaskNarrow,
      summary: "the mask of a root directory's base leaves its highest bits out"
    ),
    RadixPiece(
      slug: "table-size-in-32-bits",
      fault: .sizeIn32Bits,
      summary: "a process table of 2 GiB and more has a size that 32 bits do not hold"
    ),
    RadixPiece(
      slug: "table-offset-in-32-bits",
      fault: .offsetIn32Bits,
      summary: "processes from 2^28 on are taken for others, whose entries are 4 GiB before"
    ),
    RadixPiece(
      slug: "table-size-int-overflow",
      faults: [.sizeIn32Bits, .offsetIn32Bits],
      summary: "size and offset are 32-bit products: processes beyond the table pass, others fail"
    ),
    RadixPiece(
      slug: "tree-size-low-field",
      fault: .treeSizeLowOnly,
      summary: "only one of the two fields of a tree's size is looked at"
    ),
    RadixPiece(
      slug: "table-alignment-unchecked",
      fault: .tableAlignmentUnchecked,
      summary: "a table that is not aligned to its size is walked"
    ),
    RadixPiece(
      slug: "leaf-alignment-unchecked",
      fault: .leafAlignmentUnchecked,
      summary: "a large page whose real address is not aligned to it is believed"
    ),
    RadixPiece(
      slug: "top-leaf-accepted",
      fault: .topLeafAccepted,
      summary: "a leaf of the first level, of 512 GiB, is believed"
    ),
    RadixPiece(
      slug: "presence-unchecked",
      fault: .presenceUnchecked,
      summary: "an entry that is not valid is believed"
    ),
    RadixPiece(
      slug: "quadrants-unchecked",
      fault: .quadrantsUnchecked,
      summary: "the hypervisor's quadrants are taken for the process's"
    ),
    RadixPiece(
      slug: "process-unchecked",
      fault: .processUnchecked,
      summary: "a process beyond its table is read from whatever lies there"
    ),
    RadixPiece(
      slug: "privilege-ignored",
      fault: .privilegeIgnored,
      summary: "what is privileged is permitted to problem state"
    ),
    RadixPiece(
      slug: "keys-ignored",
      fault: .keysIgnored,
      summary: "the keys of AMR and IAMR deny nothing"
    ),
    RadixPiece(
      slug: "index-unscaled",
      fault: .indexUnscaled,
      summary: "an index is added to a table's base as it is, not in entries"
    ),
  ]
}
