import Testing
import Walkers

@testable import Proofs

@Suite struct RadixTheoremTests {
  private func verdicts(about subject: ProofSubject) -> [Clause: TheoremResult] {
    var options = ProofOptions()
    options.subject = subject
    let results = RadixTheorems(isProblemState: true).job.prove(options)
    return Dictionary(results.map { ($0.theorem.clause, $0) }) { first, _ in first }
  }

  @Test func `the software walk is the architecture's, for any registers and memory`() {
    for subject in [ProofSubject.builtIn, .radix(RadixProofSubject())] {
      for (clause, result) in verdicts(about: subject) {
        #expect(result.verdict.name == "holds", "\(subject) \(clause.name): \(result.verdict)")
        #expect(result.pathCount > 100)
      }
    }
  }

  /// A flaw and the clause that convicts it.
  static let flaws: [(RadixFlaw, Clause)] = [
    (.sizeIn32Bits, .endsAlike), (.offsetIn32Bits, .readsNoOther), (.treeSizeLowOnly, .endsAlike),
    (.tableAlignmentUnchecked, .readsNoOther), (.leafAlignmentUnchecked, .endsAlike),
    (.topLeafAccepted, .endsAlike), (.presenceUnchecked, .endsAlike),
    (.quadrantsUnchecked, .readsNoOther), (.processUnchecked, .readsNoOther),
    (.privilegeIgnored, .endsAlike),
  ]

  @Test(arguments: flaws.indices)
  func `a flaw is convicted, by a guest that plain memory repeats`(index: Int) throws {
    let (flaw, clause) = RadixTheoremTests.flaws[index]
    let result = try #require(verdicts(about: .radix(RadixProofSubject(translate: [flaw])))[clause])
    guard case .violated(let counterexample) = result.verdict else {
      Issue.record("\(flaw) is not convicted: \(result.verdict)")
      return
    }
    #expect(counterexample.isReplayed == true, "\(flaw): \(counterexample.claim)")
  }

  @Test func `fields and indices are the architecture's`() {
    for result in RadixFields.lemmas.flatMap({ $0.job.prove(ProofOptions()) }) {
      #expect(result.verdict.name == "holds", "\(result.theorem.name)")
    }
  }
}
