import Checking
import Schedules
import Testing

@testable import Systems

/// A subject's exploration.
private func exploration(_ subject: String) throws -> SubjectExploration {
  try #require(System.powerRadixThreads.subject(named: subject)?.exploration)
}

/// Explores any two calls, from each state.
private func explorePairs(_ subject: String) throws {
  let exploration = try exploration(subject)
  let programs = ExploredProgram.all(
    threadCounts: 2...2,
    callCount: exploration.calls.count,
    states: Array(exploration.states.indices)
  )
  #expect(programs.count > 300)
  for program in programs {
    let result = exploration.explore(program)
    #expect(result.isExhausted && result.preemptionLimit == nil, "\(program)")
    #expect(result.violations.isEmpty, "\(program): \(result.violations)")
  }
}

/// The rules that some schedule of calls on threads of their own breaks.
private func broken(
  _ subject: String,
  _ first: String,
  _ second: String,
  from state: String
) throws -> Set<String> {
  let exploration = try exploration(subject)
  let result = exploration.explore(try exploration.program(first, second, from: state))
  #expect(result.isExhausted)
  for violation in result.violations {
    let told = exploration.counterexample(violation.shortest)
    #expect(told?.finding.fingerprint == violation.fingerprint, "it is found again in a replay")
  }
  return Set(result.violations.map { String($0.fingerprint.prefix { $0 != "/" }) })
}

@Suite struct PartitionThreadsExplorerTests {
  @Test func `no schedule of any two calls breaks the built-in walker`() throws {
    try explorePairs("built-in")
  }

  @Test func `no schedule of any two calls breaks the reference`() throws {
    try explorePairs("reference")
  }

  @Test func `a race is found in every complete exploration, whatever its chances`() throws {
    for (subject, first, second, state, rule) in [
      ("retry-unchecked", "load", "move", "empty", "given-up-page-mapped"),
      ("retry-outside-lock", "load", "move", "empty", "given-up-page-mapped"),
      ("count-taken-late", "load", "move-slot", "empty", "wrong-translation"),
      ("memslot-flush-vs-fault", "load", "move-slot", "empty", "wrong-translation"),
      ("flush-invalidates-late", "move-slot", "move", "mapped", "given-up-page-mapped"),
      ("update-not-atomic", "hardware-store", "age", "clean", "change-lost"),
      ("harvest-clears-unseen", "hardware-store", "harvest", "clean", "change-lost"),
      ("table-freed-with-live-ptes", "load", "load-neighbour", "joined", "record-used-after-free"),
      ("host-pte-vanishes", "load", "move", "empty", "unexpected-warning"),
    ] {
      let rules = try broken(subject, first, second, from: state)
      #expect(rules.contains(rule), "\(subject): \(rules)")
    }
  }

  @Test func `what one call alone does wrong needs no schedule`() throws {
    for subject in ["harvest-without-invalidation", "update-not-atomic", "retry-unchecked"] {
      let exploration = try exploration(subject)
      let state = subject == "harvest-without-invalidation" ? "written" : "clean"
      let result = exploration.explore(try exploration.program("harvest", from: state))
      #expect(result.violations.isEmpty == (state == "clean"), "\(subject)")
    }
  }
}
