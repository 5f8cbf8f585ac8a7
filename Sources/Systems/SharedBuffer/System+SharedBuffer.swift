import Checking
import Machines
import Reference
import Walkers

extension System {
  /// Buffers that drivers share, and the fences on them.
  static let sharedBuffer = System(
    name: "shared-buffer",
    summary: "buffers shared between exporters and importers: attach, move, fences, polling",
    operations: BufferOperation.names,
    coverage: Coverage(
      "situations",
      labels: BufferLabel.allCases.map(\.text),
      required: BufferLabel.allCases.map(\.text)
    ),
    requiredOutcomes: [
      outcome(0, .ok), outcome(0, .invalid), outcome(1, .ok), outcome(2, .ok), outcome(3, .ok),
      outcome(3, .invalid), outcome(4, .ok), outcome(5, .ok), outcome(6, .ok),
      outcome(6, .invalid), outcome(7, .ok), outcome(8, .ok), outcome(9, .ok), outcome(10, .ok),
      outcome(11, .ok), outcome(12, .ok), outcome(13, .ok), outcome(14, .ok), outcome(14, .again),
      outcome(15, .ok), outcome(16, .ok), outcome(16, .invalid), outcome(17, .ok),
      outcome(17, .invalid), outcome(18, .ok), outcome(19, .ok), outcome(20, .ok),
      outcome(20, .again), outcome(21, .ok), outcome(21, .invalid), outcome(22, .ok),
      outcome(23, .ok), outcome(24, .ok), outcome(26, .ok), outcome(27, .ok), outcome(27, .again),
      outcome(28, .ok),
    ],
    rules: SharedBufferModel.allRules,
    subjects: [
      subject(
        "built-in",
        .clean,
        "the optimised buffers: fences in a table, readiness without a lock",
        CompactSharedBuffers()
      ),
      subject("reference", .clean, "the seed's way, mended", ListedSharedBuffers()),
      subject("seed", .seed, "the buffers as posted, their faults included", PostedSharedBuffers()),
    ]
      + BufferExhibit.all.map {
        subject($0.name, .variant, $0.summary, ListedSharedBuffers(faults: [$0.fault]))
      }
  )

  private static func outcome(_ operation: Int, _ result: Errno) -> Outcome {
    Outcome(operation: operation, name: BufferOperation.names[operation], result: result)
  }

  private static func subject<Walker: SharedBufferWalker>(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ walker: Walker
  ) -> Subject {
    Subject(
      name,
      role,
      summary,
      checkedIn: BufferSession<Walker>.self,
      walker,
      limits: NoLimits()
    )
    .explored(BufferExploration<Walker>.self, walker)
  }
}
