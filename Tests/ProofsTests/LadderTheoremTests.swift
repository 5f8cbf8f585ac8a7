import Machines
import Testing
import Walkers

@testable import Proofs

/// The results of the theorems about one call, by clause; where one is `sought`, until it is violated.
private func results(
  _ call: String,
  about subject: ProofSubject = .builtIn,
  _ mutation: MachineMutation? = nil,
  seeking sought: Clause? = nil
) -> [Clause: TheoremResult] {
  var options = ProofOptions()
  options.subject = subject
  options.mutation = mutation
  if let sought { options.isEnough = { $0 == sought } }
  let job = Catalogue.jobs(of: "arm-unmap").first { $0.theorems[0].subject.hasPrefix(call) }
  let results = job?.prove(options) ?? []
  return Dictionary(results.map { ($0.theorem.clause, $0) }) { first, _ in first }
}

@Suite struct LadderTheoremTests {
  @Test(
    arguments: [
      "ladder.unmap.1-page.64K", "ladder-hyp.unmap.1-page.4K.4-levels.ia48",
      "ladder.unmap.bytes-of-1-page", "ladder-hyp.unmap.1-page.yielding.4K.3-levels",
    ]
  )
  func `an unmap of a page is proved, in runs and by levels`(call: String) {
    for subject in [ProofSubject.builtIn, .ladder(.nested, [])] {
      let results = results(call, about: subject)
      #expect(!results.isEmpty)
      for (clause, result) in results {
        #expect(result.verdict.name == "holds", "\(subject) \(clause.name): \(result.verdict)")
        #expect(result.pathCount > 5)
      }
    }
  }

  @Test(
    arguments: [
      "ladder.map.page.64K", "ladder-hyp.map.block-at-level-2.4K.3-levels",
      "ladder.fault-in.4K.2-levels", "ladder.annotate.4K.2-levels",
      "ladder.flush.1-page.4K.4-levels",
      "ladder.flush.bytes-of-1-page", "ladder.unmap.size-0", "ladder-hyp.flush.1-page",
    ]
  )
  func `the other calls are proved`(call: String) {
    let results = results(call)
    #expect(!results.isEmpty)
    for (clause, result) in results {
      #expect(result.verdict.name == "holds", "\(clause.name): \(result.verdict)")
    }
  }

  /// A fault, the walker that has it, a call in which it shows, and the clause that convicts it.
  static let faults: [(LadderFault, LadderUnmapping, String, Clause)] = [
    (.topUnchecked, .nested, "ladder.unmap.1-page.4K.4-levels.ia48", .followsLinks),
    (.pudTablesKept, .nested, "ladder.unmap.1-page.4K.4-levels.ia48", .leavesNoneEmpty),
    (.hypNotInvalidated, .nested, "ladder-hyp.unmap.1-page.64K", .forgetsBreaks),
    (.rootCountedOnce, .nested, "ladder.unmap.1-page.4K.3-levels.ia40", .countsEntries),
    (.rangeUnchecked, .nested, "ladder.unmap.1-page.64K", .returnsPromised),
    (.rangeUnchecked, .nested, "ladder.unmap.1-page.64K", .refusesUntouched),
    (.rangeUnrounded, .loop, "ladder.unmap.bytes-of-2-pages", .translatesPromised),
    (.rangeUnrounded, .nested, "ladder.unmap.bytes-of-1-page", .staysInside),
    (.unalignedStep, .nested, "ladder.unmap.2-pages.4K.2-levels", .translatesPromised),
    (.yieldsAlways, .nested, "ladder.unmap.1-page.64K", .yieldsForWaiters),
    (.annotationsKept, .loop, "ladder.unmap.1-page.64K", .translatesPromised),
    (.emptyTablesKept, .loop, "ladder.unmap.1-page.4K.3-levels", .leavesNoneEmpty),
    (.pudTablesKept, .loop, "ladder-hyp.unmap.1-page.4K.4-levels.ia48", .leavesNoneEmpty),
    (.rootLostInYield, .nested, "ladder-hyp.unmap.2-pages.yielding", .usesNothingStale),
    (.staleTopEntry, .nested, "ladder-hyp.unmap.2-pages.yielding", .followsLinks),
    (.noBreak, .nested, "ladder.map.page.64K", .breaksFirst),
    (.sameEntryRewritten, .nested, "ladder.map.page.64K", .leavesSame),
    (.sameEntryRewritten, .nested, "ladder.fault-in.64K", .leavesSame),
    (.tableOverwritten, .nested, "ladder.map.block-at-level-2.4K.2-levels", .losesNone),
    (.hypNotInvalidated, .nested, "ladder-hyp.map.page.4K.3-levels", .makesAfterForgetting),
    (.rootCountedOnce, .nested, "ladder.annotate.4K.2-levels", .countsEntries),
    (.blockOutsideSlot, .nested, "ladder.fault-in.4K.2-levels", .translatesPromised),
    (.blockMisaligned, .nested, "ladder.fault-in.4K.2-levels", .translatesPromised),
    (.emptyRangeWalked, .nested, "ladder.unmap.size-0", .changesNothing),
    (.flushTopUnchecked, .nested, "ladder.flush.1-page.4K.4-levels.2-entries", .followsLinks),
  ]

  @Test(arguments: faults.indices)
  func `a fault is convicted, by a case that plain memory repeats`(index: Int) throws {
    let (fault, unmapping, call, clause) = LadderTheoremTests.faults[index]
    let found = results(call, about: .ladder(unmapping, [fault]), seeking: clause)
    let result = try #require(found[clause], "\(fault)")
    expectViolated(result, "\(fault)")
  }

  /// A change of the machine, a call in which it shows, and the clause that convicts it.
  static let mutations: [(MachineMutation, String, Clause)] = [
    (.init(.skipStore), "ladder.map.page.64K", .translatesPromised),
    (.init(.skipStore), "ladder.fault-in.64K", .translatesPromised),
    (.init(.skipStore), "ladder.annotate.4K.2-levels", .translatesPromised),
    (.init(.alterStore(1 << 55)), "ladder-hyp.map.page.4K.3-levels", .translatesPromised),
    (.init(.alterStore(1 << 3)), "ladder.annotate.4K.2-levels", .leavesWellFormed),
    (.init(.alterStore(1 << 2)), "ladder.map.page.64K", .maintainsNothingElse),
    (.init(.relaxStore), "ladder.map.page.64K", .publishesTables),
    (.init(.skipBarrier), "ladder.map.page.64K", .publishesLeaves),
    (.init(.skipBarrier), "ladder.map.page.64K", .publishesAll),
    (.init(.skipBarrier), "ladder.fault-in.64K", .publishesAll),
    (.init(.skipInvalidation), "ladder.map.page.64K", .makesAfterForgetting),
    (.init(.skipInvalidation), "ladder.annotate.4K.2-levels", .forgetsBreaks),
    (.init(.localInvalidation), "ladder.map.block-at-level-2.4K.2-levels", .freesForgotten),
    (.init(.hintInvalidation(3)), "ladder.map.page.4K.2-levels", .makesAfterForgetting),
    (.init(.skipRetain), "ladder.map.page.64K", .countsEntries),
    (.init(.skipRetain), "ladder.annotate.4K.2-levels", .countsEntries),
    (.init(.skipRelease), "ladder.map.block-at-level-2.4K.3-levels", .freesDetached),
    (.init(.doubleRelease), "ladder.map.block-at-level-2.4K.2-levels", .usesLivePages),
    (.init(.skipStore, ordinal: 1), "ladder.map.block-at-level-2.4K.2-levels", .freesUnlinked),
    (.init(.skipStore, ordinal: 2), "ladder.unmap.1-page.64K", .keepsLinked),
    (
      .init(.alterLoad(1 << 1), ordinal: 2), "ladder-hyp.map.block-at-level-1.4K.3-levels",
      .freesBeneath
    ),
    (.init(.skipClean), "ladder.map.page.64K", .cleansFirst),
    (.init(.shortenClean), "ladder.fault-in.64K", .cleansFirst),
    (.init(.skipInstructions), "ladder.map.page.64K", .invalidatesInstructionsFirst),
    (.init(.skipClean), "ladder.flush.1-page.4K.4-levels", .cleansTouched),
    (.init(.shortenClean), "ladder.flush.bytes-of-1-page", .cleansTouched),
    (.init(.alterLoad(1 << 5)), "ladder.flush.bytes-of-1-page", .cleansOnlyTouched),
    (.init(.warnBeforeStore), "ladder.annotate.4K.2-levels", .neverWarns),
    (.init(.yieldBeforeLoad), "ladder.map.page.64K", .yieldsForWaiters),
    (.init(.yieldBeforeLoad), "ladder-hyp.unmap.1-page.yielding", .usesNothingStale),
    (.init(.skipStore), "ladder-hyp.unmap.2-pages.yielding", .unmapsBetweenYields),
    (.init(.skipInvalidation), "ladder-hyp.unmap.1-page.yielding", .forgetsBreaks),
    (.init(.alterStore(1)), "ladder.unmap.1-page.64K", .keepsOtherRules),
    (.init(.doubleRelease), "ladder.unmap.2-pages.4K.2-levels", .countSuffices),
  ]

  @Test(arguments: mutations.indices)
  func `a change of the machine is convicted, by a case that plain memory repeats`(
    index: Int
  ) throws {
    let (mutation, call, clause) = LadderTheoremTests.mutations[index]
    let found = results(call, about: .builtIn, mutation, seeking: clause)
    let result = try #require(found[clause], "\(mutation)")
    expectViolated(result, "\(mutation) in \(call)")
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
