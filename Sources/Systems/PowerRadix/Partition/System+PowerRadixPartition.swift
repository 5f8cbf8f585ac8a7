import Architecture
public import Checking
import Machines
import Oracles
public import Walkers

extension System {
  /// The tables that a hypervisor keeps for a guest.
  static let powerRadixPartition = System(
    name: "power-radix-partition",
    family: "power-radix",
    summary: "the partition-scoped radix tables, faults and dirty log that a hypervisor keeps for a"
      + " guest (Power ISA)",
    operations: PartitionOperation.Kind.allCases.map(\.name),
    coverage: .transitions([
      (.invalid, .page), (.invalid, .block), (.invalid, .table), (.page, .page), (.block, .block),
      (.page, .invalid), (.block, .invalid), (.table, .invalid),
    ]),
    requiredOutcomes: [
      Outcome(.fault, .ok), Outcome(.fault, .again), Outcome(.fault, .noMemory),
      Outcome(.fault, .fault),
    ] + PartitionOperation.Kind.allCases.map { Outcome($0, .ok) },
    rules: RadixJudges.rules + Finding.modelRules + Finding.leafRules + Finding.logRules
      + PretendHost.rules,
    subjects: [
      subject("built-in", .clean, "tables gone through a word of the log at a time", .batched, []),
      subject("reference", .clean, "the seed's ways, mended", .stepped, []),
      subject("seed", .seed, "what mirrors the seed, its flaws included", .stepped, .seed),
    ]
      + PartitionPiece.all.map { subject($0.slug, .variant, $0.summary, $0.style, $0.flaws) }
  )

  private static func subject(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ style: PartitionStyle,
    _ flaws: PartitionFlawSet
  ) -> Subject {
    Subject(
      name,
      role,
      summary,
      checkedIn: PartitionSession.self,
      PartitionKind(style: style, flaws: flaws),
      limits: NoLimits()
    )
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
  fileprivate init(_ kind: PartitionOperation.Kind, _ result: Errno) {
    self.init(operation: kind.rawValue, name: kind.name, result: result)
  }
}
