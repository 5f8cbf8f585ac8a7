import Testing

@testable import Checking
@testable import Systems

/// What threads may rely on where a load may return an older write.
@Suite struct WeakSchedulesTests {
  @Test(arguments: ["arm64-stage2-threads", "power-radix-threads", "pfn-cache", "shared-buffer"])
  func `nobody is convicted for not having seen yet what another did`(name: String) throws {
    let system = try #require(System.all.first { $0.name == name })
    for subject in ["built-in", "reference"] {
      let exploration = try system.exploration(of: subject)
      #expect(exploration.expectPairsHold(preemptions: 1, isWeak: true) > 100, "\(subject)")
    }
  }
}
