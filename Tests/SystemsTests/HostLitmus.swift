import Checking
import Machines
import Oracles
import Property

@testable import Systems
@testable import Walkers

/// A guest of one slot of memory and its host, and the steps of which a test puts a handler together.
struct HostLitmus {
  typealias Table = SteppedPartitionTable<RadixMachine>

  var session: PartitionSession<Table>
  private let leaf: UInt64

  static let writable: UInt64 = 3 << 62 | 0x187
  static let readable: UInt64 = 3 << 62 | 0x105

  init?(faults: PartitionTableFaultSet = []) {
    var choices = Choices(replaying: [])
    let plan = PartitionGenerator(&choices)
    guard let session = PartitionSession(plan, .stepped(faults)) else { return nil }
    self.session = session
    leaf = session.host.realAddress(ofFrame: 0)?.address ?? 0
  }

  /// What the host has to say of some steps.
  static func rule(
    faults: PartitionTableFaultSet = [],
    _ steps: (inout PretendHost<Table>, inout RadixMachine) -> Void
  ) -> Rule? {
    guard var litmus = HostLitmus(faults: faults) else { return Finding.noTable.rule }
    steps(&litmus.session.host, &litmus.session.machine)
    return litmus.session.host.finding?.rule
  }

  /// Maps the page of the first frame, held for stores, and does with it what is asked.
  static func mapping(
    _ bits: UInt64,
    _ steps: (inout PretendHost<Table>, HostPage) -> Void
  ) -> Rule? {
    rule { host, machine in
      let slot = host.slots[0].slot
      guard let page = host.pin(slot.hostAddress, forWrite: true, on: &machine) else { return }
      let table = host.table
      let result = table.install(
        page.realAddress | bits,
        at: 0,
        level: 0,
        since: host.invalidations,
        of: slot,
        on: &machine,
        host: &host
      )
      if result == .ok { steps(&host, page) }
    }
  }
}
