import Architecture
import Checking
import Oracles
import Walkers

extension System {
  /// Refcounted unmapping of tables whose upper levels may be folded.
  static let armUnmap = System(
    name: "arm-unmap",
    summary: "refcounted unmapping over pgd, pud, pmd and pte, folded or not (Arm)",
    operations: ArmUnmapOperation.Kind.allCases.map(\.name),
    coverage: .transitions([
      (.invalid, .page), (.invalid, .block), (.invalid, .table), (.invalid, .annotated),
      (.page, .invalid), (.block, .invalid), (.table, .invalid), (.annotated, .invalid),
    ]),
    // Its calls promise nothing of memory's contents, have one lock, and run in this process.
    rules: Judges.rules(without: [
      .contextNotSynchronised, .plainLeaf, .storeOutsideSection, .freedWhileShared, .lost,
    ]) + Finding.modelRules + Finding.armUnmapRules,
    subjects: [
      Subject(
        "built-in",
        .clean,
        "the optimised walker: one pass, in runs",
        checkedIn: ArmUnmapSession.self,
        TableVariant(
          ArmUnmapLibrary<ArmUnmapTable<CheckMachine>>(create: { .create($0, on: &$1) })
        ),
        limits: GeneratorLimits()
      ),
      historic("nested-fixed", .clean, "one function a level, mended", .nested),
      historic(
        "loop",
        .seed,
        "the loop that climbs, as it stood, its faults included",
        .loop,
        .loop
      ),
      historic(
        "nested",
        .seed,
        "one function a level, as it was posted, its faults included",
        .nested,
        .nested
      ),
    ]
      + ArmUnmapPiece.all.map { historic($0.slug, .variant, $0.summary, $0.unmapping, [$0.fault]) }
  )

  private static func historic(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ unmapping: UnmapStrategy,
    _ faults: ArmUnmapFaultSet = []
  ) -> Subject {
    Subject(
      name,
      role,
      summary,
      checkedIn: ArmUnmapSession.self,
      TableVariant(
        ArmUnmapLibrary<HistoricUnmap<CheckMachine>>(
          create: { .create($0, unmapping: unmapping, faults: faults, on: &$1) },
          letsOthersRun: unmapping != .loop
        )
      ),
      limits: GeneratorLimits()
    )
  }
}
