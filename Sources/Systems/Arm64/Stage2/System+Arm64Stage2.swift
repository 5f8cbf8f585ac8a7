import Architecture
import Checking
import Oracles
import Reference
import Walkers

extension System {
  /// The guest stage-2 half of the stand-alone page-table library.
  static let arm64Stage2 = System(
    name: "arm64-stage2",
    summary: "guest stage-2 page tables (Arm, VMSAv8-64)",
    operations: Stage2Operation.Kind.allCases.map(\.name),
    coverage: .transitions([
      (.invalid, .page), (.invalid, .block), (.invalid, .table), (.invalid, .annotated),
      (.page, .page), (.block, .block), (.page, .invalid), (.block, .invalid), (.table, .invalid),
      (.annotated, .invalid),
    ]),
    // The CPU that changes a guest's tables does not itself walk them in the call.
    rules: Judges.rules(without: [.contextNotSynchronised]) + Finding.modelRules + [.unsteady],
    subjects: [
      Subject(
        "built-in",
        .clean,
        "the optimised walker",
        checkedIn: Stage2Session.self,
        TableVariant(
          Stage2Library<Stage2<CheckMachine>>(create: { Stage2.create($0, on: &$1) })
        ),
        limits: GeneratorLimits(hasRivals: true)
      ),
      alone(
        "shared",
        "the optimised walker of tables that others walk too, alone",
        SharedStage2.self
      ),
      alone(
        "reference-shared",
        "the walker of such tables that locks entries, alone",
        LockingStage2.self,
        // Every entry is locked before it is filled.
        unreachable: ["invalid -> page", "invalid -> block"]
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

  private static func alone<Walker: SoundSharedWalker>(
    _ name: String,
    _ summary: String,
    _ walker: Walker.Type,
    unreachable: Set<String> = []
  ) -> Subject {
    Subject(
      name,
      .clean,
      summary,
      checkedIn: Stage2Session.self,
      TableVariant(
        Stage2Library<AloneStage2<Walker>>(
          create: { AloneStage2.create($0, on: &$1) },
          relaxesLocally: true
        )
      ),
      unreachable: unreachable,
      limits: GeneratorLimits()
    )
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
      TableVariant(
        Stage2Library<RecursiveStage2<CheckMachine>>(
          create: { RecursiveStage2.create($0, faults: faults, on: &$1) },
          contract: contract,
          calls: Stage2Operation.Kind.ordinary.union(splits)
        )
      ),
      limits: limits
    )
  }
}
