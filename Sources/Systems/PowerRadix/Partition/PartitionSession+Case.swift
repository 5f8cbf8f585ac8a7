import Checking
import Machines
import Oracles
import Property

extension PartitionSession: Session {
  typealias Plan = PartitionGenerator

  /// The machine that cases use one after the other; nil while one does.
  typealias World = RadixMachine?

  static var unmade: Finding { .noTable }

  static func world(for variant: PartitionKind<Table>) -> RadixMachine? { nil }

  init?(
    _ plan: PartitionGenerator,
    _ variant: PartitionKind<Table>,
    in world: inout RadixMachine?,
    _ setting: CaseSetting
  ) {
    self.init(plan, variant, on: world.take() ?? PartitionSession.makeMachine(), setting)
  }

  mutating func perform(
    _ operation: PartitionOperation,
    beside access: RunningGuest.Access??,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    guest.prepare(access ?? nil, on: &machine.base)
    return perform(operation, &statistics)
  }

  func text(of operation: PartitionOperation) -> String {
    operation.description + (madeAccess?.text ?? "")
  }

  mutating func audit() -> Finding? {
    comparedVersion = -1
    return compareLeaves()
  }

  mutating func count(into statistics: inout CheckStatistics) {
    statistics.count(accepted: machine.base.listener.judges.takeAcceptedCounts())
    statistics.count(events: machine.base.listener.judges.eventCount)
    statistics.count(machine.base.listener.judges.transitions)
  }

  func leave(_ world: inout RadixMachine?) { world = machine }
}
