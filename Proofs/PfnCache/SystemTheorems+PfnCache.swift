import Systems
import Walkers

extension SystemTheorems {
  /// The theorems about guest-frame caches, their invalidations, and what is computed of addresses.
  static let pfnCache = SystemTheorems(
    system: "pfn-cache",
    jobs: {
      PfnScenario.Operation.allCases.map { PfnScenario(operation: $0).job }
        + [PfnArithmetic().lemma.job]
    },
    subject: { name in
      switch name {
      case "reference": .pfnCache(.listed([]))
      case "seed": .pfnCache(.posted)
      default:
        PfnCacheExhibit.all.first { $0.name == name }.map { .pfnCache(.listed([$0.fault])) }
      }
    }
  )
}
