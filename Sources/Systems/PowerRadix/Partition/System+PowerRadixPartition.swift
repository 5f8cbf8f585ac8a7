import Architecture
public import Checking
import Machines
import Oracles
import Property
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
      + Finding.hostRules,
    subjects: [
      subject(
        "built-in",
        .clean,
        "tables gone through a word of the log at a time, faults handled in one walk",
        PartitionKind.builtIn
      ),
      subject("reference", .clean, "the seed's ways, mended: entry by entry", .stepped()),
      subject("seed", .seed, "what mirrors the seed, its faults included", .stepped(.seed)),
    ]
      + PartitionPiece.all.map { subject($0.slug, .variant, $0.summary, .stepped($0.faults)) }
  )

  private static func subject<Table: UsableOnThreads>(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ kind: PartitionKind<Table>
  ) -> Subject {
    Subject(
      name,
      role,
      summary,
      checkedIn: PartitionSession<Table>.self,
      kind,
      limits: NoLimits()
    )
  }

  /// The faults of a subject's stepped keeping of partition-scoped tables; nil for no such subject.
  public static func partitionTableFaults(ofSubject name: String) -> PartitionTableFaultSet? {
    switch name {
    case "reference": []
    case "seed": .seed
    default: PartitionPiece.all.first { $0.slug == name }.map { $0.faults }
    }
  }
}

extension System.Outcome {
  fileprivate init(_ kind: PartitionOperation.Kind, _ result: Errno) {
    self.init(operation: kind.rawValue, name: kind.name, result: result)
  }
}
