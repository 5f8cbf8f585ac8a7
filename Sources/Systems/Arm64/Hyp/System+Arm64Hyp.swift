import Architecture
import Checking
import Oracles
import Walkers

extension System {
  /// The hypervisor half of the stand-alone page-table library.
  static let arm64Hyp = System(
    name: "arm64-hyp",
    summary: "a hypervisor's own stage-1 page tables (Arm EL2, VMSAv8-64)",
    operations: HypOperation.Kind.allCases.map(\.name),
    coverage: .transitions([
      (.invalid, .page), (.invalid, .block), (.invalid, .table), (.page, .page), (.page, .invalid),
      (.block, .invalid), (.table, .invalid),
    ]),
    // No guest sees what is mapped, the root serves nothing before that, and no walk runs beside.
    rules: Judges.rules(without: [
      .rootWithoutBarrier, .storeOutsideSection, .freedWhileShared, .notCleanedBeforeInstall,
      .instructionsNotInvalidated, .notCleanedAfterUnmap, .notFlushed,
    ]) + Finding.modelRules + [.unsteady],
    subjects: [
      Subject(
        "built-in",
        .clean,
        "the optimised walker",
        checkedIn: HypSession.self,
        TableVariant(HypLibrary<Hyp<CheckMachine>>(create: { Hyp.create($0, on: &$1) })),
        limits: GeneratorLimits()
      ),
      recursiveHyp("reference", .clean, "the kernel's recursive walker, mended", []),
      recursiveHyp(
        "reference-privileges",
        .clean,
        "the same, which makes tables of the EL2&0 regime too",
        [],
        setting: .privileges
      ),
      recursiveHyp(
        "seed",
        .seed,
        "a recursive walker that mirrors the seed, its faults included",
        .hypSeed,
        isSeed: true
      ),
    ]
      + MuseumPiece.all.filter(\.isInHyp).map {
        recursiveHyp(
          $0.slug,
          $0.role,
          $0.summary,
          [$0.fault],
          freesEmptyTables: !$0.keepsEmptyTables,
          setting: $0.setting
        )
      }
  )

  /// The seed's hyp walker keeps no counts and has no unmap, so neither can be judged.
  private static func recursiveHyp(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ faults: FaultSet,
    freesEmptyTables: Bool = true,
    setting: MuseumPiece.Setting = .ordinary,
    isSeed: Bool = false
  ) -> Subject {
    var limits = GeneratorLimits()
    limits.hasUnprivilegedAccess = setting == .privileges
    return Subject(
      name,
      role,
      summary,
      checkedIn: HypSession.self,
      TableVariant(
        HypLibrary<RecursiveHyp<CheckMachine>>(
          create: { RecursiveHyp.create($0, faults: faults, on: &$1) },
          calls: isSeed ? [.map, .leaf] : Set(HypOperation.Kind.allCases),
          freesEmptyTables: freesEmptyTables
        ),
        countsPages: !isSeed
      ),
      notJudged: isSeed ? ["hyp_unmap: it has none", "page counts: it keeps none"] : [],
      // A hyp map replaces no table, so where none is freed by unmap either, none goes.
      unreachable: freesEmptyTables ? [] : [Transition(old: .table, new: .invalid).description],
      limits: limits
    )
  }
}
