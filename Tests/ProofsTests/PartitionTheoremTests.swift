import Testing
import Walkers

@testable import Proofs

@Suite struct PartitionTheoremTests {
  private func verdicts(
    _ scenario: PartitionScenario,
    _ flaws: PartitionFlawSet,
    _ style: PartitionStyle = .stepped
  ) -> [Clause: TheoremResult] {
    var options = ProofOptions()
    options.subject = .radix(RadixProofSubject(style: style, partition: flaws))
    let results = scenario.job.prove(options)
    return Dictionary(results.map { ($0.theorem.clause, $0) }) { first, _ in first }
  }

  static let calls: [PartitionScenario] = [
    .init(operation: .unmap(frames: 1)), .init(operation: .harvest(frames: 2)),
    .init(operation: .age), .init(operation: .install(level: 0)),
    .init(operation: .install(level: 1)), .init(operation: .free),
    .init(operation: .harvest(frames: 1), isDD1: true), .init(operation: .age, isDD1: true),
  ]

  @Test(arguments: calls.indices)
  func `tables of any contents are kept in order, by pages and by words`(index: Int) {
    for style in [PartitionStyle.stepped, .batched] {
      for (clause, result) in verdicts(PartitionTheoremTests.calls[index], [], style) {
        let name = result.theorem.name
        #expect(result.verdict.name == "holds", "\(name) \(clause.name): \(result.verdict)")
        #expect(result.pathCount > 100)
      }
    }
  }

  /// A flaw, the call that has it, and the clause that convicts it.
  static let flaws: [(PartitionFlaw, PartitionScenario, Clause)] = [
    (.invalidationIncomplete, .init(operation: .unmap(frames: 1)), .forgetsTaken),
    (.invalidationUnordered, .init(operation: .harvest(frames: 1)), .ordersChanges),
    (.invalidationOfWrongSize, .init(operation: .unmap(frames: 1)), .forgetsTaken),
    (.invalidationUnaligned, .init(operation: .install(level: 0)), .forgetsTaken),
    (.dirtySizeInPages, .init(operation: .unmap(frames: 1)), .logsChanges),
    (.largeReportedFromHere, .init(operation: .harvest(frames: 2)), .logsNoOther),
    (.unmapKeepsBits, .init(operation: .unmap(frames: 1)), .changesNoOther),
    (.freeUninvalidated, .init(operation: .free), .freesForgotten),
    (.freeKeepsWalkCache, .init(operation: .free), .freesForgotten),
    (.freeKnowsOneLeaf, .init(operation: .free), .followsLinks),
    (.tableOverwritten, .init(operation: .install(level: 1)), .keepsTranslation),
    (.retryUnchecked, .init(operation: .install(level: 0)), .givesUp),
    (.plainUpdate, .init(operation: .unmap(frames: 1)), .logsChanges),
    (.plainUpdate, .init(operation: .age), .changesNoOther),
    (.harvestUninvalidated, .init(operation: .harvest(frames: 1)), .forgetsTaken),
    (.unbrokenOnDD1, .init(operation: .harvest(frames: 1), isDD1: true), .keepsTranslation),
  ]

  @Test(arguments: flaws.indices)
  func `a flaw is convicted, by tables that plain memory repeats`(index: Int) throws {
    let (flaw, scenario, clause) = PartitionTheoremTests.flaws[index]
    let result = try #require(verdicts(scenario, [flaw])[clause])
    guard case .violated(let counterexample) = result.verdict else {
      Issue.record("\(flaw) is not convicted: \(result.verdict)")
      return
    }
    #expect(counterexample.isReplayed == true, "\(flaw): \(counterexample.claim)")
  }

  @Test func `what is encoded is what the hardware reads, at full width`() {
    for result in PartitionFields.lemmas.flatMap({ $0.job.prove(ProofOptions()) }) {
      #expect(result.verdict.name == "holds", "\(result.theorem.name)")
    }
  }
}
