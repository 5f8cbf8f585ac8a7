import Architecture
import Machines
import Oracles
public import Walkers

extension System {
  /// Radix translation of a guest: its own tables, and those that the hypervisor keeps for it.
  static let powerRadix = System(
    name: "power-radix",
    summary: "a guest's radix translation: the software walk of its own tables, and the tables,"
      + " faults and dirty log that the hypervisor keeps for it (Power ISA)",
    operations: TranslateOperation.Kind.allCases.map(\.name)
      + PartitionOperation.Kind.allCases.map(\.name),
    requiredTransitions: transitions([
      (.invalid, .page), (.invalid, .block), (.invalid, .table), (.page, .page), (.block, .block),
      (.page, .invalid), (.block, .invalid), (.table, .invalid),
    ]),
    requiredOutcomes: [
      Outcome(.small, .ok), Outcome(.medium, .ok), Outcome(.large, .ok), Outcome(.huge, .ok),
      Outcome(.refused, .invalid), Outcome(.refused, .notFound), Outcome(.refused, .fault),
      Outcome(.fault, .ok), Outcome(.fault, .again), Outcome(.fault, .noMemory),
      Outcome(.fault, .fault),
    ] + PartitionOperation.Kind.allCases.map { Outcome($0, .ok) },
    rules: RadixJudges.rules + TranslateCheck.rules + Finding.modelRules + Finding.leafRules
      + Finding.logRules + PretendHost.rules,
    subjects: [
      Subject(
        "built-in",
        .clean,
        "the optimised walk, and tables gone through a word of the log at a time",
        RadixSubject(
          translate: { RadixTranslator.translate($0, $1, on: &$2) },
          partition: PartitionKind(style: .batched, flaws: [])
        )
      ),
      Subject(
        "reference",
        .clean,
        "the seed's ways, mended",
        RadixSubject(
          translate: walk([]),
          partition: PartitionKind(style: .stepped, flaws: [])
        )
      ),
      Subject(
        "seed",
        .seed,
        "what mirrors the seed, its flaws included",
        RadixSubject(
          translate: walk(.seed),
          partition: PartitionKind(style: .stepped, flaws: .seed)
        )
      ),
    ]
      + RadixPiece.all.map { piece in
        Subject(
          piece.slug,
          .variant,
          piece.summary,
          RadixSubject(translate: walk(piece.flaws))
        )
      }
      + PartitionPiece.all.map { piece in
        Subject(
          piece.slug,
          .variant,
          piece.summary,
          RadixSubject(partition: PartitionKind(style: piece.style, flaws: piece.flaws))
        )
      }
  )

  private static func walk(_ flaws: RadixFlawSet) -> TranslateCall {
    let walk = SteppedTranslator(flaws: flaws)
    return { walk.translate($0, $1, on: &$2) }
  }
}

extension System {
  /// The flaws of a subject's software walk; nil for no such subject.
  public static func radixFlaws(ofSubject name: String) -> RadixFlawSet? {
    switch name {
    case "reference": []
    case "seed": .seed
    default: RadixPiece.all.first { $0.slug == name }.map { $0.flaws }
    }
  }

  /// The flaws of a subject's keeping of partition-scoped tables, and how it goes through them; nil for
  /// no such subject.
  public static func partitionFlaws(
    ofSubject name: String
  ) -> (style: PartitionStyle, flaws: PartitionFlawSet)? {
    switch name {
    case "reference": (.stepped, [])
    case "seed": (.stepped, .seed)
    default: PartitionPiece.all.first { $0.slug == name }.map { ($0.style, $0.flaws) }
    }
  }
}

extension System.Outcome {
  fileprivate init(_ kind: TranslateOperation.Kind, _ result: Errno) {
    self.init(operation: kind.rawValue, name: kind.name, result: result)
  }

  fileprivate init(_ kind: PartitionOperation.Kind, _ result: Errno) {
    let number = TranslateOperation.Kind.allCases.count + kind.rawValue
    self.init(operation: number, name: kind.name, result: result)
  }
}
