import Checking
import Schedules
import Testing

@testable import Systems

/// A subject's exploration.
private func exploration(_ subject: String) throws -> SubjectExploration {
  try System.pfnCache.exploration(of: subject)
}

/// The rules that some schedule of two calls breaks.
private func broken(
  _ subject: String,
  _ first: String,
  _ second: String,
  from state: String
) throws -> [String] {
  try exploration(subject).broken(first, second, from: state)
}

@Suite struct PfnCacheExplorerTests {
  @Test func `no schedule of any two calls breaks the built-in cache`() throws {
    #expect(try exploration("built-in").expectPairsHold() > 150)
  }

  @Test func `no schedule of any two calls breaks the reference`() throws {
    #expect(try exploration("reference").expectPairsHold() > 150)
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
      (
        "second-invalidation-does-not-wait",
        ["data-race/host.page: marked write, plain write", "guest-mode-kept"]
      ),
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
      (
        "kick-without-fence", true,
        [
          "data-race/host.page: marked write, plain write", "freed-page-accessed/guest-mode",
          "guest-mode-kept",
        ]
      ),
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

  @Test func `a snapshot that nothing orders is no snapshot`() throws {
    for (subject, isWeak, rules) in [
      ("snapshot-without-fence", false, []),
      ("snapshot-without-fence", true, ["wrong-frame-found"]), ("built-in", true, []),
    ] {
      let exploration = try exploration(subject)
      let program = try exploration.program("check", "refresh-elsewhere", from: "valid")
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
