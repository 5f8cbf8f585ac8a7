import Machines
import Symbolic
import Testing
import Walkers

@testable import Proofs

/// The verdicts of the theorems whose names contain `part`, by family.
private func verdicts(_ part: String, about subject: ProofSubject) -> [Family: TheoremResult] {
  var options = ProofOptions()
  options.subject = subject
  let jobs = Catalogue.jobs.filter { job in job.theorems.contains { $0.name.contains(part) } }
  let results = jobs.flatMap { $0.prove(options) }
  return Dictionary(results.map { ($0.theorem.family, $0) }) { first, _ in first }
}

@Suite struct TheoremTests {
  @Test(arguments: ["map.1-page.64K", "unmap.1-page.64K", "set-owner.1-page.64K"])
  func `a call over one page is proved, of the optimised walker and of the recursive`(
    part: String
  ) {
    for subject in [ProofSubject.builtIn, .recursive([])] {
      for (family, result) in verdicts("stage2.\(part)", about: subject) {
        #expect(result.verdict.name == "holds", "\(subject) \(family): \(result.verdict)")
        #expect(result.pathCount > 5)
      }
    }
  }

  /// A fault, a call in which it shows, and the family that convicts it.
  static let faults: [(Fault, String, Family)] = [
    (.noBreak, "map.1-page.64K", .breakBeforeMake),
    (.breakNotInvalidated, "unmap.1-page.64K", .breakBeforeMake),
    (.makeBeforeInvalidate, "map.1-page.64K", .breakBeforeMake),
    (.invalidateWithoutBarrier, "unmap.1-page.64K", .breakBeforeMake),
    (.invalidateLocally, "unmap.1-page.64K", .breakBeforeMake),
    (.combinedNotInvalidated, "unmap.1-page.64K", .breakBeforeMake),
    (.tableLevelHint, "unmap.1-page.64K", .breakBeforeMake),
    (.leafLevelHint, "unmap.1-page.64K", .breakBeforeMake),
    (.plainLink, "map.1-page.64K", .breakBeforeMake),
    (.mapWithoutBarrier, "map.1-page.64K", .breakBeforeMake),
    (.countDroppedEarly, "unmap.1-page.64K", .breakBeforeMake),
    (.validUpdateReferenceLeak, "map.1-page.64K", .counts),
    (.lostOnENOMEM, "map.1-page.64K", .counts),
    (.ownerNotCounted, "set-owner.1-page.64K", .counts),
    (.keepsEmptyTable, "unmap.1-page.64K", .counts),
    (.highBitsLost, "map.1-page.64K", .refinement),
    (.outputUnchecked, "map.1-page.64K", .refinement),
    (.breakForPermissions, "map.1-page.64K", .refinement),
    (.endWraps, "unmap.outside.64K", .alignment),
    (.removedTableRootNotFreed, "map.block-at-level-2.4K.2-entries", .counts),
    (.preorderVisitFreedSubtree, "map.block-at-level-2.4K.2-entries", .counts),
  ]

  @Test(arguments: faults.indices)
  func `a fault is convicted, by a case that plain memory repeats`(index: Int) throws {
    let (fault, part, family) = TheoremTests.faults[index]
    let result = try #require(
      verdicts("stage2.\(part)", about: .recursive([fault]))[family],
      "\(fault)"
    )
    guard case .violated(let counterexample) = result.verdict else {
      Issue.record("\(fault) is not convicted: \(result.verdict)")
      return
    }
    #expect(counterexample.isReplayed == true, "\(fault): \(counterexample.claim)")
    #expect(!counterexample.operation.isEmpty)
  }

  @Test func `a resource limit that is too small leaves theorems undecided, not proved`() {
    var options = ProofOptions()
    options.resourceLimit = 1
    let job = Catalogue.jobs.last { $0.theorems[0].name.contains("map.1-page") }
    for result in job?.prove(options) ?? [] {
      #expect(result.verdict.name == "undecided")
    }
  }
}

@Suite struct LemmaTests {
  @Test func `alignment is proved for every granule`() {
    for job in Granule.allCases.flatMap({ Alignment($0).lemmas }).map(\.job) {
      for result in job.prove(ProofOptions()) {
        #expect(result.verdict.name == "holds", "\(result.theorem.name)")
      }
    }
  }

  private func lemma(
    _ statement: @escaping @Sendable (SolverContext) -> Lemma.Statement
  ) throws -> TheoremResult {
    let theorem = Theorem(
      name: "test",
      family: .alignment,
      statement: "",
      bounds: "",
      scale: .real
    )
    return try Lemma(theorem: theorem, statement: statement).prove(ProofOptions())
  }

  @Test func `a block that ignores the output address is no theorem`() throws {
    let geometry = Geometry(Stage2Configuration())
    let result = try lemma { context in
      let (input, output) = (context.variable("input"), context.variable("output"))
      let fits = geometry.leafFits(
        at: 2,
        input: input,
        output: input,
        remaining: BitVector(1 << 21)
      )
      let offset = BitVector((1 << 21) - 1)
      return Lemma.Statement(
        goals: [("aligns the output", Formula.implies(fits, (output & offset) .== BitVector(0)))],
        witnesses: [("output", output)]
      )
    }
    #expect(result.verdict.name == "violated")
  }

  @Test func `assumptions that exclude everything make a claim vacuous`() throws {
    let result = try lemma { context in
      let word = context.variable("word")
      return Lemma.Statement(
        assumptions: [word .< BitVector(0)],
        goals: [("is", word .!= word)],
        witnesses: []
      )
    }
    #expect(result.verdict.name == "vacuous")
  }

  @Test func `the protocol holds, and without any of its parts it does not`() throws {
    let whole = try BreakBeforeMakeProtocol().lemma.prove(ProofOptions())
    #expect(whole.verdict.name == "holds")
    for omission in BreakBeforeMakeProtocol.Omission.allCases {
      let part = try BreakBeforeMakeProtocol(omission: omission).lemma.prove(ProofOptions())
      #expect(part.verdict.name == "violated", "\(omission)")
    }
  }

  @Test func `the fixed-point engine finds the protocol's invariant, and none without its parts`()
    throws
  {
    let whole = try BreakBeforeMakeProtocol().foundInvariant.prove(ProofOptions())
    #expect(whole.verdict.name == "holds", "\(whole.verdict)")
    #expect(whole.checkCount >= 3)
    for omission in BreakBeforeMakeProtocol.Omission.allCases {
      let part = try BreakBeforeMakeProtocol(omission: omission).foundInvariant.prove(
        ProofOptions()
      )
      #expect(part.verdict.name == "violated", "\(omission)")
    }
  }
}
