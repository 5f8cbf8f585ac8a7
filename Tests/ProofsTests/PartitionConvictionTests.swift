import Machines
import Testing

@testable import Proofs
@testable import Walkers

/// Every clause about partition-scoped tables has a fault that it convicts.
@Suite struct PartitionConvictionTests {
  /// A fault, the call that has it, and the clause that convicts it.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var scenario: PartitionScenario
    var faults: PartitionTableFaultSet = []
    var mutation: MachineMutation?
    let clause: Clause

    var testDescription: String { "\(scenario.call): \(name) against \(clause.name)" }

    private init(_ operation: PartitionScenario.Operation, _ clause: Clause, _ name: String) {
      scenario = PartitionScenario(operation: operation)
      // One position in all tables is enough to be convicted of what is wrong in each.
      scenario.onlyFirst =
        switch operation {
        case .install(let level) where level > 0: 4
        case .fault: nil
        default: 5
        }
      scenario.onlyPlace = 1
      (self.name, self.clause) = (name, clause)
    }

    /// The same with the host's page at another place of those in `PartitionSituation`.
    func at(place: Int) -> Case {
      var made = self
      made.scenario.onlyPlace = place
      return made
    }

    static func fault(
      _ fault: PartitionTableFault,
      _ operation: PartitionScenario.Operation,
      _ clause: Clause,
      isDD1: Bool = false
    ) -> Case {
      var made = Case(operation, clause, "\(fault)")
      made.faults = [fault]
      made.scenario.isDD1 = isDD1
      return made
    }

    static func tamper(
      _ tamper: HostTamper,
      _ operation: PartitionScenario.Operation,
      _ clause: Clause
    ) -> Case {
      var made = Case(operation, clause, "\(tamper)")
      made.scenario.calls = TamperedCalls(tamper: tamper)
      return made
    }

    static func faulty(
      _ fault: FaultyCalls.Fault,
      _ operation: PartitionScenario.Operation,
      _ clause: Clause
    ) -> Case {
      var made = Case(operation, clause, "\(fault)")
      made.scenario.calls = FaultyCalls(fault: fault)
      return made
    }

    static func mutated(
      _ change: MachineMutation.Change,
      _ operation: PartitionScenario.Operation,
      _ clause: Clause,
      ordinal: Int? = nil
    ) -> Case {
      var made = Case(operation, clause, "\(change)")
      made.mutation = MachineMutation(change, ordinal: ordinal)
      return made
    }
  }

  static let museum: [Case] = [
    .fault(.invalidationIncomplete, .unmap(frames: 1), .forgetsTaken),
    .fault(.invalidationUnordered, .harvest(frames: 1), .ordersChanges),
    .fault(.invalidationOfWrongSize, .unmap(frames: 1), .forgetsTaken),
    .fault(.invalidationUnaligned, .install(level: 0), .forgetsTaken),
    .fault(.dirtySizeInPages, .unmap(frames: 1), .logsChanges),
    .fault(.largeReportedFromHere, .harvest(frames: 2), .logsChanges),
    .fault(.unmapKeepsBits, .unmap(frames: 1), .emptiesEntries),
    .fault(.freeUninvalidated, .free, .forgetsTaken),
    .fault(.freeKeepsWalkCache, .free, .freesForgotten),
    .fault(.freeKnowsOneLeaf, .free, .followsLinks),
    .fault(.freedRootKept, .free, .usesLivePages),
    .fault(.tableOverwritten, .install(level: 1), .keepsTranslation),
    .fault(.tableFreedWithLeaves, .install(level: 1), .logsChanges),
    .fault(.retryUnchecked, .install(level: 0), .givesUp),
    .fault(.retryUnchecked, .fault(.page), .asksLocked).at(place: 0),
    .fault(.starvedRetried, .install(level: 0), .failsRightly),
    .fault(.largeLostWithoutMemory, .install(level: 0), .failsUntouched),
    .fault(.plainUpdate, .unmap(frames: 1), .logsChanges),
    .fault(.plainUpdate, .age, .changesItsBit),
    .fault(.waitingForgotten, .harvest(frames: 1), .reportsWaiting),
    .fault(.harvestUninvalidated, .harvest(frames: 1), .forgetsTaken),
    .fault(.unbrokenOnDD1, .harvest(frames: 1), .keepsTranslation, isDD1: true),
    .fault(.flushUncounted, .flush, .countsInvalidation),
    .fault(.hostEntryTrusted, .fault(.page), .neverWarns),
    .fault(.hostDirtyAssumed, .fault(.page), .marksWritable),
    .fault(.leafBeyondSlot, .fault(.page), .fitsHost).at(place: 5),
    .fault(.alignmentOfHighBits, .fault(.page), .mapsLargest),
    .fault(.compoundTrusted, .fault(.page), .fitsHost).at(place: 8),
    .fault(.slotOfNextLevel, .fault(.page), .mapsLargest).at(place: 5),
    .fault(.largeNeverReplaced, .fault(.page), .mapsPage),
    .fault(.deviceBitsCopied, .fault(.device), .mapsDevice),
    .fault(.recordedUnlocked, .fault(.record), .writesLocked),
    .fault(.recordedUnpermitted, .fault(.record), .recordsPermitted),
  ]

  static let tampers: [Case] = [
    .tamper(.keepsWaiting, .harvest(frames: 1), .startsAnew),
    .tamper(.takesNothing, .harvest(frames: 1), .reportsWaiting),
    .tamper(.reportsAll, .harvest(frames: 1), .logsNoOther),
    .tamper(.reportsNothing, .harvest(frames: 1), .reportsDirty),
    .tamper(.reportsNothing, .harvest(frames: 1), .logsChanges),
    .tamper(.marksNothing, .flush, .logsChanges),
    .tamper(.marksBeyond, .unmap(frames: 1), .logsInside),
    .tamper(.marksAll, .unmap(frames: 1), .logsNoOther),
    .tamper(.noLock, .flush, .writesLocked),
    .tamper(.noUnlock, .flush, .unlocks),
    .tamper(.countsUnlocked, .flush, .countsInvalidation),
    .tamper(.noUnlock, .fault(.page), .unlocks),
    .tamper(.asksNothing, .fault(.page), .givesUp).at(place: 0),
    .tamper(.asksNothing, .fault(.record), .asksLocked),
    .tamper(.countsLate, .fault(.page), .countsFirst),
    .tamper(.pinsOther, .fault(.page), .asksForFrame),
    .tamper(.pinsForLoads, .fault(.page), .asksForFrame),
    .tamper(.unpinsTwice, .fault(.page), .unpinsOnce),
    .tamper(.marksNever, .fault(.page), .marksWritable),
    .tamper(.marksAlways, .fault(.page), .marksNoOther),
    .tamper(.marksUnpinned, .fault(.page), .marksPinned),
    .tamper(.seesWritable, .fault(.page), .grantsNoMore),
    .tamper(.seesSmall, .fault(.page), .mapsLargest),
    .tamper(.seesDirty, .fault(.record), .addsHosts),
  ]

  static let faults: [Case] = [
    .faulty(.lastFrameLeft, .unmap(frames: 2), .leavesNoFrame),
    .faulty(.oneFrameMore, .unmap(frames: 1), .changesNoOther),
    .faulty(.lastFrameLeft, .harvest(frames: 2), .clearsChanges),
    .faulty(.readOnlySkipped, .harvest(frames: 1), .reportsDirty),
    .faulty(.readOnlySkipped, .harvest(frames: 1), .clearsChanges),
    .faulty(.keepsChange, .harvest(frames: 1), .clearsChanges),
    .faulty(.clearsReference, .harvest(frames: 1), .changesItsBit),
    .faulty(.dirtyNotAged, .age, .forgetsAccess),
    .faulty(.alwaysYoung, .age, .saysYoung),
    .faulty(.changeAged, .age, .changesItsBit),
    .faulty(.ageTested, .testAge, .changesNoOther),
    .faulty(.alwaysYoung, .testAge, .saysYoung),
    .faulty(.higherAddress, .install(level: 0), .mapsRequested),
    .faulty(.higherAddress, .install(level: 0), .changesNoOther),
    .faulty(.lowerLevel, .install(level: 1), .mapsAtLevel),
    .faulty(.otherAttributes, .install(level: 0), .mapsRequested),
    .faulty(.allRights, .install(level: 0), .grantsNoMore),
    .faulty(.always(.busy), .install(level: 1), .failsRightly),
    .faulty(.always(.noMemory), .install(level: 0), .failsRightly),
    .faulty(.unmapsOnFailure, .install(level: 0), .failsUntouched),
    .faulty(.unmapsFirst, .install(level: 0), .keepsLeaf),
    .faulty(.logsOnFailure, .install(level: 0), .failsUnlogged),
    .faulty(.freesLinked, .install(level: 0), .freesUnlinked),
    .faulty(.allocatesLocked, .install(level: 0), .allocatesUnlocked),
    .faulty(.walkCacheOnly, .free, .forgetsTaken),
    .faulty(.lastEntryLeft, .free, .freesAll),
    .faulty(.leafTablesKept, .free, .freesAll),
    .faulty(.rootTwice, .free, .freesRoot),
    .faulty(.linksKept, .free, .keepsLinked),
    .faulty(.asLoad, .fault(.page), .mapsPage),
    .faulty(.asRefused, .fault(.elsewhere), .answersFault),
    .faulty(.asRefused, .fault(.record), .answersFault),
    .faulty(.oneFrameMore, .fault(.elsewhere), .changesNoOther),
    .faulty(.endless, .unmap(frames: 1), .ends),
    .faulty(.outside, .unmap(frames: 1), .staysInside),
    .faulty(.countTwice, .unmap(frames: 1), .countSuffices),
  ]

  static let mutations: [Case] = [
    .mutated(.skipInvalidation, .install(level: 0), .makesAfterForgetting),
    .mutated(.skipBarrier, .install(level: 0), .ordersChanges, ordinal: 1),
    .mutated(.skipRelease, .install(level: 0), .losesNoPage),
    .mutated(.warnBeforeStore, .install(level: 0), .neverWarns),
    .mutated(.alterStore(4), .fault(.record), .addsItsBits),
    .mutated(.skipFreeRoot, .free, .freesRoot),
    .mutated(.skipStore, .install(level: 0), .mapsRequested),
    .mutated(.alterStore(1 << 63), .unmap(frames: 1), .keepsOtherRules),
  ]

  static let cases = museum + tampers + faults + mutations

  @Test(arguments: cases.indices)
  func `a fault is convicted, by tables that plain memory repeats`(index: Int) throws {
    let tried = PartitionConvictionTests.cases[index]
    var options = ProofOptions()
    options.subject = .radix(RadixProofSubject(partition: tried.faults))
    options.mutation = tried.mutation
    options.isEnough = { $0 == tried.clause }
    let results = tried.scenario.job.prove(options)
    let result = try #require(results.first { $0.theorem.clause == tried.clause })
    expectViolated(result, tried.testDescription)
  }

  @Test func `each clause has a fault`() {
    let claimed = Set(SystemTheorems.partitionScenarios.flatMap(\.clauses))
    let tried = Set(PartitionConvictionTests.cases.map(\.clause))
    let untried = claimed.subtracting(tried).subtracting([.keepsOtherRules]).map(\.name).sorted()
    #expect(untried == [])
  }
}
