import Machines
import Symbolic
import Testing
import Walkers

@testable import Proofs

/// The verdicts of the theorems whose names contain `part`, by clause; where one is `sought`, until it
/// is violated.
func verdicts(
  _ part: String,
  about subject: ProofSubject,
  _ mutation: MachineMutation? = nil,
  seeking sought: Clause? = nil
) -> [Clause: TheoremResult] {
  var options = ProofOptions()
  options.subject = subject
  options.mutation = mutation
  if let sought { options.isEnough = { $0 == sought } }
  let jobs = Catalogue.jobs.filter { job in job.theorems.contains { $0.name.contains(part) } }
  let results = jobs.flatMap { $0.prove(options) }
  return Dictionary(results.map { ($0.theorem.clause, $0) }) { first, _ in first }
}

@Suite struct TheoremTests {
  @Test(arguments: ["map.1-page.64K", "unmap.1-page.64K", "set-owner.1-page.64K"])
  func `a call over one page is proved, of the optimised walker and of the recursive`(
    part: String
  ) {
    for subject in [ProofSubject.builtIn, .recursive([])] {
      for (clause, result) in verdicts("stage2.\(part)", about: subject) {
        #expect(result.verdict.name == "holds", "\(subject) \(clause.name): \(result.verdict)")
        #expect(result.pathCount > 5)
      }
    }
  }

  /// A fault, a call in which it shows, and the clause that convicts it.
  static let faults: [(Fault, String, Clause)] = [
    (.noBreak, "map.1-page.64K", .breaksFirst),
    (.breakNotInvalidated, "unmap.1-page.64K", .forgetsBreaks),
    (.makeBeforeInvalidate, "map.1-page.64K", .makesAfterForgetting),
    (.invalidateWithoutBarrier, "unmap.1-page.64K", .forgetsBreaks),
    (.invalidateLocally, "unmap.1-page.64K", .forgetsBreaks),
    (.combinedNotInvalidated, "unmap.1-page.64K", .forgetsBreaks),
    (.tableLevelHint, "unmap.1-page.64K", .forgetsBreaks),
    (.leafLevelHint, "unmap.1-page.64K", .forgetsBreaks),
    (.plainLink, "map.1-page.64K", .publishesTables),
    (.mapWithoutBarrier, "map.1-page.64K", .publishesLeaves),
    (.countDroppedEarly, "unmap.1-page.64K", .freesUnlinked),
    (.validUpdateReferenceLeak, "map.1-page.64K", .countsEntries),
    (.lostOnENOMEM, "map.1-page.64K", .countsEntries),
    (.ownerNotCounted, "set-owner.1-page.64K", .countsEntries),
    (.keepsEmptyTable, "unmap.1-page.64K", .leavesNoneEmpty),
    (.highBitsLost, "map.1-page.64K", .translatesPromised),
    (.outputUnchecked, "map.1-page.64K", .returnsPromised),
    (.breakForPermissions, "map.1-page.64K", .returnsPromised),
    (.endWraps, "unmap.outside.64K", .refusesOutside),
  ]

  @Test(arguments: faults.indices)
  func `a fault is convicted, by a case that plain memory repeats`(index: Int) throws {
    let (fault, part, clause) = TheoremTests.faults[index]
    let result = try #require(
      verdicts("stage2.\(part)", about: .recursive([fault]), seeking: clause)[clause],
      "\(fault)"
    )
    guard case .violated(let counterexample) = result.verdict else {
      Issue.record("\(fault) is not convicted: \(result.verdict)")
      return
    }
    #expect(counterexample.isReplayed == true, "\(fault): \(counterexample.claim)")
    #expect(!counterexample.operation.isEmpty)
  }

  /// A change of the machine, a call in which it shows, and the clause that convicts it.
  static let mutations: [(MachineMutation, String, Clause)] = [
    (.init(.skipStore), "map.1-page.64K", .translatesPromised),
    (.init(.alterStore(1 << 2)), "unmap.1-page.64K", .translatesPromised),
    (.init(.alterStore(1 << 3)), "unmap.1-page.64K", .leavesWellFormed),
    (.init(.relaxStore), "map.1-page.64K", .publishesTables),
    (.init(.skipBarrier), "map.1-page.64K", .publishesLeaves),
    (.init(.replaceBarrier(.dsbNSH)), "unmap.1-page.64K", .forgetsBreaks),
    (.init(.skipInvalidation), "map.1-page.64K", .makesAfterForgetting),
    (.init(.localInvalidation), "unmap.1-page.64K", .freesForgotten),
    (.init(.hintInvalidation(2)), "unmap.1-page.64K", .forgetsBreaks),
    (.init(.skipRetain), "map.1-page.64K", .countsEntries),
    (.init(.doubleRelease), "unmap.1-page.64K", .usesLivePages),
    (.init(.warnBeforeStore), "set-owner.1-page.64K", .neverWarns),
  ]

  @Test(arguments: mutations.indices)
  func `a change of the machine is convicted, by a case that plain memory repeats`(
    index: Int
  ) throws {
    let (mutation, part, clause) = TheoremTests.mutations[index]
    var options = ProofOptions()
    options.mutation = mutation
    options.isEnough = { $0 == clause }
    let job = try #require(
      Catalogue.jobs(of: "arm64-stage2").first { $0.theorems[0].name.contains("stage2.\(part)") }
    )
    let result = try #require(job.prove(options).first { $0.theorem.clause == clause })
    guard case .violated(let counterexample) = result.verdict else {
      Issue.record("\(mutation) is not convicted: \(result.verdict)")
      return
    }
    #expect(counterexample.isReplayed == true, "\(mutation): \(counterexample.claim)")
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

  private static let clause = Clause("test", .alignment, "is tested")

  private func lemma(
    _ statement: @escaping @Sendable (SolverContext) -> Lemma.Statement
  ) throws -> TheoremResult {
    let lemma = Lemma(
      "test",
      actor: "a lemma",
      bounds: "",
      clauses: [LemmaTests.clause],
      statement: statement
    )
    return try lemma.prove(ProofOptions())[0]
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
        goals: [
          Claim(LemmaTests.clause, Formula.implies(fits, (output & offset) .== BitVector(0)))
        ],
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
        goals: [Claim(LemmaTests.clause, word .!= word)],
        witnesses: []
      )
    }
    #expect(result.verdict.name == "vacuous")
  }

  @Test func `the protocol holds, and without any of its parts it does not`() throws {
    let whole = try BreakBeforeMakeProtocol().lemma.prove(ProofOptions())[0]
    #expect(whole.verdict.name == "holds")
    for omission in BreakBeforeMakeProtocol.Omission.allCases {
      let part = try BreakBeforeMakeProtocol(omission: omission).lemma.prove(
        ProofOptions()
      )[0]
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
