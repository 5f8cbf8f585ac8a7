import Symbolic
import Testing
import Walkers

@testable import Proofs

@Suite struct RadixTheoremTests {
  private func verdicts(
    about subject: ProofSubject,
    seeking sought: Clause? = nil
  ) -> [Clause: TheoremResult] {
    var options = ProofOptions()
    options.subject = subject
    if let sought { options.isEnough = { $0 == sought } }
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

  /// A fault and the clause that convicts it.
  static let faults: [(TranslatorFault, Clause)] = [
    (.sizeIn32Bits, .endsAlike), (.offsetIn32Bits, .readsNoOther), (.treeSizeLowOnly, .endsAlike),
    (.tableAlignmentUnchecked, .readsNoOther), (.leafAlignmentUnchecked, .endsAlike),
    (.topLeafAccepted, .endsAlike), (.presenceUnchecked, .endsAlike),
    (.quadrantsUnchecked, .readsNoOther), (.processUnchecked, .readsNoOther),
    (.privilegeIgnored, .endsAlike), (.offsetIn32Bits, .readsInTables),
    (.indexUnscaled, .readsWhole),
  ]

  @Test(arguments: faults.indices)
  func `a fault is convicted, by a guest that plain memory repeats`(index: Int) throws {
    let (fault, clause) = RadixTheoremTests.faults[index]
    let found = verdicts(about: .radix(RadixProofSubject(translate: [fault])), seeking: clause)
    let result = try #require(found[clause])
    expectViolated(result, "\(fault)")
  }

  /// A decoding with a fault in one place, and the clause that convicts it.
  static let decodings: [(Clause, RadixDecoding)] = {
    func fault(_ change: (inout RadixDecoding) -> Void) -> RadixDecoding {
      var decoding = RadixDecoding()
      change(&decoding)
      return decoding
    }
    let walks = RadixDecoding()
    return [
      (.takesField, fault { $0.nextBase ^= 0x100 }),
      (.treeBits, fault { $0.treeBits = { walks.treeBits($0) &+ BitVector(1) } }),
      (.fieldsApart, fault { $0.leaf.append($0.leaf[3]) }),
      (.staysInTable, fault { $0.index = { walks.index($0, $1, $2 + 1) } }),
      (.losesNoBit, fault { $0.index = { walks.index($0, $1, $2 - 1) } }),
    ]
  }()

  @Test(arguments: decodings.indices)
  func `a wrong decoding is convicted by its clause`(index: Int) {
    let (clause, decoding) = RadixTheoremTests.decodings[index]
    let results = RadixFields.lemmas(of: decoding).flatMap { $0.job.prove(ProofOptions()) }
    let violated = results.filter { $0.verdict.name == "violated" }.map(\.theorem.clause)
    #expect(violated.contains(clause), "\(clause.name): \(violated.map(\.name))")
  }

  @Test func `fields and indices are the architecture's`() {
    for result in RadixFields.lemmas.flatMap({ $0.job.prove(ProofOptions()) }) {
      #expect(result.verdict.name == "holds", "\(result.theorem.name)")
    }
  }
}
