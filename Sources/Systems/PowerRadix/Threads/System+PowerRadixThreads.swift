import Checking
import Machines
import Oracles
import Reference
import Walkers

extension System {
  /// A guest's partition-scoped tables on several CPUs.
  static let powerRadixThreads = System(
    name: "power-radix-threads",
    summary:
      "a guest's partition-scoped tables on several CPUs: faults, the hardware's reference and"
      + " change bits, invalidations, slots and the dirty log (Power ISA)",
    operations: PartitionThreadsOperation.names,
    coverage: Coverage(
      "situations",
      labels: PartitionSituations.labels,
      required: PartitionSituations.required
    ),
    requiredOutcomes: [
      outcome(0, .ok), outcome(0, .again), outcome(0, .notFound), outcome(0, .noMemory),
      outcome(1, .ok), outcome(2, .ok), outcome(3, .ok), outcome(4, .ok), outcome(5, .ok),
      outcome(5, .notFound), outcome(6, .ok), outcome(7, .ok), outcome(7, .notFound),
      outcome(8, .ok),
    ],
    rules: RadixSharing.rules + SharedPartitionModel.rules + ThreadJudges.rules,
    subjects: [
      subject(
        "built-in",
        .clean,
        "the optimised walker: tables gone through a word of the log at a time, faults in one walk",
        BuiltInScheme()
      ),
      subject("reference", .clean, "the seed's ways, mended: entry by entry", SteppedScheme()),
    ]
      + SharedPartitionExhibit.all.map {
        subject($0.name, .variant, $0.summary, SteppedScheme(faults: [$0.fault]))
      }
  )

  private static func outcome(_ operation: Int, _ result: Errno) -> Outcome {
    let name = PartitionThreadsOperation.names[operation]
    return Outcome(operation: operation, name: name, result: result)
  }

  private static func subject<Scheme: PartitionScheme>(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ scheme: Scheme
  ) -> Subject {
    Subject(
      name,
      role,
      summary,
      checkedIn: PartitionThreadsSession<Scheme>.self,
      scheme,
      limits: NoLimits()
    )
    .explored(PartitionThreadsExploration<Scheme>.self, scheme)
  }
}
