import Architecture
import Checking
import Oracles
import Walkers

extension System {
  /// Refcounted unmapping of tables whose upper levels may be folded.
  static let armUnmap = System(
    name: "arm-unmap",
    summary: "refcounted unmapping over pgd, pud, pmd and pte, folded or not (Arm)",
    operations: LadderOperation.Kind.allCases.map(\.name),
    coverage: .transitions([
      (.invalid, .page), (.invalid, .block), (.invalid, .table), (.invalid, .annotated),
      (.page, .invalid), (.block, .invalid), (.table, .invalid), (.annotated, .invalid),
    ]),
    // Its calls promise nothing of memory's contents, have one lock, and run in this process.
    rules: Judges.rules(without: [
      .contextNotSynchronised, .plainLeaf, .storeOutsideSection, .freedWhileShared, .lost,
    ]) + Finding.modelRules + Finding.ladderRules,
    subjects: [
      ladder("built-in", .clean, "the optimised walker: one pass, in runs", .batched),
      ladder("nested-fixed", .clean, "one function a level, mended", .nested),
      ladder(
        "loop",
        .seed,
        "the loop that climbs, as it stood, its faults included",
        .loop,
        .loop
      ),
      ladder(
        "nested",
        .seed,
        "one function a level, as it was posted, its faults included",
        .nested,
        .nested
      ),
    ]
      + LadderPiece.all.map { ladder($0.slug, .variant, $0.summary, $0.unmapping, [$0.fault]) }
  )

  private static func ladder(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ unmapping: LadderUnmapping,
    _ faults: LadderFaultSet = []
  ) -> Subject {
    Subject(
      name,
      role,
      summary,
      checkedIn: LadderSession.self,
      TableVariant(
        LadderLibrary<Ladder<CheckMachine>>(
          create: { Ladder.create($0, unmapping: unmapping, faults: faults, on: &$1) },
          letsOthersRun: unmapping != .loop
        )
      ),
      limits: GeneratorLimits()
    )
  }
}
