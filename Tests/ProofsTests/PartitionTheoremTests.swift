import Machines
import Symbolic
import Testing
import Walkers

@testable import Proofs

@Suite struct PartitionTheoremTests {
  private func verdicts(
    _ scenario: PartitionScenario,
    about subject: ProofSubject
  ) -> [Clause: TheoremResult] {
    var options = ProofOptions()
    options.subject = subject
    let results = scenario.job.prove(options)
    return Dictionary(results.map { ($0.theorem.clause, $0) }) { first, _ in first }
  }

  static let calls: [PartitionScenario] = [
    .init(operation: .unmap(frames: 1)), .init(operation: .harvest(frames: 2)),
    .init(operation: .age), .init(operation: .testAge), .init(operation: .install(level: 0)),
    .init(operation: .install(level: 1)), .init(operation: .free), .init(operation: .flush),
    .init(operation: .harvest(frames: 1), isDD1: true), .init(operation: .age, isDD1: true),
    .init(operation: .fault(.record)), .init(operation: .fault(.device)),
    .init(operation: .fault(.elsewhere)),
  ]

  @Test(arguments: calls.indices)
  func `tables of any contents are kept in order, by pages and by words`(index: Int) {
    for subject in [ProofSubject.builtIn, .radix(RadixProofSubject())] {
      for (clause, result) in verdicts(PartitionTheoremTests.calls[index], about: subject) {
        let name = result.theorem.name
        #expect(result.verdict.name == "holds", "\(name) \(clause.name): \(result.verdict)")
        #expect(result.pathCount >= 10)
      }
    }
  }

  /// An encoding with a fault in one place, and the clause that convicts it.
  static let encodings: [(Clause, PartitionEncoding)] = {
    func fault(_ change: (inout PartitionEncoding) -> Void) -> PartitionEncoding {
      var encoding = PartitionEncoding()
      change(&encoding)
      return encoding
    }
    let walkers = PartitionEncoding()
    func entry(_ bits: UInt64) -> PartitionEncoding {
      fault { $0.root = { walkers.root($0, $1, $2) ^ BitVector(bits) } }
    }
    func link(_ bits: UInt64) -> PartitionEncoding {
      fault { $0.link = { walkers.link($0, $1) ^ BitVector(bits) } }
    }
    func operand(_ bits: UInt64) -> PartitionEncoding {
      fault { $0.operand = { walkers.operand($0, $1, $2) ^ BitVector(bits) } }
    }
    return [
      (.rootAddress, entry(0x1_0000)), (.rootSize, entry(1)), (.treeSize, entry(0x20)),
      (.linkAddress, link(0x1000)), (.linkSize, link(1)), (.isLink, link(1 << 62)),
      (.leafBits, fault { $0.reference = 0x200 }),
      (.staysInTable, fault { $0.index = { walkers.index($0, $1, $2 + 1) } }),
      (.losesNoBit, fault { $0.index = { walkers.index($0, $1, $2 - 1) } }),
      (.firstByte, operand(0x1000)), (.onePage, operand(0x800)), (.pageSize, operand(0x20)),
      (.restEmpty, operand(1)),
    ]
  }()

  @Test(arguments: encodings.indices)
  func `a wrong encoding is convicted by its clause`(index: Int) {
    let (clause, encoding) = PartitionTheoremTests.encodings[index]
    let results = PartitionFields.lemmas(of: encoding).flatMap { $0.job.prove(ProofOptions()) }
    let violated = results.filter { $0.verdict.name == "violated" }.map(\.theorem.clause)
    #expect(violated.contains(clause), "\(clause.name): \(violated.map(\.name))")
  }

  @Test func `what is encoded is what the hardware reads, at full width`() {
    for result in PartitionFields.lemmas.flatMap({ $0.job.prove(ProofOptions()) }) {
      #expect(result.verdict.name == "holds", "\(result.theorem.name)")
    }
  }
}
