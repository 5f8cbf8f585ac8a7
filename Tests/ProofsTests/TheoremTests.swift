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
  #expect(!jobs.isEmpty, "no theorem's name contains \(part)")
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
    try expectViolation(of: clause, in: "stage2.\(part)", about: .recursive([fault]))
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
    (.init(.doubleRelease), "unmap.2-pages.64K", .countSuffices),
    (.init(.skipRelease), "unmap.1-page.64K", .freesDetached),
    (.init(.skipStore, ordinal: 2), "unmap.1-page.64K", .keepsLinked),
    (.init(.alterIndex(1 << 13)), "unmap.1-page.64K", .staysInside),
    (.init(.alterLoad(0b10), ordinal: 1), "unmap.1-page.64K", .followsLinks),
    (.init(.alterLoad(0b10), ordinal: 1), "map.1-page.64K", .losesNone),
    (.init(.alterLoad(0b10), ordinal: 2), "map.block-at-level-1", .freesBeneath),
    (.init(.alterIndex(1), ordinal: 2), "map.block-at-level-1", .seesWhatItFrees),
    (.init(.skipBarrier), "map.2-pages.64K", .publishesOnFailure),
    (.init(.alterStore(1)), "unmap.1-page.64K", .keepsOtherRules),
  ]

  @Test(arguments: mutations.indices)
  func `a change of the machine is convicted, by a case that plain memory repeats`(
    index: Int
  ) throws {
    let (mutation, part, clause) = TheoremTests.mutations[index]
    try expectViolation(of: clause, in: "stage2.\(part)", mutation)
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

  /// An encoding with a fault in one place, and the clause that convicts it.
  static let encodings: [(Clause, TableEncoding)] = {
    let walkers = TableEncoding(Alignment(.size4K).geometry)
    func fault(_ change: (inout TableEncoding) -> Void) -> TableEncoding {
      var encoding = walkers
      change(&encoding)
      return encoding
    }
    func leaf(_ bits: UInt64) -> TableEncoding {
      fault { $0.leaf = { walkers.leaf($0, $1, $2) ^ BitVector(bits) } }
    }
    func attributes(_ bits: UInt64) -> TableEncoding {
      fault { $0.attributes = { walkers.attributes($0, $1) ^ BitVector(bits) } }
    }
    return [
      (.fitsExactly, fault { $0.fits = { walkers.fits($0, $1, $1, $3) } }),
      (.fitsExactly, fault { $0.fits = { walkers.fits($0, $1, $2, $3 &+ BitVector(1)) } }),
      (.keepsOutput, leaf(1 << 30)), (.makesLeaf, leaf(0b10)), (.keepsAttributes, leaf(1 << 10)),
      (.readsBack, fault { $0.output = { walkers.output($0) & BitVector(~(1 << 47)) } }),
      (.staysOutOfAddress, attributes(1 << 12)), (.givesReading, attributes(1 << 6)),
      (.givesWriting, attributes(1 << 7)), (.givesExecution, attributes(1 << 54)),
      (.givesMemoryType, attributes(1 << 4)), (.keepsSoftwareBits, attributes(1 << 55)),
      (.keepsTable, fault { $0.table = { walkers.table($0) ^ BitVector(1 << 20) } }),
      (.makesTable, fault { $0.table = { walkers.table($0) ^ BitVector(0b10) } }),
      (.staysInTable, fault { $0.index = { walkers.index($0, $1) &+ BitVector(1) } }),
      (.staysInRoot, fault { $0.rootIndex = { walkers.rootIndex($0) &+ BitVector(1) } }),
      (.findsRootEntry, fault { $0.index = { walkers.index($0, min($1 + 1, 3)) } }),
      (.goesUp, fault { $0.next = { cursor, _ in cursor } }),
      (.goesToBoundary, fault { $0.next = { cursor, _ in cursor &+ BitVector(4096) } }),
      (.skipsNothing, fault { $0.next = { walkers.next($0, $1) &+ BitVector(1 << 40) } }),
      (.staysInEntry, fault { $0.next = { walkers.next($0, max($1 - 1, 0)) } }),
    ]
  }()

  @Test(arguments: encodings.indices)
  func `a wrong place or encoding is convicted by its clause`(index: Int) {
    let (clause, encoding) = LemmaTests.encodings[index]
    var alignment = Alignment(.size4K)
    alignment.encoding = encoding
    let results = alignment.lemmas.flatMap { $0.job.prove(ProofOptions()) }
    let violated = results.filter { $0.verdict.name == "violated" }.map(\.theorem.clause)
    #expect(violated.contains(clause), "\(clause.name): \(violated.map(\.name))")
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
