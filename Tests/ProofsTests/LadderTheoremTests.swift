import Testing
import Walkers

@testable import Proofs

@Suite struct LadderTheoremTests {
  /// The verdicts of the theorems whose names contain `part`, by clause.
  private func verdicts(_ part: String, about subject: ProofSubject) -> [Clause: TheoremResult] {
    var options = ProofOptions()
    options.subject = subject
    let jobs = Catalogue.jobs(of: "arm-unmap").filter { job in
      job.theorems.contains { $0.name.contains(part) }
    }
    let results = jobs.flatMap { $0.prove(options) }
    return Dictionary(results.map { ($0.theorem.clause, $0) }) { first, _ in first }
  }

  @Test(arguments: ["ladder.unmap.1-page.64K", "ladder-hyp.unmap.1-page.4K.4-levels.ia48"])
  func `an unmap of a page is proved, in runs and by levels`(part: String) {
    for subject in [ProofSubject.builtIn, .ladder(.nested, [])] {
      for (clause, result) in verdicts(part, about: subject) {
        #expect(result.verdict.name == "holds", "\(subject) \(clause.name): \(result.verdict)")
        #expect(result.pathCount > 5)
      }
    }
  }

  /// A fault, the walker that has it, the theorems it shows in, and the clause that convicts it.
  static let faults: [(LadderFault, LadderUnmapping, String, Clause)] = [
    (.topUnchecked, .nested, "ladder.unmap.1-page.4K.4-levels.ia48", .forgetsBreaks),
    (.pudTablesKept, .nested, "ladder.unmap.1-page.4K.4-levels.ia48", .leavesNoneEmpty),
    (.hypNotInvalidated, .nested, "ladder-hyp.unmap.1-page.64K", .forgetsBreaks),
    (.rootCountedOnce, .nested, "ladder.unmap.1-page.4K.3-levels.ia40", .countsEntries),
    (.rangeUnchecked, .nested, "ladder.unmap.1-page.64K", .returnsPromised),
    (.annotationsKept, .loop, "ladder.unmap.1-page.64K", .translatesPromised),
    (.pudTablesKept, .loop, "ladder-hyp.unmap.1-page.4K.4-levels.ia48", .leavesNoneEmpty),
  ]

  @Test(arguments: faults.indices)
  func `a fault is convicted, by a case that plain memory repeats`(index: Int) throws {
    let (fault, unmapping, part, clause) = LadderTheoremTests.faults[index]
    let result = try #require(
      verdicts(part, about: .ladder(unmapping, [fault]))[clause],
      "\(fault)"
    )
    guard case .violated(let counterexample) = result.verdict else {
      Issue.record("\(fault) is not convicted: \(result.verdict)")
      return
    }
    #expect(counterexample.isReplayed == true, "\(fault): \(counterexample.claim)")
  }

  @Test func `indices and next addresses are proved for every layout`() {
    let jobs = Catalogue.jobs(of: "arm-unmap").filter { job in
      job.theorems.contains { $0.name.hasPrefix("alignment.") }
    }
    #expect(jobs.count == 4 * 8)
    for result in jobs.flatMap({ $0.prove(ProofOptions()) }) {
      #expect(result.verdict.name == "holds", "\(result.theorem.name)")
    }
  }
}
