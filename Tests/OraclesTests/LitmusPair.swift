import Machines
import Oracles
import Testing

/// A rule's litmus: a trace that it convicts, and a near miss in which nothing is wrong.
struct LitmusPair: Sendable {
  let rule: Rule
  /// What the judges say of the trace, with the fault in it or without.
  let judged: @Sendable (_ hasFault: Bool) -> [Rule]

  /// Whose tables they are; without forcing, caches have to be cleaned.
  enum Tree: Sendable { case guest, guestWithoutForcing, hypervisor }

  /// A trace of Arm's tables.
  static func arm(
    _ rule: Rule,
    on tree: Tree = .guest,
    _ trace: @escaping @Sendable (_ litmus: inout Litmus, _ hasFault: Bool) -> Void
  ) -> LitmusPair {
    LitmusPair(rule: rule) { hasFault in
      var litmus =
        switch tree {
        case .guest: Litmus()
        case .guestWithoutForcing: Litmus(Stage2Configuration())
        case .hypervisor: Litmus.hypervisor()
        }
      trace(&litmus, hasFault)
      return litmus.rules
    }
  }

  /// A trace of Power's.
  static func power(
    _ rule: Rule,
    _ trace: @escaping @Sendable (_ litmus: inout RadixLitmus, _ hasFault: Bool) -> Void
  ) -> LitmusPair {
    LitmusPair(rule: rule) { hasFault in
      var litmus = RadixLitmus()
      trace(&litmus, hasFault)
      return litmus.rules
    }
  }
}

@Suite struct RuleLitmusTests {
  private static let arm = LitmusPair.translations + LitmusPair.tables + LitmusPair.memory

  @Test(arguments: arm.indices)
  func `a rule of Arm's tables convicts its trace and not the near miss`(index: Int) {
    let pair = RuleLitmusTests.arm[index]
    #expect(pair.judged(true).first == pair.rule, "\(pair.rule.name)")
    #expect(pair.judged(false).isEmpty, "\(pair.rule.name)")
  }

  @Test(arguments: LitmusPair.radix.indices)
  func `a rule of Power's tables convicts its trace and not the near miss`(index: Int) {
    let pair = LitmusPair.radix[index]
    #expect(pair.judged(true).first == pair.rule, "\(pair.rule.name)")
    #expect(pair.judged(false).isEmpty, "\(pair.rule.name)")
  }

  @Test func `every rule of the judges has a litmus pair, and one`() {
    for (pairs, rules) in [
      (RuleLitmusTests.arm, Judges.rules), (LitmusPair.radix, RadixJudges.rules),
    ] {
      #expect(pairs.map(\.rule.name).sorted() == rules.map(\.name).sorted())
      #expect(Set(pairs.map(\.rule)) == Set(rules))
    }
  }
}
