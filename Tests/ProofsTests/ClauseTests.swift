import Testing

@testable import Proofs

/// Whether each clause has a fault that it convicts: a claim that nothing breaks may claim nothing.
@Suite struct ClauseTests {
  /// A clause in a kind of theorems: those about stage 2, about a hypervisor's tables, and so on.
  struct Claimed: Hashable, Comparable, CustomStringConvertible {
    let kind: String
    let clause: Clause

    /// A clause of the theorems whose subject begins with a word.
    init(_ subject: String, _ clause: Clause) {
      let word = subject.prefix { $0 != "." && $0 != "-" }
      (kind, self.clause) = (String(word), clause)
    }

    var description: String { "\(kind)/\(clause.name)" }

    static func < (a: Claimed, b: Claimed) -> Bool { a.description < b.description }
  }

  /// What the tables of these tests convict.
  static let convicted: Set<Claimed> = {
    var found: Set<Claimed> = []
    func add(_ subject: String, _ clauses: [Clause]) {
      for clause in clauses { found.insert(Claimed(subject, clause)) }
    }
    add("stage2", TheoremTests.faults.map(\.2) + TheoremTests.mutations.map(\.2))
    add("stage2", AttributeTheoremTests.faults.map(\.2) + AttributeTheoremTests.mutations.map(\.2))
    add("hyp", HypTheoremTests.faults.map(\.2) + HypTheoremTests.mutations.map(\.2))
    add("hyp", [.publishesOnFailure])
    add("arm-unmap", ArmUnmapTheoremTests.faults.map(\.3) + ArmUnmapTheoremTests.mutations.map(\.2))
    add("partition", PartitionConvictionTests.cases.map(\.clause))
    add("partition", PartitionTheoremTests.encodings.map(\.0))
    add("alignment", LemmaTests.encodings.map(\.0))
    add("pfn", PfnCacheTheoremTests.faults.map(\.2) + PfnCacheTheoremTests.mutations.map(\.2))
    add("pfn", PfnCacheTheoremTests.arithmetics.map(\.0))
    add("buffer", SharedBufferTheoremTests.faults.map(\.2))
    add("buffer", SharedBufferTheoremTests.mutations.map(\.2))
    // Without any one of its parts the protocol is convicted by both.
    let theorems = Catalogue.jobs.flatMap(\.theorems)
    add("protocol", theorems.filter { $0.subject.hasPrefix("protocol") }.map(\.clause))
    add("radix", RadixTheoremTests.faults.map(\.1) + RadixTheoremTests.decodings.map(\.0))
    return found
  }()

  /// Clauses that no fault of a walker breaks, and why they are claimed.
  static let unbroken: [String: String] = [
    "stage2/ends": endless, "hyp/ends": endless, "arm/ends": endless,
    "buffer/sleeps-where-it-may": "no call that is proved takes a lock that spins",
  ]

  private static let endless =
    "what goes on for ever is cut off by the machine, as its own tests show; no fault of the lists does"

  @Test func `each clause of each theorem has a fault in a test, or a reason`() {
    let claimed = Set(
      Catalogue.jobs.flatMap(\.theorems).map { Claimed($0.subject, $0.clause) }
    )
    let missing = claimed.subtracting(ClauseTests.convicted).map(\.description)
      .filter { ClauseTests.unbroken[$0] == nil }
    #expect(missing.sorted() == [])
    let idle = ClauseTests.unbroken.keys.filter { name in
      !claimed.contains { $0.description == name }
        || ClauseTests.convicted.contains { $0.description == name }
    }
    #expect(idle.sorted() == [], "no theorem claims it, or a fault breaks it")
  }
}
