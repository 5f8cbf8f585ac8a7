import Machines
import Walkers

/// Every theorem there is.
public enum Catalogue {
  /// The jobs that prove them all, in a fixed order.
  public static var jobs: [ProofJob] { scenarios.map(\.job) }

  /// The architecture's tree for a granule and an input address size.
  static func real(_ configuration: Stage2Configuration) -> Geometry { Geometry(configuration) }

  /// A tree of three levels with 2^`bits` entries a table, and two root pages.
  static func small(bits: UInt64, pageShift: UInt64 = 12) -> Geometry {
    Geometry(
      pageShift: pageShift,
      bitsPerLevel: bits,
      startLevel: 1,
      inputAddressBits: pageShift + 3 * bits + 1,
      outputAddressBits: 48,
      firstBlockLevel: 1
    )
  }

  static var scenarios: [Scenario] {
    var result: [Scenario] = []
    for granule in Granule.allCases {
      let configuration = Stage2Configuration(granule: granule, hasRangeInvalidation: false)
      for operation in [Scenario.Operation.map, .unmap, .setOwner] {
        for count in 1...3 {
          result.append(
            Scenario(
              operation: operation,
              extent: .pages(count),
              geometry: real(configuration),
              configuration: configuration,
              scale: .real
            )
          )
        }
      }
    }
    return result
  }
}
