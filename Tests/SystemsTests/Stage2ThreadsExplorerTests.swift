import Schedules
import Testing
import Walkers

@testable import Checking
@testable import Systems

private func exploration(_ subject: String) throws -> SubjectExploration {
  try System.arm64Stage2Threads.exploration(of: subject)
}

/// The rules that some schedule of calls on threads of their own breaks in a walker with a fault.
private func broken(
  _ fault: SharedStage2Fault,
  _ names: String...,
  from state: String
) throws -> Set<String> {
  typealias Exploration = Stage2ThreadsExploration<LockingStage2>
  let operations = names.compactMap { name in Exploration.calls.first { $0.key == name }?.value }
  let earlier = try #require(Exploration.states.first { $0.key == state }?.value)
  #expect(operations.count == names.count)
  let (exploration, _) = Exploration.exploration(
    LockingStage2(faults: [fault]),
    operations.map { [$0] },
    after: earlier
  )
  #expect(exploration.isComplete)
  let fingerprints = exploration.outcomes.keys.flatMap(\.fingerprints)
  return Set(fingerprints.map { String($0.prefix { $0 != "/" }) })
}

@Suite struct Stage2ThreadsExplorerTests {
  @Test func `no schedule of any two calls breaks the built-in walker`() throws {
    #expect(try exploration("built-in").expectPairsHold() > 400)
  }

  @Test func `no schedule of any two calls breaks the reference`() throws {
    #expect(try exploration("reference").expectPairsHold() > 400)
  }

  @Test func `three faults and an unmap, up to two preemptions, break neither`() throws {
    for subject in ["built-in", "reference"] {
      let exploration = try exploration(subject)
      let calls = ["map-elsewhere", "relax", "unmap"]
      var limits = ExplorationLimits()
      limits.preemptionLimit = 2
      let result = exploration.explore(try exploration.program(calls, from: "page"), limits)
      #expect(result.isExhausted && result.violations.isEmpty, "\(subject)")
      #expect(result.endStateCount > 2, "\(subject)")
    }
  }

  @Test func `a race is found in every complete exploration, whatever its chances`() throws {
    #expect(
      try broken(.losesSilently, "relax", "relax", from: "page").contains("outdated-permission")
    )
    #expect(
      try broken(.storesAttributes, "relax", "make-young", from: "old-page")
        .isSuperset(of: ["permission-taken", "access-lost"])
    )
    #expect(
      try broken(.keepsLostTable, "map", "map-neighbour", from: "empty").contains("table-leaked")
    )
    #expect(
      try broken(.keepsLostCount, "map", "map-elsewhere", from: "empty").contains("wrong-count")
    )
    #expect(
      try broken(.freesAtOnce, "map-block", "map-neighbour", from: "page")
        .contains("record-used-after-free")
    )
    #expect(
      try broken(.breaksUnchecked, "map", "map-neighbour", from: "empty").contains("no-break")
    )
  }

  @Test func `who lost a race tells its caller so`() throws {
    typealias Exploration = Stage2ThreadsExploration<LockingStage2>
    let map = try #require(Exploration.calls.first { $0.key == "map" }?.value)
    let beside = try #require(Exploration.calls.first { $0.key == "map-neighbour" }?.value)
    let (exploration, _) = Exploration.exploration(
      LockingStage2(faults: [.mapClaimsLoss]),
      [[map], [map]],
      after: [beside]
    )
    #expect(exploration.isComplete)
    #expect(exploration.outcomes.keys.flatMap(\.fingerprints).contains { $0.hasPrefix("no-order") })
  }
}
