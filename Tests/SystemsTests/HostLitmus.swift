import Checking
import Machines
import Oracles
import Property

@testable import Systems
@testable import Walkers

/// A guest of one slot of memory and its host, and the steps of which a test puts a handler together.
struct HostLitmus {
  var session: PartitionSession
  private let leaf: UInt64

  static let writable: UInt64 = 3 << 62 | 0x187
  static let readable: UInt64 = 3 << 62 | 0x105

  init(flaws: PartitionFlawSet = []) {
    session = PartitionSession(PartitionKind(style: .batched, flaws: flaws))
    var choices = Choices(replaying: [])
    _ = session.begin(PartitionGenerator(&choices))
    leaf = session.host.realAddress(ofFrame: 0)?.address ?? 0
  }

  /// What the host has to say of some steps.
  static func rule(
    flaws: PartitionFlawSet = [],
    _ steps: (inout PretendHost, inout RadixMachine) -> Void
  ) -> Rule? {
    var litmus = HostLitmus(flaws: flaws)
    steps(&litmus.session.host, &litmus.session.machine)
    return litmus.session.host.finding?.rule
  }

  /// Maps the page of the first frame, held for stores, and does with it what is asked.
  static func mapping(
    _ bits: UInt64,
    _ steps: (inout PretendHost, HostPage) -> Void
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
