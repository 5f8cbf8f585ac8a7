import Machines
import Symbolic
import Testing
import Walkers

@testable import Proofs

@Suite struct PfnCacheTheoremTests {
  private func results(
    _ operation: PfnScenario.Operation,
    _ subject: ProofSubject,
    _ mutation: RecordMutation? = nil,
    seeking clause: Clause? = nil
  ) -> [TheoremResult] {
    var options = ProofOptions()
    options.subject = subject
    options.recordMutation = mutation
    if let clause { options.isEnough = { $0 == clause } }
    return PfnScenario(operation: operation).job.prove(options)
  }

  /// The calls that take a moment in an index too; the others are proved there by the command.
  private static let short: [PfnScenario.Operation] = [
    .construct, .unmap, .deactivate, .check, .access, .enter, .invalidate, .end,
  ]

  @Test(arguments: short)
  func `a call is proved for any number of threads, in an index and on a list`(
    operation: PfnScenario.Operation
  ) {
    for subject in [ProofSubject.builtIn, .pfnCache(.listed([]))] {
      for result in results(operation, subject) {
        #expect(result.verdict.name == "holds", "\(result.theorem.name): \(result.verdict)")
        #expect(result.pathCount >= 1)
      }
    }
  }

  @Test(arguments: [PfnScenario.Operation.refresh, .activate])
  func `the longer calls are proved on a list`(operation: PfnScenario.Operation) {
    for result in results(operation, .pfnCache(.listed([]))) {
      #expect(result.verdict.name == "holds", "\(result.theorem.name): \(result.verdict)")
    }
  }

  /// A fault of the listed cache, a call in which it shows, and the clause that convicts it.
  static let faults: [(PfnCacheFault, PfnScenario.Operation, Clause)] = [
    (.noopRefreshReleases, .refresh, .undoesMappingsOnce),
    (.keepsOldOffset, .refresh, .keepsOffset),
    (.extraReference, .refresh, .keepsNoReference),
    (.mapFailureLeaks, .activate, .keepsNoReference),
    (.validWithoutMapping, .refresh, .mapsValid),
    (.validForOldAddress, .refresh, .looksUpSince),
    (.lockMadeAnew, .activate, Clause.recordDuties[2]),
    (.keepsEarlierUse, .deactivate, .emptiesUnused),
    (.pinsPage, .refresh, .keepsNoReference),
    (.unmapsUnmapped, .refresh, .undoesMappingsOnce),
    (.lengthWraps, .refresh, .acceptsOnePage),
    (.lengthWraps, .check, .acceptsOnePage),
    (.dirtyAtUnmap, .access, .notesWrites),
    (.unlinkedInUse, .deactivate, .findsValid),
    (.refreshesInactive, .refresh, .refusesUnused),
    (.skipsRefreshing, .invalidate, .tellsRefresh),
    (.announcedLate, .invalidate, .announcesFirst),
    (.announcedLate, .invalidate, .leavesNoneValid),
    (.kicksOnlyIfValid, .invalidate, .clearsGuestMode),
    (.leavesRequest, .invalidate, Clause.recordDuties[1]),
  ]

  @Test(arguments: faults.indices)
  func `a fault of history is convicted, by a schedule that the scheduled machine repeats`(
    index: Int
  ) throws {
    let (fault, operation, clause) = PfnCacheTheoremTests.faults[index]
    let found = results(operation, .pfnCache(.listed([fault])), seeking: clause)
    expectViolated(try #require(found.first { $0.theorem.clause == clause }), "\(fault)")
  }

  @Test func `the cache as posted is convicted`() throws {
    let found = results(.refresh, .pfnCache(.posted), seeking: .mapsValid)
    expectViolated(try #require(found.first { $0.theorem.clause == .mapsValid }), "seed")
  }

  /// A change of the machine, a call of the optimised cache in which it shows, and the clause that
  /// convicts it.
  static let mutations: [(RecordMutation, PfnScenario.Operation, Clause)] = {
    typealias Change = RecordMutation.Change
    func mutated(
      _ change: Change,
      _ operation: PfnScenario.Operation,
      _ clause: Clause,
      ordinal: Int? = nil
    ) -> (RecordMutation, PfnScenario.Operation, Clause) {
      (RecordMutation(change, ordinal: ordinal), operation, clause)
    }
    let duties = Clause.recordDuties
    return [
      mutated(.lead(0x123), .access, duties[0]),
      mutated(.skipLock("lock"), .unmap, duties[1]),
      mutated(.overwriteLock("lock"), .unmap, duties[1]),
      mutated(.skipRelease("refresh_lock"), .unmap, duties[2]),
      mutated(.sleepIn("lock"), .unmap, duties[3]),
      mutated(.warn("refresh_lock"), .unmap, duties[4]),
      mutated(.overwrite("valid", 1), .check, .keepsOtherRules),
      mutated(.skipWrite("pfn"), .refresh, .mapsValid),
      mutated(.alter("look-up", 0x1000), .refresh, .looksUpSince),
      mutated(.misread("mn_active", 0), .refresh, .looksUpSince),
      mutated(.misread("needs_retry", 0), .refresh, .looksUpSince),
      mutated(.alterWrite("khva", 8), .refresh, .keepsOffset),
      mutated(.alter("slot", 1), .refresh, .followsSlots),
      mutated(.skipWrite("active"), .activate, .findsValid),
      mutated(.skipWrite("uhva"), .deactivate, .emptiesUnused),
      mutated(.skipWrite("next"), .activate, .linksLists),
      mutated(.skipLock("refresh_lock"), .refresh, .refreshesAlone),
      mutated(.skipWrite("seq"), .unmap, .tearsNoSnapshot),
      mutated(.twice("unmap"), .unmap, .undoesMappingsOnce),
      mutated(.skip("unmap"), .unmap, .losesNoMapping),
      mutated(.skip("unmap"), .refresh, .losesNoMapping),
      mutated(.twice("put"), .refresh, .putsReferencesOnce),
      mutated(.skip("put"), .refresh, .keepsNoReference),
      mutated(.alter("map", 1), .refresh, .mapsReferenced),
      mutated(.skipRelease("mn_lock"), .refresh, .beginsAgainAlike),
      mutated(.skipWrite("khva"), .refresh, .failsEmpty),
      mutated(.skipWrite("gpa"), .refresh, .makesValid),
      mutated(.misread("valid", 1), .check, .saysValid),
      mutated(.misread("seq", 2), .check, .saysValid),
      mutated(.misread("pfn", 5), .enter, .showsPlace),
      mutated(.misread("khva", 5), .access, .showsPlace),
      mutated(.skipWrite("mn_active"), .end, .announcesRange),
      mutated(.skipWrite("khva"), .unmap, .emptiesCache),
      mutated(.alterWrite("valid", 1), .invalidate, .looksUpSince),
      mutated(.skipWrite("needs_retry"), .invalidate, .tellsRefresh),
      mutated(.misread("uhva", 0x5000), .invalidate, .invalidatesCovered),
      mutated(.skipLock("mn_lock"), .invalidate, .announcesFirst),
      mutated(.skipWrite("mn_active"), .invalidate, .announcesRange),
      mutated(.alterWrite("mn_start", 1 << 63), .invalidate, .announcesRange),
      mutated(.misread("uhva", HostMemory.noAddress), .invalidate, .passesAll),
      mutated(.misread("mode", 0), .invalidate, .clearsGuestMode),
      mutated(.misread("usage", 0), .invalidate, .clearsGuestMode),
      mutated(.skipRelease("lock"), .invalidate, .roundsAlike, ordinal: 1),
      mutated(.overwrite("usage", 0), .activate, .keepsUser),
      mutated(.skip("dirty"), .access, .notesWrites),
      mutated(.alter("dirty", 1), .access, .notesWrites),
    ]
  }()

  @Test(arguments: mutations.indices)
  func `a change of the machine is convicted, by a schedule that the scheduled machine repeats`(
    index: Int
  ) throws {
    let (mutation, operation, clause) = PfnCacheTheoremTests.mutations[index]
    let found = results(operation, .builtIn, mutation, seeking: clause)
    expectViolated(try #require(found.first { $0.theorem.clause == clause }), "\(mutation)")
  }

  /// An arithmetic with a fault in one place, and the clause that convicts it.
  static let arithmetics: [(Clause, PfnArithmetic)] = {
    func fault(_ change: (inout PfnArithmetic) -> Void) -> PfnArithmetic {
      var arithmetic = PfnArithmetic()
      change(&arithmetic)
      return arithmetic
    }
    let size = BitVector(4096)
    return [
      (.takesOnePage, fault { $0.isInOnePage = { $0.offset &+ $0.length .<= size } }),
      (
        .takesOnePage,
        fault { $0.isInOnePage = { $0.areInOnePage .| ($0.length .== BitVector(0)) } }
      ),
      (.splitsAddress, fault { $0.offset = { $0.address & BitVector(2047) } }),
      (.numbersPage, fault { $0.frameNumber = { $0.address &>> 11 } }),
      (.knowsRange, fault { $0.contains = { ($0.start .<= $1) .& ($1 .<= $0.end) } }),
    ]
  }()

  @Test(arguments: arithmetics.indices)
  func `a fault of the arithmetic is convicted`(index: Int) throws {
    let (clause, arithmetic) = PfnCacheTheoremTests.arithmetics[index]
    let results = arithmetic.lemma.job.prove(ProofOptions())
    let result = try #require(results.first { $0.theorem.clause == clause })
    #expect(result.verdict.name == "violated", "\(result.verdict)")
  }

  @Test func `the arithmetic is proved`() {
    for result in PfnArithmetic().lemma.job.prove(ProofOptions()) {
      #expect(result.verdict.name == "holds", "\(result.theorem.name)")
    }
  }

  @Test func `what shows in one call is no fault of another`() {
    let misses: [(PfnCacheFault, PfnScenario.Operation)] = [
      (.keepsOldOffset, .unmap), (.announcedLate, .end),
      (.dirtyAtUnmap, .check), (.mapFailureLeaks, .deactivate), (.unlinkedInUse, .unmap),
    ]
    for (fault, operation) in misses {
      for result in results(operation, .pfnCache(.listed([fault]))) {
        #expect(result.verdict.name == "holds", "\(fault) \(result.theorem.name)")
      }
    }
  }
}
