import Machines
import Schedules
import Testing
import Walkers

@testable import Systems

private typealias Operation = Stage2ThreadsOperation

private let outputs = Stage2ThreadsPlan.outputs
private let read = Protection.read
private let write = Protection.read | Protection.write

/// Everything that can be done to page 0 and to the block that it is in.
private let kinds: [Operation.Kind] = [
  .map(page: 0, pageCount: 1, output: outputs[0], protection: read),
  .map(page: 0, pageCount: 1, output: outputs[1], protection: write),
  .map(page: 1, pageCount: 1, output: outputs[0] + 0x1000, protection: read),
  .map(page: 0, pageCount: 2, output: outputs[0], protection: read),
  .relax(page: 0, protection: write), .makeYoung(page: 0), .age(page: 0), .isYoung(page: 0),
  .unmap(pages: 0..<1), .writeProtect(pages: 0..<1),
]

private func alone(_ kinds: Operation.Kind...) -> [Operation] {
  kinds.map { Operation(thread: nil, kind: $0) }
}

/// Nothing mapped, a page, an old page, and a block.
private let beginnings: [[Operation]] = [
  [], alone(kinds[0]), alone(kinds[0], .age(page: 0)), alone(kinds[3]),
]

/// Explores any two calls, from each beginning.
/// - Returns: how many runs that took.
private func explorePairs<Walker: SharedStage2Walker>(_ walker: Walker) -> Int {
  let explorer = Stage2ThreadsExplorer(walker)
  var runCount = 0
  for earlier in beginnings {
    for (index, first) in kinds.enumerated() {
      for second in kinds[index...] {
        let operations = [
          Operation(thread: 0, kind: first), Operation(thread: 1, kind: second),
        ]
        let exploration = explorer.explore(operations, after: earlier)
        #expect(exploration.isComplete, "\(operations): \(exploration.text)")
        let findings = Set(exploration.outcomes.keys.flatMap(\.findings))
        #expect(findings.isEmpty, "\(operations) after \(earlier): \(findings)")
        runCount += exploration.exploredCount
      }
    }
  }
  return runCount
}

/// The rules that some schedule of calls on threads of their own breaks in a walker with a fault.
private func broken(
  _ fault: SharedStage2Fault,
  _ calls: Operation.Kind...,
  after earlier: [Operation] = []
) -> Set<String> {
  let operations = calls.enumerated().map { Operation(thread: $0, kind: $1) }
  let explorer = Stage2ThreadsExplorer(LockingStage2(faults: [fault]))
  let exploration = explorer.explore(operations, after: earlier)
  #expect(exploration.isComplete)
  let fingerprints = exploration.outcomes.keys.flatMap(\.findings)
  return Set(fingerprints.map { String($0.prefix { $0 != "/" }) })
}

@Suite struct Stage2ThreadsExplorerTests {
  @Test func `no schedule of any two calls breaks the built-in walker`() {
    #expect(explorePairs(SharedStage2()) > 400)
  }

  @Test func `no schedule of any two calls breaks the reference`() {
    #expect(explorePairs(LockingStage2()) > 400)
  }

  @Test func `three faults and an unmap, up to two preemptions, break neither`() {
    let calls = [kinds[1], kinds[4], kinds[8]]
    let operations = calls.enumerated().map { Operation(thread: $0, kind: $1) }
    var built = Stage2ThreadsExplorer(SharedStage2())
    built.preemptionLimit = 2
    var locking = Stage2ThreadsExplorer(LockingStage2())
    locking.preemptionLimit = 2
    let first = built.explore(operations, after: beginnings[1])
    let second = locking.explore(operations, after: beginnings[1])
    #expect(first.isExhausted && second.isExhausted)
    #expect(first.outcomes.keys.allSatisfy { $0.findings.isEmpty })
    #expect(second.outcomes.keys.allSatisfy { $0.findings.isEmpty })
    #expect(first.outcomes.count > 2)
  }

  @Test func `a race is found in every complete exploration, whatever its chances`() {
    let mapped = beginnings[1]
    #expect(
      broken(.losesSilently, kinds[4], kinds[4], after: mapped).contains("outdated-permission")
    )
    #expect(
      broken(.storesAttributes, kinds[4], kinds[5], after: beginnings[2])
        .isSuperset(of: ["permission-taken", "access-lost"])
    )
    #expect(broken(.keepsLostTable, kinds[0], kinds[2]).contains("table-leaked"))
    #expect(broken(.keepsLostCount, kinds[0], kinds[1]).contains("wrong-count"))
    #expect(
      broken(.freesAtOnce, kinds[3], kinds[2], after: mapped).contains("record-used-after-free")
    )
    let beside = alone(kinds[2])
    #expect(broken(.mapClaimsLoss, kinds[0], kinds[0], after: beside).contains("no-order"))
    #expect(broken(.breaksUnchecked, kinds[0], kinds[2]).contains("no-break"))
  }
}
