import Testing
import Walkers

@testable import Proofs

@Suite struct RadixTheoremTests {
  private func verdicts(about subject: ProofSubject) -> [Family: TheoremResult] {
    var options = ProofOptions()
    options.subject = subject
    let results = RadixTheorems(isProblemState: true).job.prove(options)
    return Dictionary(results.map { ($0.theorem.family, $0) }) { first, _ in first }
  }

  @Test func `the software walk is the architecture's, for any registers and memory`() {
    for subject in [ProofSubject.builtIn, .radix(RadixProofSubject())] {
      for (family, result) in verdicts(about: subject) {
        #expect(result.verdict.name == "holds", "\(subject) \(family): \(result.verdict)")
        #expect(result.pathCount > 100)
      }
    }
  }

  /// A flaw and the family that convicts it.
  static let flaws: [(RadixFlaw, Family)] = [
    (.sizeIn32Bits, .refinement), (.offsetIn32Bits, .alignment), (.treeSizeLowOnly, .refinement),
    (.tableAlignmentUnchecked, .alignment), (.leafAlignmentUnchecked, .refinement),
    (.topLeafAccepted, .refinement), (.presenceUnchecked, .refinement),
    (.quadrantsUnchecked, .alignment), (.processUnchecked, .alignment),
    (.privilegeIgnored, .refinement),
  ]

  @Test(arguments: flaws.indices)
  func `a flaw is convicted, by a guest that plain memory repeats`(index: Int) throws {
    let (flaw, family) = RadixTheoremTests.flaws[index]
    let result = try #require(verdicts(about: .radix(RadixProofSubject(translate: [flaw])))[family])
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
