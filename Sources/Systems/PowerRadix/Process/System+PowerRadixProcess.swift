public import Checking
import Machines
public import Walkers

extension System {
  /// The software walk of a guest's own tables.
  static let powerRadixProcess = System(
    name: "power-radix-process",
    family: "power-radix",
    summary: "a software walk of a guest's own, process-scoped radix tables (Power ISA)",
    operations: TranslateOperation.Kind.allCases.map(\.name),
    requiredOutcomes: [
      Outcome(.small, .ok), Outcome(.medium, .ok), Outcome(.large, .ok), Outcome(.huge, .ok),
      Outcome(.refused, .invalid), Outcome(.refused, .notFound), Outcome(.refused, .fault),
    ],
    rules: TranslateSession.rules,
    subjects: [
      subject("built-in", .clean, "the optimised walk") {
        RadixTranslator.translate($0, $1, on: &$2)
      },
      subject("reference", .clean, "the seed's way, mended", walk([])),
      subject("seed", .seed, "what mirrors the seed, its faults included", walk(.seed)),
    ]
      + RadixPiece.all.map { subject($0.slug, .variant, $0.summary, walk($0.faults)) }
  )

  private static func subject(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ call: @escaping TranslateCall
  ) -> Subject {
    Subject(
      name,
      role,
      summary,
      checkedIn: TranslateSession.self,
      call,
      limits: NoLimits()
    )
  }

  private static func walk(_ faults: TranslatorFaultSet) -> TranslateCall {
    let walk = SteppedTranslator(faults: faults)
    return { walk.translate($0, $1, on: &$2) }
  }

  /// The faults of a subject's software walk; nil for no such subject.
  public static func translatorFaults(ofSubject name: String) -> TranslatorFaultSet? {
    switch name {
    case "reference": []
    case "seed": .seed
    default: RadixPiece.all.first { $0.slug == name }.map { $0.faults }
    }
  }
}

extension System.Outcome {
  fileprivate init(_ kind: TranslateOperation.Kind, _ result: Errno) {
    self.init(operation: kind.rawValue, name: kind.name, result: result)
  }
}
