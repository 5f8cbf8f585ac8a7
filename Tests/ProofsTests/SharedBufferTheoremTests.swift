import Machines
import Symbolic
import Testing
import Walkers

@testable import Proofs

@Suite struct SharedBufferTheoremTests {
  private func results(
    _ operation: BufferScenario.Operation,
    _ subject: ProofSubject,
    _ mutation: RecordMutation? = nil,
    seeking clause: Clause? = nil
  ) -> [TheoremResult] {
    var options = ProofOptions()
    options.subject = subject
    options.recordMutation = mutation
    if let clause { options.isEnough = { $0 == clause } }
    return BufferScenario(operation: operation).job.prove(options)
  }

  @Test(arguments: BufferScenario.Operation.proved)
  func `a call is proved for any number of threads, of the optimised buffers and the reference`(
    operation: BufferScenario.Operation
  ) {
    for subject in [ProofSubject.builtIn, .sharedBuffer(.listed([]))] {
      for result in results(operation, subject) {
        #expect(result.verdict.name == "holds", "\(result.theorem.name): \(result.verdict)")
        #expect(result.pathCount >= 1)
      }
    }
  }

  /// A fault of the museum, a call in which it shows, and the clause that convicts it.
  static let faults: [(BufferFault, BufferScenario.Operation, Clause)] = [
    (.freedWithFile, .put, .losesNoRecord),
    (.foundTooEarly, .export, .publishesWhole),
    (.areaKept, .mapArea, .keepsArea),
    (.offsetWraps, .mapOwnArea, .mapsInside),
    (.mapsUnpinned, .attach, .balancesPins),
    (.skipsKernelFences, .map, .looksBehind),
    (.skipsKernelFences, .attach, .looksBehind),
    (.failureLeavesPinned, .attach, .balancesPins),
    (.detachKeepsMapping, .detach, .losesNoBufferMapping),
    (.pollsForWriters, .poll, .reportsReady),
    (.pollKeepsNoFile, .poll, .countsReferences),
    (.pollLeavesBusy, .poll, .countsReferences),
  ]

  @Test(arguments: faults.indices)
  func `a fault is convicted, by a schedule that the scheduled machine repeats`(
    index: Int
  ) throws {
    let (fault, operation, clause) = SharedBufferTheoremTests.faults[index]
    let found = results(operation, .sharedBuffer(.listed([fault])), seeking: clause)
    expectViolated(try #require(found.first { $0.theorem.clause == clause }), "\(fault)")
  }

  /// A change of the machine, a call of the optimised buffers in which it shows, and the clause that
  /// convicts it.
  static let mutations: [(RecordMutation, BufferScenario.Operation, Clause)] = {
    typealias Change = RecordMutation.Change
    func mutated(
      _ change: Change,
      _ operation: BufferScenario.Operation,
      _ clause: Clause
    ) -> (RecordMutation, BufferScenario.Operation, Clause) {
      (RecordMutation(change, ordinal: nil), operation, clause)
    }
    let duties = Clause.recordDuties
    return [
      mutated(.lead(0x123), .detach, duties[0]),
      mutated(.skipLock("resv_lock"), .map, duties[1]),
      mutated(.overwriteLock("resv_lock"), .map, duties[1]),
      mutated(.skipRelease("resv_lock"), .detach, duties[2]),
      mutated(.warn("resv_lock"), .detach, duties[4]),
      mutated(.overwrite("sgt", 5), .unmap, .keepsOtherRules),
      mutated(.skipLock("db_list_lock"), .put, .reachesLive),
      mutated(.skipUpdate("f_count"), .mapArea, .countsReferences),
      mutated(.skip("free"), .export, .losesNoRecord),
      mutated(.skip("free"), .detach, .losesNoRecord),
      mutated(.twice("release"), .put, .losesNoRecord),
      mutated(.skipLock("resv_lock"), .map, .callsLocked),
      mutated(.skip("exporter"), .map, .tellsExporters),
      mutated(.skip("exporter"), .mapOwnArea, .tellsExporters),
      mutated(.skip("signal"), .wait, .failsForReason),
      mutated(.twice("unpin"), .detach, .balancesPins),
      mutated(.twice("unmap"), .detach, .undoesBufferMapping),
      mutated(.skip("unmap"), .unmap, .losesNoBufferMapping),
      mutated(.overwrite("sgt", 5), .map, .keepsMapping),
      mutated(.skipWrite("attachments"), .detach, .linksAttachments),
      mutated(.skipWrite("db_list"), .export, .linksBuffers),
      mutated(.misread("size", 5), .seek, .findsEnds),
      mutated(.skip("end"), .synchronise, .takesFlags),
      mutated(.skip("end"), .synchronise, .balancesAccess),
      mutated(.alter("refused", 22), .export, .checksExport),
      mutated(.skipWrite("vmapping_counter"), .mapKernel, .countsKernel),
      mutated(.skipWrite("vmap_ptr"), .unmapKernel, .countsKernel),
      mutated(.twice("vunmap"), .unmapKernel, .countsKernel),
      mutated(.skipLock("resv_lock"), .unmapKernel, .callsLocked),
      mutated(.misread("flags", 1), .wait, .waitsForAll),
      mutated(.misread("num_fences", 0), .wait, .waitsForAll),
      mutated(.skipUpdate("refcount"), .wait, .fencesAlike),
      mutated(.alterWrite("known", 1 << 50), .wait, .knowsSignalled),
      mutated(.misread("seq", 7), .wait, .knowsSignalled),
      mutated(.misread("flags", 1), .poll, .reportsReady),
      mutated(.skipRelease("lock"), .poll, .fencesAlike),
      mutated(.alterWrite("known", 1 << 50), .poll, .knowsSignalled),
      mutated(.skipWrite("fence"), .poll, .wakesLater),
      mutated(.skipLock("resv_lock"), .poll, .reachesLive),
      mutated(.misread("context", 0), .add, .keepsPending),
      mutated(.misread("flags", 1), .add, .keepsPending),
      mutated(.skipWrite("seq"), .add, .countsAdditions),
      mutated(.skipWrite("fence"), .add, .countsAdditions),
      mutated(.skipUpdate("refcount"), .add, .countsReferences),
      mutated(.misread("max_fences", 2), .add, .fencesAlike),
      mutated(.misread("reserved", 0), .add, duties[4]),
    ]
  }()

  @Test(arguments: mutations.indices)
  func `a change of the machine is convicted, by a schedule that the scheduled machine repeats`(
    index: Int
  ) throws {
    let (mutation, operation, clause) = SharedBufferTheoremTests.mutations[index]
    let found = results(operation, .builtIn, mutation, seeking: clause)
    expectViolated(try #require(found.first { $0.theorem.clause == clause }), "\(mutation)")
  }

  @Test(arguments: 1...6)
  func `a record that goes with a buffer and is not freed is missed`(ordinal: Int) throws {
    let mutation = RecordMutation(.skip("free"), ordinal: ordinal)
    let found = results(.put, .builtIn, mutation, seeking: .losesNoRecord)
    let result = try #require(found.first { $0.theorem.clause == .losesNoRecord })
    expectViolated(result, "\(mutation)")
  }

  @Test func `the buffers as posted are convicted`() throws {
    for (operation, clause) in [
      (BufferScenario.Operation.mapOwnArea, Clause.mapsInside), (.mapArea, .keepsArea),
      (.mapKernel, .countsKernel), (.unmapKernel, .countsKernel),
    ] {
      let found = results(operation, .sharedBuffer(.posted), seeking: clause)
      expectViolated(try #require(found.first { $0.theorem.clause == clause }), "seed")
    }
  }

  @Test func `what is looked for in vain, or not kept in mind, is no fault`() {
    for (change, operation) in [
      (RecordMutation.Change.skipWrite("known"), BufferScenario.Operation.poll),
      (.misread("flags", 2), .add),
    ] {
      for result in results(operation, .builtIn, RecordMutation(change, ordinal: nil)) {
        #expect(result.verdict.name == "holds", "\(change) \(result.theorem.name)")
      }
    }
  }

  @Test func `what shows in one call is no fault of another`() {
    let misses: [(BufferFault, BufferScenario.Operation)] = [
      (.offsetWraps, .seek), (.areaKept, .mapOwnArea), (.mapsUnpinned, .unmap),
      (.detachKeepsMapping, .unmap), (.foundTooEarly, .put), (.pollsForWriters, .wait),
    ]
    for (fault, operation) in misses {
      for result in results(operation, .sharedBuffer(.listed([fault]))) {
        #expect(result.verdict.name == "holds", "\(fault) \(result.theorem.name)")
      }
    }
  }
}
