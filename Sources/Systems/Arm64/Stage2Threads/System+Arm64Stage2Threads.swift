import Checking
import Machines
import Oracles
import Reference
import Walkers

extension System {
  /// A guest's stage 2 on several CPUs.
  static let arm64Stage2Threads = System(
    name: "arm64-stage2-threads",
    summary: "a guest's stage 2: faults on several CPUs beside each other, ageing, and unmaps",
    operations: Stage2ThreadsOperation.names,
    requiredOutcomes: [
      outcome(0, .ok), outcome(0, .again), outcome(0, .noMemory), outcome(1, .ok),
      outcome(1, .again), outcome(2, .ok), outcome(2, .notFound), outcome(3, .ok),
      outcome(3, .notFound), outcome(4, .ok), outcome(4, .notFound), outcome(5, .ok),
      outcome(6, .ok),
    ],
    rules: TableSharing.rules + SharedStage2Model.rules + ThreadJudges.rules,
    subjects: [
      subject(
        "built-in",
        .clean,
        "the optimised walker, shared: what is empty is filled by one exchange",
        SharedStage2()
      ),
      subject(
        "reference",
        .clean,
        "the kernel's way: an entry is taken by an exchange before it changes",
        LockingStage2()
      ),
      subject(
        "plain-link-behind-exchange",
        .control,
        "a table is linked by a store that orders nothing, behind the exchange that took the entry",
        LockingStage2(faults: [.linksPlainly])
      ),
    ]
      + SharedStage2Exhibit.all.map {
        subject($0.name, .variant, $0.summary, LockingStage2(faults: [$0.fault]))
      }
  )

  private static func outcome(_ operation: Int, _ result: Errno) -> Outcome {
    let name = Stage2ThreadsOperation.names[operation]
    return Outcome(operation: operation, name: name, result: result)
  }

  private static func subject<Walker: SharedStage2Walker>(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ walker: Walker
  ) -> Subject {
    Subject(
      name,
      role,
      summary,
      checkedIn: Stage2ThreadsSession<Walker>.self,
      walker,
      limits: NoLimits()
    )
    .explored(Stage2ThreadsExploration<Walker>.self, walker)
  }
}
