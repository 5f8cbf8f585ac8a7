import Systems
import Walkers

extension SystemTheorems {
  /// The theorems about shared buffers, and what is computed of areas, ends and flags.
  static let sharedBuffer = SystemTheorems(
    system: "shared-buffer",
    // Of making room the claims are stated, and not proved yet: see README.md, 'Known limits'.
    jobs: { BufferScenario.Operation.proved.map { BufferScenario(operation: $0).job } },
    subject: { name in
      switch name {
      case "reference": .sharedBuffer(.listed([]))
      case "seed": .sharedBuffer(.posted)
      default:
        BufferExhibit.all.first { $0.name == name }.map { .sharedBuffer(.listed([$0.fault])) }
      }
    }
  )
}
