import Machines
import Symbolic
import Testing
import Walkers

@testable import Proofs

/// Records an issue unless the theorem is violated, by a case that plain memory repeats.
func expectViolated(_ result: TheoremResult, _ what: String) {
  guard case .violated(let counterexample) = result.verdict else {
    Issue.record("\(what) is not convicted: \(result.verdict)")
    return
  }
  #expect(counterexample.isReplayed == true, "\(what): \(counterexample.claim)")
  #expect(!counterexample.operation.isEmpty)
}

/// Records an issue unless the clause of the call is violated, by a case that plain memory repeats.
func expectViolation(
  of clause: Clause,
  in part: String,
  about subject: ProofSubject = .builtIn,
  _ mutation: MachineMutation? = nil
) throws {
  let found = verdicts(part, about: subject, mutation, seeking: clause)
  let result = try #require(found[clause], "\(part)")
  expectViolated(result, "\(part) by \(subject), \(String(describing: mutation))")
}

@Suite struct AttributeTheoremTests {
  @Test(arguments: ["wrprotect", "mkyoung", "mkold", "is-young", "relax-perms", "flush"])
  func `a call that changes leaves in place is proved, of both walkers`(call: String) {
    for subject in [ProofSubject.builtIn, .recursive([])] {
      for part in ["stage2.\(call).1-page.4K", "stage2.\(call).1-page.64K"] {
        let found = verdicts(part, about: subject)
        #expect(found.count >= 9)
        for (clause, result) in found {
          #expect(
            result.verdict.name == "holds",
            "\(subject) \(part) \(clause.name): \(result.verdict)"
          )
        }
      }
    }
  }

  /// A fault, a call in which it shows, and the clause that convicts it.
  static let faults: [(Fault, String, Clause)] = [
    (.mapNotCleaned, "map.1-page.64K", .cleansBeforeMapping),
    (.cleanAfterInstall, "map.1-page.64K", .cleansBeforeMapping),
    (.execNotInvalidated, "map.1-page.64K", .freshensInstructions),
    (.execNotInvalidated, "relax-perms.1-page.64K", .freshensInstructions),
    (.unmapNotCleaned, "unmap.1-page.64K", .cleansAfter),
    (.unmapNotCleaned, "unmap.block-at-level-2.16K", .cleansAfter),
    (.relaxNotInvalidated, "relax-perms.1-page.64K", .forgetsChanges),
    (.outputUnchecked, "map.outside-output.64K", .refusesOutsideOutput),
    (.emptyRangeWalked, "map.0-pages", .touchesNothing),
    (.emptyRangeWalked, "unmap.0-pages", .touchesNothing),
  ]

  @Test(arguments: faults.indices)
  func `a fault of caches, permissions or ranges is convicted`(index: Int) throws {
    let (fault, part, clause) = AttributeTheoremTests.faults[index]
    try expectViolation(of: clause, in: "stage2.\(part)", about: .recursive([fault]))
  }

  /// A change of the machine, a call in which it shows, and the clause that convicts it.
  static let mutations: [(MachineMutation, String, Clause)] = [
    (.init(.skipClean), "map.1-page.64K", .cleansBeforeMapping),
    (.init(.shortenClean), "map.1-page.64K", .cleansBeforeMapping),
    (.init(.shortenClean), "unmap.1-page.64K", .cleansAfter),
    (.init(.alterLoad(1 << 5)), "unmap.1-page.64K", .cleansNoneElse),
    (.init(.skipInstructions), "map.1-page.64K", .freshensInstructions),
    (.init(.skipInstructions), "relax-perms.1-page.64K", .freshensInstructions),
    (.init(.alterLoad(1 << 54)), "relax-perms.1-page.64K", .freshensNoneElse),
    (.init(.skipInvalidation), "relax-perms.1-page.64K", .forgetsChanges),
    (.init(.hintInvalidation(1)), "relax-perms.1-page.64K", .forgetsChanges),
    (.init(.skipStore), "relax-perms.1-page.64K", .translatesPromised),
    (.init(.alterStore(1 << 10)), "relax-perms.1-page.64K", .translatesPromised),
    (.init(.skipStore), "wrprotect.1-page.64K", .translatesPromised),
    (.init(.alterStore(1 << 58)), "wrprotect.1-page.64K", .translatesPromised),
    (.init(.alterStore(1 << 16)), "wrprotect.1-page.64K", .breaksFirst),
    (.init(.alterStore(1)), "wrprotect.1-page.64K", .leavesWellFormed),
    (.init(.skipStore), "mkyoung.1-page.64K", .translatesPromised),
    (.init(.skipBarrier), "mkyoung.1-page.64K", .publishesLeaves),
    (.init(.alterLoad(1 << 55)), "mkyoung.1-page.64K", .returnsFound),
    (.init(.alterStore(1 << 6)), "mkold.1-page.64K", .translatesPromised),
    (.init(.alterLoad(1 << 55)), "mkold.1-page.64K", .returnsFound),
    (.init(.alterLoad(1 << 10)), "is-young.1-page.64K", .returnsAge),
    (.init(.skipClean), "flush.1-page.64K", .flushes),
    (.init(.alterLoad(1 << 5)), "flush.1-page.64K", .flushesNoneElse),
    (.init(.skipBarrier), "map.1-page.4K", .forgetsOnFailure),
  ]

  @Test(arguments: mutations.indices)
  func `a change of the machine shows in caches, permissions or ages`(index: Int) throws {
    let (mutation, part, clause) = AttributeTheoremTests.mutations[index]
    try expectViolation(of: clause, in: "stage2.\(part)", mutation)
  }

  @Test
  func
    `what the caller owes is not asked of a call: write-protecting and ageing invalidate nothing`()
  {
    for part in ["wrprotect", "mkold"] {
      for mutation in [MachineMutation(.skipBarrier), MachineMutation(.skipInvalidation)] {
        for (clause, result) in verdicts("stage2.\(part).1-page.64K", about: .builtIn, mutation) {
          #expect(result.verdict.name == "holds", "\(part) \(clause.name): \(result.verdict)")
        }
      }
    }
  }
}

@Suite struct HypTheoremTests {
  @Test(arguments: [
    "map.1-page.64K", "unmap.1-page.64K", "unmap.block", "map.0-pages", "unmap.0-pages",
  ])
  func `a call over a hypervisor's tables is proved, of both walkers`(part: String) {
    for subject in [ProofSubject.builtIn, .recursive([]), .recursive([.wholeVMID])] {
      let found = verdicts("hyp.\(part)", about: subject)
      #expect(found.count >= 9)
      for (clause, result) in found {
        #expect(result.verdict.name == "holds", "\(subject) \(clause.name): \(result.verdict)")
      }
    }
  }

  /// A fault, a call in which it shows, and the clause that convicts it.
  static let faults: [(Fault, String, Clause)] = [
    (.hypRemapAny, "map.1-page.64K", .breaksFirst),
    (.hypRemapIgnored, "map.1-page.64K", .returnsPromised),
    (.hypUncounted, "map.1-page.64K", .countsEntries),
    (.lostOnENOMEM, "map.1-page.64K", .countsEntries),
    (.plainLink, "map.1-page.64K", .publishesTables),
    (.mapWithoutBarrier, "map.1-page.64K", .publishesLeaves),
    (.highBitsLost, "map.1-page.64K", .translatesPromised),
    (.blockIgnoresOutput, "map.2-pages", .leavesWellFormed),
    (.breakNotInvalidated, "unmap.1-page.64K", .forgetsBreaks),
    (.invalidateWithoutBarrier, "unmap.1-page.64K", .forgetsBreaks),
    (.invalidateLocally, "unmap.1-page.64K", .freesForgotten),
    (.tableLevelHint, "unmap.1-page.64K", .freesForgotten),
    (.keepsEmptyTable, "unmap.1-page.64K", .leavesNoneEmpty),
    (.countDroppedEarly, "unmap.1-page.64K", .freesUnlinked),
    (.blockPastEnd, "unmap.1-page.64K", .returnsBytes),
    (.freesTableInUse, "unmap.1-page.64K", .freesDetached),
    (.outputUnchecked, "map.outside-output", .refusesOutsideOutput),
    (.endWraps, "map.outside.4K", .refusesOutside),
    (.emptyRangeWalked, "map.0-pages", .touchesNothing),
  ]

  @Test(arguments: faults.indices)
  func `a fault of a hypervisor's walker is convicted`(index: Int) throws {
    let (fault, part, clause) = HypTheoremTests.faults[index]
    try expectViolation(of: clause, in: "hyp.\(part)", about: .recursive([fault]))
  }

  /// A change of the machine, a call in which it shows, and the clause that convicts it.
  static let mutations: [(MachineMutation, String, Clause)] = [
    (.init(.skipStore), "map.1-page.64K", .translatesPromised),
    (.init(.alterStore(1 << 6)), "map.1-page.64K", .translatesPromised),
    (.init(.alterLoad(1 << 10)), "map.1-page.64K", .returnsPromised),
    (.init(.skipStore), "unmap.1-page.64K", .translatesPromised),
    (.init(.alterLoad(1)), "unmap.1-page.64K", .returnsBytes),
    (.init(.skipRelease), "unmap.1-page.64K", .countsEntries),
    (.init(.alterInvalidation(1 << 16)), "unmap.1-page.64K", .forgetsBreaks),
    (.init(.warnBeforeStore), "unmap.1-page.64K", .neverWarns),
    (.init(.doubleRelease), "unmap.2-pages", .countSuffices),
    (.init(.doubleRelease), "unmap.1-page.64K", .usesLivePages),
    (.init(.skipStore, ordinal: 2), "unmap.1-page.64K", .keepsLinked),
    (.init(.alterIndex(1 << 13)), "unmap.1-page.64K", .staysInside),
    (.init(.alterLoad(0b10), ordinal: 1), "unmap.1-page.64K", .followsLinks),
    (.init(.alterLoad(1), ordinal: 1), "map.1-page.64K", .losesNone),
    (.init(.alterStore(1)), "unmap.1-page.64K", .keepsOtherRules),
  ]

  @Test(arguments: mutations.indices)
  func `a change of the machine shows in a hypervisor's tables`(index: Int) throws {
    let (mutation, part, clause) = HypTheoremTests.mutations[index]
    try expectViolation(of: clause, in: "hyp.\(part)", mutation)
  }

  @Test func `an error after a page was mapped needs the barrier too`() throws {
    try expectViolation(
      of: .publishesOnFailure,
      in: "hyp.map.2-pages",
      about: .recursive([.mapWithoutBarrier])
    )
  }
}

@Suite struct VacuityTests {
  private static let clause = Clause("test", .alignment, "is tested")

  /// Why a theorem says nothing about a walker that comes to `reached`, as the reference does to
  /// `known`.
  private func reason(
    intended: Set<String>,
    reached: Set<String>,
    known: Set<String>,
    claims: Bool = true
  ) throws -> String {
    let theorem = Theorem(
      subject: "test",
      clause: VacuityTests.clause,
      actor: "a walker",
      bounds: "",
      scale: .real
    )
    let proof = PathProof(theorems: [theorem], intended: intended)
    let results = try proof.prove(ProofOptions(), reference: .recursive([])) { options, _ in
      let isReference = options.subject == .recursive([])
      let claimed = claims || isReference ? [Claim(VacuityTests.clause, isTrue: true)] : []
      return PathOutcome(claims: claimed, reached: isReference ? known : reached) { claim, _ in
        ProofCounterexample(claim: claim, operation: "", before: [], events: [], isReplayed: nil)
      }
    }
    guard case .vacuous(let reason) = results[0].verdict else { return results[0].verdict.name }
    return reason
  }

  private let hint = "which the reference walker reaches on the same tables: look at the walker"

  @Test func `what the reference walker reaches and the walker does not is the walker's fault`()
    throws
  {
    #expect(
      try reason(intended: ["0", "-ENOMEM"], reached: ["0"], known: ["0", "-ENOMEM"])
        == "never reached: -ENOMEM, \(hint)"
    )
    #expect(
      try reason(intended: ["0"], reached: ["0"], known: [], claims: false)
        == "no path comes to what it is about, \(hint)"
    )
  }

  @Test func `what neither reaches is the set-up's`() throws {
    #expect(try reason(intended: ["0", "x"], reached: ["0"], known: ["0"]) == "never reached: x")
    #expect(
      try reason(intended: ["0", "x"], reached: [], known: ["0"])
        == "never reached: 0, \(hint); never reached: x"
    )
    #expect(try reason(intended: ["0"], reached: ["0"], known: ["0"]) == "holds")
  }

  @Test func `a walker that never says that an entry is there already is looked at`() {
    let found = verdicts("stage2.map.1-page.64K", about: .recursive([.breakForPermissions]))
    guard case .vacuous(let reason) = found[.neverWarns]?.verdict else {
      Issue.record("\(String(describing: found[.neverWarns]))")
      return
    }
    #expect(reason == "never reached: -EAGAIN, \(hint)")
  }
}
