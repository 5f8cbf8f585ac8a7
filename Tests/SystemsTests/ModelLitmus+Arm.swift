import Architecture
import Checking
import Machines
import Oracles
import Reference
import Walkers

@testable import Systems

/// The litmus of what the models of Arm's tables say: a walker that keeps its contract, and the same
/// beside a model of another one.
extension ModelLitmus {
  static let arm: [ModelLitmus] = [
    ModelLitmus(.wrongResult) { hasFault in
      var contract = Stage2Model.Contract()
      contract.relaxOfUnmapped = hasFault ? .ok : .again
      let relax = Stage2Operation.relaxPermissions(ipa: 0x1000, protection: Protection.write)
      return stage2(contract, [relax])
    },
    ModelLitmus(.wrongEntry) { hasFault in
      var contract = Stage2Model.Contract()
      contract.freesEmptyTables = !hasFault
      let map = Stage2Operation.map(
        ipa: 0x1000,
        sizeInBytes: 0x1000,
        physical: 0x8000_0000,
        protection: Protection.read,
        allocations: nil
      )
      return stage2(contract, [map, .unmap(ipa: 0x1000, sizeInBytes: 0x1000)])
    },
    ModelLitmus(.needlessRewrite) { hasFault in
      armUnmap(.nested, hasFault ? [.sameEntryRewritten] : [], [page, page])
    },
    ModelLitmus(.yieldAmiss) { hasFault in
      let unmap = ArmUnmapOperation.unmap(
        address: 0x1000,
        sizeInBytes: 0x1000,
        mayYield: true,
        others: []
      )
      // The loop that climbs never lets others run.
      return armUnmap(hasFault ? .loop : .nested, [], [page, unmap])
    },
  ]

  private static let page = ArmUnmapOperation.map(
    address: 0x1000,
    physical: 0x8000_0000,
    protection: Protection.read | Protection.write,
    level: 3,
    allocations: nil
  )

  /// What is found of some calls of the optimised walker beside a model of a contract.
  private static func stage2(
    _ contract: Stage2Model.Contract,
    _ operations: [Stage2Operation]
  ) -> Rule? {
    let configuration = Stage2Configuration()
    let regime = TranslationRegime(configuration)
    var session = Stage2Session(
      MachinePool.make(regime, countsPages: true),
      configuration,
      regime: regime,
      library: Stage2Library<Stage2<CheckMachine>>(
        create: { Stage2.create($0, on: &$1) },
        contract: contract
      )
    )
    return found(&session, operations)
  }

  /// What is found of some calls of an older walker.
  private static func armUnmap(
    _ unmapping: UnmapStrategy,
    _ faults: ArmUnmapFaultSet,
    _ operations: [ArmUnmapOperation]
  ) -> Rule? {
    let configuration = ArmUnmapConfiguration()
    let regime = TranslationRegime(configuration)
    var session = ArmUnmapSession(
      MachinePool.make(regime, countsPages: true),
      configuration,
      regime: regime,
      library: ArmUnmapLibrary<HistoricUnmap<CheckMachine>>(create: {
        HistoricUnmap.create($0, unmapping: unmapping, faults: faults, on: &$1)
      })
    )
    return found(&session, operations)
  }

  private static func found<S: TableSession>(
    _ session: inout S?,
    _ operations: [S.Plan.Operation]
  ) -> Rule? {
    var statistics = CheckStatistics()
    for operation in operations {
      guard let finding = session?.perform(operation, into: &statistics) else { continue }
      return finding.rule
    }
    return session == nil ? Finding.noTable.rule : session?.audit()?.rule
  }
}
