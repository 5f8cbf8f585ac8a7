import Proofs
import Systems
import Walkers

extension System {
  /// The walker of a stage-2 subject, as the theorems know it; nil for no such subject.
  static func proofSubject(named name: String) -> ProofSubject? {
    switch name {
    case "built-in": return .builtIn
    case "reference": return .recursive([])
    case "seed": return .recursive(.stage2Seed)
    default: return Fault.inMuseum(named: name).map { .recursive([$0]) }
    }
  }
}
