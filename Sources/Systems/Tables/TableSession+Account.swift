import Checking
import Machines

extension TableSession {
  var eventCount: Int { machine.base.listener.log.events.count }

  func account(of finding: Finding, operationEnds: [Int]) -> CaseAccount {
    let views = finding.inputAddress.map { comparison.views(of: $0, tables) }
    let history = EventHistory(
      entryAddress: finding.entryAddress ?? views?.entryAddress,
      inputAddress: finding.inputAddress,
      pageShift: machine.base.memory.pageShift
    )
    return CaseAccount(
      history: history.steps(
        of: machine.base.listener.log.events,
        sites: machine.base.listener.log.sites.map(\.instruction),
        callEnds: operationEnds
      ),
      sections: [
        .init("in memory", views?.hardware ?? "no input address is concerned"),
        .init("the model", views?.model ?? "no input address is concerned"),
      ],
      sourceFile: machine.base.listener.walkerFile
    )
  }
}
