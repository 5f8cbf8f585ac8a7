import Machines
public import Walkers

extension System {
  /// The software walk of a guest's process table and radix trees.
  static let powerRadix = System(
    name: "power-radix",
    summary: "the software walk of a guest's process table and radix trees (Power ISA)",
    operations: TranslateOperation.Kind.allCases.map(\.name),
    requiredTransitions: [],
    requiredOutcomes: [
      Outcome(.small, .ok), Outcome(.medium, .ok), Outcome(.large, .ok), Outcome(.huge, .ok),
      Outcome(.refused, .invalid), Outcome(.refused, .notFound), Outcome(.refused, .fault),
    ],
    subjects: [
      Subject("built-in", .clean, "the optimised walk") { address, registers, memory in
        RadixTranslator.translate(address, registers, on: &memory)
      },
      stepped("reference", .clean, "the seed's walk, mended", []),
      stepped("seed", .seed, "a walk that mirrors the seed, its flaws included", .seed),
    ] + RadixPiece.all.map { stepped($0.slug, .variant, $0.summary, [$0.flaw]) }
  )

  private static func stepped(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ flaws: RadixFlawSet
  ) -> Subject {
    let walk = SteppedTranslator(flaws: flaws)
    return Subject(name, role, summary) { address, registers, memory in
      walk.translate(address, registers, on: &memory)
    }
  }
}

extension System {
  /// The flaws of a subject of the software walk; nil for no such subject.
  public static func radixFlaws(ofSubject name: String) -> RadixFlawSet? {
    switch name {
    case "reference": []
    case "seed": .seed
    default: RadixPiece.all.first { $0.slug == name }.map { [$0.flaw] }
    }
  }
}

extension System.Outcome {
  fileprivate init(_ kind: TranslateOperation.Kind, _ result: Errno) {
    self.init(operation: kind.rawValue, name: kind.name, result: result)
  }
}

/// A museum piece of the software walk.
struct RadixPiece: Sendable {
  let slug: String
  let flaw: RadixFlaw
  let summary: String

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
  ]
}
