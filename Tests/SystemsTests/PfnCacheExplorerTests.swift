import Checking
import Schedules
import Testing

@testable import Systems

/// A subject's exploration.
private func exploration(_ subject: String) throws -> SubjectExploration {
  try #require(System.pfnCache.subject(named: subject)?.exploration)
}

extension SubjectExploration {
  /// The program of calls by their names, those of a thread with `;` between them, from a state.
  func program(_ names: String..., from state: String) throws -> ExploredProgram {
    ExploredProgram(
      state: try #require(states.firstIndex { $0.name == state }),
      threads: try names.map { names in
        try names.split(separator: ";").map { name in
          try #require(calls.firstIndex { $0.name == name })
        }
      }
    )
  }
}

/// Explores any two calls on one cache, from each state.
private func explorePairs(_ subject: String) throws {
  let exploration = try exploration(subject)
  let programs = ExploredProgram.all(
    threadCounts: 2...2,
    callCount: exploration.calls.count,
    states: Array(exploration.states.indices)
  )
  .filter { exploration.refusal(of: $0) == nil }
  #expect(programs.count > 150)
  for program in programs {
    let result = exploration.explore(program)
    #expect(result.isExhausted && result.preemptionLimit == nil, "\(program)")
    #expect(result.violations.isEmpty, "\(program): \(result.violations)")
  }
}

/// The rules that some schedule of two calls breaks.
private func broken(
  _ subject: String,
  _ first: String,
  _ second: String,
  from state: String
) throws -> [String] {
  let exploration = try exploration(subject)
  let result = exploration.explore(try exploration.program(first, second, from: state))
  #expect(result.isExhausted)
  for violation in result.violations {
    let told = exploration.counterexample(violation.shortest)
    #expect(told?.finding.fingerprint == violation.fingerprint, "it is found again in a replay")
    #expect(ExploredCase(choices: violation.shortest.choices) == violation.shortest)
  }
  return result.violations.map(\.fingerprint)
}

@Suite struct PfnCacheExplorerTests {
  @Test func `no schedule of any two calls breaks the built-in cache`() throws {
    try explorePairs("built-in")
  }

  @Test func `no schedule of any two calls breaks the reference`() throws {
    try explorePairs("reference")
  }

  @Test func `a race is found in every complete exploration, whatever its chances`() throws {
    #expect(
      try broken("invalidate-skips-placeholder", "activate", "invalidate", from: "inactive")
        == ["freed-page-accessed"]
    )
    #expect(
      try broken("invalidation-announced-late", "activate", "invalidate", from: "inactive")
        == ["freed-page-accessed"]
    )
    #expect(
      try broken("speculative-valid-exposes-null-khva", "access", "activate", from: "inactive")
        == ["unmapped-address/null"]
    )
    #expect(
      try broken("generation-false-negative", "refresh-elsewhere;refresh", "access", from: "valid")
        == ["wrong-page-accessed"]
    )
  }

  @Test func `an invalidation that finds the cache invalid waits for the guest too`() throws {
    let calls = ["invalidate", "invalidate", "enter-guest"]
    for (subject, rules) in [
      ("built-in", []), ("reference", []),
      ("second-invalidation-does-not-wait", ["guest-mode-kept"]),
    ] {
      let exploration = try exploration(subject)
      let program = try exploration.program(calls[0], calls[1], calls[2], from: "guest-valid")
      let result = exploration.explore(program)
      #expect(result.isExhausted, "\(subject)")
      #expect(result.violations.map(\.fingerprint) == rules, "\(subject)")
    }
  }

  @Test func `a missing fence shows where memory is weak, and nowhere else`() throws {
    for (subject, isWeak, rules) in [
      ("kick-without-fence", false, []),
      ("kick-without-fence", true, ["freed-page-accessed/guest-mode", "guest-mode-kept"]),
      ("reference", true, []), ("built-in", true, []),
    ] {
      let exploration = try exploration(subject)
      let program = try exploration.program("invalidate", "enter-guest", from: "guest-valid")
      var limits = ExplorationLimits()
      limits.isWeak = isWeak
      let result = exploration.explore(program, limits)
      #expect(result.isExhausted, "\(subject)")
      #expect(result.violations.map(\.fingerprint) == rules, "\(subject)")
    }
  }

  @Test func `what callers may not do at once is refused`() throws {
    let exploration = try exploration("built-in")
    let first = try exploration.program("enter-guest", "invalidate", from: "guest-valid")
    #expect(exploration.refusal(of: first) != nil)
    #expect(
      exploration.counterexample(ExploredCase(first, isWeak: false, schedule: .init(steps: [])))
        == nil
    )
    let last = try exploration.program("invalidate", "enter-guest", from: "guest-valid")
    #expect(exploration.refusal(of: last) == nil)
    let unused = try exploration.program("invalidate", "enter-guest", from: "valid")
    #expect(exploration.refusal(of: unused) != nil)
  }
}
