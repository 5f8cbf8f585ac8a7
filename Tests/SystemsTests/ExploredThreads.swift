import Machines
import Schedules
import Testing

@testable import Checking
@testable import Systems

extension Explorable {
  /// What becomes of threads that are given operations which no person types.
  static func exploration(
    _ variant: Variant,
    _ threads: [[Operation]],
    after earlier: [Operation] = [],
    preemptions: Int? = nil
  ) -> (exploration: Exploration<CaseExplorer<Self>.End>, endStateCount: Int) {
    var limits = ExplorationLimits()
    limits.preemptionLimit = preemptions
    var ends: Set<UInt64> = []
    let exploration = CaseExplorer<Self>(variant).explore(
      threads,
      after: earlier,
      limits,
      shouldStop: { false },
      ends: &ends
    )
    return (exploration, ends.count)
  }
}

extension System {
  /// What of a subject is explored.
  func exploration(of subject: String) throws -> SubjectExploration {
    try #require(self.subject(named: subject)?.exploration)
  }
}

extension SubjectExploration {
  /// The program of calls by their names, those of a thread with `;` between them, from a state.
  func program(_ names: [String], from state: String) throws -> ExploredProgram {
    ExploredProgram(
      state: try #require(states.firstIndex { $0.name == state }),
      threads: try names.map { names in
        try names.split(separator: ";").map { name in
          try #require(calls.firstIndex { $0.name == name })
        }
      }
    )
  }

  /// The same.
  func program(_ names: String..., from state: String) throws -> ExploredProgram {
    try program(names, from: state)
  }

  /// Explores any two calls from some states; no schedule of them may break anything.
  /// - Returns: how many schedules there were.
  func expectPairsHold(
    from states: [String]? = nil,
    preemptions: Int? = nil,
    isWeak: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> Int {
    var limits = ExplorationLimits()
    limits.preemptionLimit = preemptions
    limits.isWeak = isWeak
    let indices = self.states.indices.filter { states?.contains(self.states[$0].name) ?? true }
    let programs = ExploredProgram.all(
      threadCounts: 2...2,
      callCount: calls.count,
      states: indices
    )
    .filter { refusal(of: $0) == nil }
    #expect(!programs.isEmpty, sourceLocation: sourceLocation)
    var runCount = 0
    for program in programs {
      let result = explore(program, limits)
      #expect(result.isExhausted, "\(program)", sourceLocation: sourceLocation)
      #expect(result.preemptionLimit == preemptions, sourceLocation: sourceLocation)
      #expect(
        result.violations.isEmpty,
        "\(program): \(result.violations)",
        sourceLocation: sourceLocation
      )
      runCount += result.exploredCount
    }
    return runCount
  }

  /// The fingerprints of what some schedule of a program breaks; each is found again in a replay.
  func broken(
    _ names: String...,
    from state: String,
    preemptions: Int? = nil
  ) throws -> [String] {
    var limits = ExplorationLimits()
    limits.preemptionLimit = preemptions
    let result = explore(try program(names, from: state), limits)
    #expect(result.isExhausted)
    for violation in result.violations {
      let told = counterexample(violation.shortest)
      #expect(told?.finding.fingerprint == violation.fingerprint, "it is found again in a replay")
      #expect(ExploredCase(choices: violation.shortest.choices) == violation.shortest)
    }
    return result.violations.map(\.fingerprint)
  }
}
