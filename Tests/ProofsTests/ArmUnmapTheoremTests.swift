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
  let job = Catalogue.jobs(of: ["arm-unmap"]).first { $0.theorems[0].subject.hasPrefix(call) }
  let results = job?.prove(options) ?? []
  return Dictionary(results.map { ($0.theorem.clause, $0) }) { first, _ in first }
}

@Suite struct ArmUnmapTheoremTests {
  @Test(
    arguments: [
      "arm-unmap.unmap.1-page.64K", "arm-unmap-hyp.unmap.1-page.4K.4-levels.ia48",
      "arm-unmap.unmap.bytes-of-1-page", "arm-unmap-hyp.unmap.1-page.yielding.4K.3-levels",
    ]
  )
  func `an unmap of a page is proved, in runs and by levels`(call: String) {
    for subject in [ProofSubject.builtIn, .armUnmap(.nested, [])] {
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
      "arm-unmap.map.page.64K", "arm-unmap-hyp.map.block-at-level-2.4K.3-levels",
      "arm-unmap.fault-in.4K.2-levels", "arm-unmap.annotate.4K.2-levels",
      "arm-unmap.flush.1-page.4K.4-levels",
      "arm-unmap.flush.bytes-of-1-page", "arm-unmap.unmap.size-0", "arm-unmap-hyp.flush.1-page",
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
  static let faults: [(ArmUnmapFault, UnmapStrategy, String, Clause)] = [
    (.topUnchecked, .nested, "arm-unmap.unmap.1-page.4K.4-levels.ia48", .followsLinks),
    (.pudTablesKept, .nested, "arm-unmap.unmap.1-page.4K.4-levels.ia48", .leavesNoneEmpty),
    (.hypNotInvalidated, .nested, "arm-unmap-hyp.unmap.1-page.64K", .forgetsBreaks),
    (.rootCountedOnce, .nested, "arm-unmap.unmap.1-page.4K.3-levels.ia40", .countsEntries),
    (.rangeUnchecked, .nested, "arm-unmap.unmap.1-page.64K", .returnsPromised),
    (.rangeUnchecked, .nested, "arm-unmap.unmap.1-page.64K", .refusesUntouched),
    (.rangeUnrounded, .loop, "arm-unmap.unmap.bytes-of-2-pages", .translatesPromised),
    (.rangeUnrounded, .nested, "arm-unmap.unmap.bytes-of-1-page", .staysInside),
    (.unalignedStep, .nested, "arm-unmap.unmap.2-pages.4K.2-levels", .translatesPromised),
    (.yieldsAlways, .nested, "arm-unmap.unmap.1-page.64K", .yieldsForWaiters),
    (.annotationsKept, .loop, "arm-unmap.unmap.1-page.64K", .translatesPromised),
    (.emptyTablesKept, .loop, "arm-unmap.unmap.1-page.4K.3-levels", .leavesNoneEmpty),
    (.pudTablesKept, .loop, "arm-unmap-hyp.unmap.1-page.4K.4-levels.ia48", .leavesNoneEmpty),
    (.rootLostInYield, .nested, "arm-unmap-hyp.unmap.2-pages.yielding", .usesNothingStale),
    (.staleTopEntry, .nested, "arm-unmap-hyp.unmap.2-pages.yielding", .followsLinks),
    (.noBreak, .nested, "arm-unmap.map.page.64K", .breaksFirst),
    (.sameEntryRewritten, .nested, "arm-unmap.map.page.64K", .leavesSame),
    (.sameEntryRewritten, .nested, "arm-unmap.fault-in.64K", .leavesSame),
    (.tableOverwritten, .nested, "arm-unmap.map.block-at-level-2.4K.2-levels", .losesNone),
    (.hypNotInvalidated, .nested, "arm-unmap-hyp.map.page.4K.3-levels", .makesAfterForgetting),
    (.rootCountedOnce, .nested, "arm-unmap.annotate.4K.2-levels", .countsEntries),
    (.blockOutsideSlot, .nested, "arm-unmap.fault-in.4K.2-levels", .translatesPromised),
    (.blockMisaligned, .nested, "arm-unmap.fault-in.4K.2-levels", .translatesPromised),
    (.emptyRangeWalked, .nested, "arm-unmap.unmap.size-0", .changesNothing),
    (.flushTopUnchecked, .nested, "arm-unmap.flush.1-page.4K.4-levels.2-entries", .followsLinks),
  ]

  @Test(arguments: faults.indices)
  func `a fault is convicted, by a case that plain memory repeats`(index: Int) throws {
    let (fault, unmapping, call, clause) = ArmUnmapTheoremTests.faults[index]
    let found = results(call, about: .armUnmap(unmapping, [fault]), seeking: clause)
    let result = try #require(found[clause], "\(fault)")
    expectViolated(result, "\(fault)")
  }

  /// A change of the machine, a call in which it shows, and the clause that convicts it.
  static let mutations: [(MachineMutation, String, Clause)] = [
    (.init(.skipStore), "arm-unmap.map.page.64K", .translatesPromised),
    (.init(.skipStore), "arm-unmap.fault-in.64K", .translatesPromised),
    (.init(.skipStore), "arm-unmap.annotate.4K.2-levels", .translatesPromised),
    (.init(.alterStore(1 << 55)), "arm-unmap-hyp.map.page.4K.3-levels", .translatesPromised),
    (.init(.alterStore(1 << 3)), "arm-unmap.annotate.4K.2-levels", .leavesWellFormed),
    (.init(.alterStore(1 << 2)), "arm-unmap.map.page.64K", .maintainsNothingElse),
    (.init(.relaxStore), "arm-unmap.map.page.64K", .publishesTables),
    (.init(.skipBarrier), "arm-unmap.map.page.64K", .publishesLeaves),
    (.init(.skipBarrier), "arm-unmap.map.page.64K", .publishesAll),
    (.init(.skipBarrier), "arm-unmap.fault-in.64K", .publishesAll),
    (.init(.skipInvalidation), "arm-unmap.map.page.64K", .makesAfterForgetting),
    (.init(.skipInvalidation), "arm-unmap.annotate.4K.2-levels", .forgetsBreaks),
    (.init(.localInvalidation), "arm-unmap.map.block-at-level-2.4K.2-levels", .freesForgotten),
    (.init(.hintInvalidation(3)), "arm-unmap.map.page.4K.2-levels", .makesAfterForgetting),
    (.init(.skipRetain), "arm-unmap.map.page.64K", .countsEntries),
    (.init(.skipRetain), "arm-unmap.annotate.4K.2-levels", .countsEntries),
    (.init(.skipRelease), "arm-unmap.map.block-at-level-2.4K.3-levels", .freesDetached),
    (.init(.doubleRelease), "arm-unmap.map.block-at-level-2.4K.2-levels", .usesLivePages),
    (.init(.skipStore, ordinal: 1), "arm-unmap.map.block-at-level-2.4K.2-levels", .freesUnlinked),
    (.init(.skipStore, ordinal: 2), "arm-unmap.unmap.1-page.64K", .keepsLinked),
    (
      .init(.alterLoad(1 << 1), ordinal: 2), "arm-unmap-hyp.map.block-at-level-1.4K.3-levels",
      .freesBeneath
    ),
    (.init(.skipClean), "arm-unmap.map.page.64K", .cleansFirst),
    (.init(.shortenClean), "arm-unmap.fault-in.64K", .cleansFirst),
    (.init(.skipInstructions), "arm-unmap.map.page.64K", .invalidatesInstructionsFirst),
    (.init(.skipClean), "arm-unmap.flush.1-page.4K.4-levels", .cleansTouched),
    (.init(.shortenClean), "arm-unmap.flush.bytes-of-1-page", .cleansTouched),
    (.init(.alterLoad(1 << 5)), "arm-unmap.flush.bytes-of-1-page", .cleansOnlyTouched),
    (.init(.warnBeforeStore), "arm-unmap.annotate.4K.2-levels", .neverWarns),
    (.init(.yieldBeforeLoad), "arm-unmap.map.page.64K", .yieldsForWaiters),
    (.init(.yieldBeforeLoad), "arm-unmap-hyp.unmap.1-page.yielding", .usesNothingStale),
    (.init(.skipStore), "arm-unmap-hyp.unmap.2-pages.yielding", .unmapsBetweenYields),
    (.init(.skipInvalidation), "arm-unmap-hyp.unmap.1-page.yielding", .forgetsBreaks),
    (.init(.alterStore(1)), "arm-unmap.unmap.1-page.64K", .keepsOtherRules),
    (.init(.doubleRelease), "arm-unmap.unmap.2-pages.4K.2-levels", .countSuffices),
  ]

  @Test(arguments: mutations.indices)
  func `a change of the machine is convicted, by a case that plain memory repeats`(
    index: Int
  ) throws {
    let (mutation, call, clause) = ArmUnmapTheoremTests.mutations[index]
    let found = results(call, about: .builtIn, mutation, seeking: clause)
    let result = try #require(found[clause], "\(mutation)")
    expectViolated(result, "\(mutation) in \(call)")
  }

  @Test func `indices and next addresses are proved for every layout`() {
    let jobs = Catalogue.jobs(of: ["arm-unmap"]).filter { job in
      job.theorems.contains { $0.name.hasPrefix("alignment.") }
    }
    #expect(jobs.count == 4 * 8)
    for result in jobs.flatMap({ $0.prove(ProofOptions()) }) {
      #expect(result.verdict.name == "holds", "\(result.theorem.name)")
    }
  }
}
