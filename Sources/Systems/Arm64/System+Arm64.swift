import Architecture
import Oracles
import Property
import Reference
import Walkers

extension System {
  /// The guest stage-2 half of the stand-alone page-table library.
  static let arm64Stage2 = System(
    name: "arm64-stage2",
    summary: "guest stage-2 page tables (Arm, VMSAv8-64)",
    operations: Stage2Operation.Kind.allCases.map(\.name),
    requiredTransitions: transitions([
      (.invalid, .page), (.invalid, .block), (.invalid, .table), (.invalid, .annotated),
      (.page, .page), (.block, .block), (.page, .invalid), (.block, .invalid), (.table, .invalid),
      (.annotated, .invalid),
    ]),
    // The CPU that changes a guest's tables does not itself walk them in the call.
    rules: Judges.rules(without: [.contextNotSynchronised]) + Finding.modelRules,
    subjects: [
      Subject(
        "built-in",
        .clean,
        "the optimised walker",
        checkedIn: Stage2Session.self,
        Stage2Library<Stage2<CheckMachine>>(create: { Stage2.create($0, on: &$1) }),
        limits: GeneratorLimits(hasRivals: true)
      ),
      recursiveStage2("reference", .clean, "the seed's recursive walker, mended", []),
      recursiveStage2(
        "reference-rivals",
        .clean,
        "the same beside other CPUs' faults",
        [],
        setting: .rivals
      ),
      recursiveStage2(
        "reference-outside-faults",
        .clean,
        "the same, whose maps outside faults go on behind what is mapped already",
        [],
        setting: .mapsOutsideFaults
      ),
      recursiveStage2(
        "reference-splits",
        .clean,
        "the same, which splits blocks",
        [],
        setting: .splits
      ),
      recursiveStage2(
        "reference-privileges",
        .clean,
        "the same on a CPU that tells execution at EL1 and at EL0 apart",
        [],
        setting: .privileges
      ),
      recursiveStage2(
        "seed",
        .seed,
        "a recursive walker that mirrors the seed, its faults included",
        .stage2Seed
      ),
    ]
      + MuseumPiece.all.filter(\.isInStage2).map {
        recursiveStage2(
          $0.slug,
          $0.role,
          $0.summary,
          [$0.fault],
          freesEmptyTables: !$0.keepsEmptyTables,
          setting: $0.setting
        )
      }
  )

  /// The hypervisor half of the stand-alone page-table library.
  static let arm64Hyp = System(
    name: "arm64-hyp",
    summary: "a hypervisor's own stage-1 page tables (Arm EL2, VMSAv8-64)",
    operations: HypOperation.Kind.allCases.map(\.name),
    requiredTransitions: transitions([
      (.invalid, .page), (.invalid, .block), (.invalid, .table), (.page, .page), (.page, .invalid),
      (.block, .invalid), (.table, .invalid),
    ]),
    // No guest sees what is mapped, the root serves nothing before that, and no walk runs beside.
    rules: Judges.rules(without: [
      .rootWithoutBarrier, .storeOutsideSection, .freedWhileShared, .notCleanedBeforeInstall,
      .instructionsNotInvalidated, .notCleanedAfterUnmap, .notFlushed,
    ]) + Finding.modelRules,
    subjects: [
      Subject(
        "built-in",
        .clean,
        "the optimised walker",
        checkedIn: HypSession.self,
        HypLibrary<Hyp<CheckMachine>>(create: { Hyp.create($0, on: &$1) })
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

  static func transitions(
    _ kinds: [(EntryKind, EntryKind)]
  ) -> [Transition] {
    kinds.map { Transition(old: $0.0, new: $0.1) }
  }

  private static func recursiveStage2(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ faults: FaultSet,
    freesEmptyTables: Bool = true,
    setting: MuseumPiece.Setting = .ordinary
  ) -> Subject {
    var contract = Stage2Model.Contract()
    contract.freesEmptyTables = freesEmptyTables
    contract.goesOnAfterSame = setting == .mapsOutsideFaults
    contract.splitsWholeBlocks = setting == .splits
    var limits = GeneratorLimits()
    limits.hasRivals = setting == .rivals
    limits.hasFaultMaps = setting == .mapsOutsideFaults
    limits.hasSplit = setting == .splits
    limits.splitsWholeBlocks = setting == .splits
    limits.hasExecutionByPrivilege = setting == .privileges
    let splits: Set<Stage2Operation.Kind> = setting == .splits ? [.split] : []
    return Subject(
      name,
      role,
      summary,
      checkedIn: Stage2Session.self,
      Stage2Library<RecursiveStage2<CheckMachine>>(
        create: { RecursiveStage2.create($0, faults: faults, on: &$1) },
        contract: contract,
        calls: Stage2Operation.Kind.ordinary.union(splits)
      ),
      limits: limits
    )
  }

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
      HypLibrary<RecursiveHyp<CheckMachine>>(
        create: { RecursiveHyp.create($0, faults: faults, on: &$1) },
        canUnmap: !isSeed,
        freesEmptyTables: freesEmptyTables
      ),
      countsPages: !isSeed,
      notJudged: isSeed ? ["hyp_unmap: it has none", "page counts: it keeps none"] : [],
      // A hyp map replaces no table, so where none is freed by unmap either, none goes.
      unreachable: freesEmptyTables ? [] : [Transition(old: .table, new: .invalid)],
      limits: limits
    )
  }
}
