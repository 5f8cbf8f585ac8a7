import Machines
import Walkers

/// Every theorem there is.
public enum Catalogue {
  /// The jobs that prove them all, in a fixed order.
  public static var jobs: [ProofJob] { scenarios.map(\.job) }

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

  /// Single pages in trees of the usual depth, and runs of pages in trees of two levels: what a
  /// longer run adds is the step from entry to entry and from table to table, and two levels have
  /// both.
  static var scenarios: [Scenario] {
    Granule.allCases.flatMap { granule in
      [(1, UInt64(40)), (2, 32), (3, 32)].flatMap { count, inputBits in
        [Scenario.Operation.map, .unmap, .setOwner].map { operation in
          let configuration = Stage2Configuration(
            granule: granule,
            inputAddressBits: inputBits,
            outputAddressBits: granule == .size64K ? 52 : 48,
            hasRangeInvalidation: count == 3
          )
          return Scenario(
            operation: operation,
            extent: .pages(count),
            geometry: Geometry(configuration),
            configuration: configuration,
            scale: .real
          )
        }
      }
    }
  }
}
