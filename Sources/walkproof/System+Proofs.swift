import Checking
import Proofs
import Systems
import Walkers

extension System {
  /// A subject as the theorems know it, and the system whose theorems are about it; nil for no such
  /// subject.
  ///
  /// The built-in walkers are those of every system; other subjects belong to one.
  static func proofSubject(
    named name: String,
    system: String?
  ) -> (subject: ProofSubject, system: String?)? {
    if name == "built-in" { return (.builtIn, system) }
    if system == nil || system == "arm64-stage2", let subject = stage2Subject(named: name) {
      return (subject, "arm64-stage2")
    }
    if system == "arm64-hyp", let subject = hypSubject(named: name) {
      return (subject, "arm64-hyp")
    }
    if system == nil || system == "arm-unmap", let ladder = ladderSubject(named: name) {
      return (.ladder(ladder.unmapping, ladder.faults), "arm-unmap")
    }
    if system == nil || system == "power-radix", let subject = radixSubject(named: name) {
      return (.radix(subject), "power-radix")
    }
    return nil
  }

  private static func radixSubject(named name: String) -> RadixProofSubject? {
    let (walk, partition) = (radixFlaws(ofSubject: name), partitionFlaws(ofSubject: name))
    guard walk != nil || partition != nil else { return nil }
    return RadixProofSubject(
      translate: walk ?? [],
      style: partition?.style ?? .stepped,
      partition: partition?.flaws ?? []
    )
  }

  private static func hypSubject(named name: String) -> ProofSubject? {
    name == "seed" ? .recursive(.hypSeed) : stage2Subject(named: name)
  }

  private static func stage2Subject(named name: String) -> ProofSubject? {
    switch name {
    case "reference": .recursive([])
    case "seed": .recursive(.stage2Seed)
    default: Fault.inMuseum(named: name).map { .recursive([$0]) }
    }
  }
}
