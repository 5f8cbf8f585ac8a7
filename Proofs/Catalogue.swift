import Machines
import Walkers

/// Every theorem there is.
public enum Catalogue {
  /// The jobs that prove them all, in a fixed order.
  public static var jobs: [ProofJob] {
    let lemmas = Granule.allCases.flatMap { Alignment($0).lemmas }
    return (lemmas + [BreakBeforeMakeProtocol().lemma]).map(\.job) + scenarios.map(\.job)
  }

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

  /// Single pages at the architecture's sizes, and two where that is within reach; runs of pages
  /// and blocks in trees of small tables with arbitrary contents.
  static var scenarios: [Scenario] {
    let pages = Granule.allCases.flatMap { granule in
      [Scenario.Operation.map, .unmap, .setOwner].map {
        scenario($0, .pages(1), granule, inputBits: 40)
      }
    }
    let pairs = [Scenario.Operation.unmap, .setOwner].map {
      scenario($0, .pages(2), .size4K, inputBits: 32)
    }
    let runs = [Scenario.Operation.map, .unmap, .setOwner].map {
      small($0, .pages(2), bits: 1)
    }
    let blocks = [UInt64(1), 2].flatMap { bits in
      [Scenario.Operation.map, .unmap].map { small($0, .block(level: 2), bits: bits) }
    }
    return pages + pairs + runs + blocks + [small(.map, .block(level: 1), bits: 1)]
  }

  /// A call in a tree of three levels with 2^`bits` entries a table, and two root pages.
  private static func small(
    _ operation: Scenario.Operation,
    _ extent: Scenario.Extent,
    bits: UInt64
  ) -> Scenario {
    Scenario(
      operation: operation,
      extent: extent,
      geometry: small(bits: bits),
      configuration: Stage2Configuration(hasForceWriteBack: true, hasRangeInvalidation: true),
      scale: .small,
      isPlainProtection: true
    )
  }

  private static func scenario(
    _ operation: Scenario.Operation,
    _ extent: Scenario.Extent,
    _ granule: Granule,
    inputBits: UInt64
  ) -> Scenario {
    // The longer runs have range invalidation and forced write-back, the single pages neither, so
    // that both ways through the walker are covered.
    let isRun = extent != .pages(1)
    let configuration = Stage2Configuration(
      granule: granule,
      inputAddressBits: inputBits,
      outputAddressBits: granule == .size64K ? 52 : 48,
      hasForceWriteBack: isRun,
      hasRangeInvalidation: isRun
    )
    return Scenario(
      operation: operation,
      extent: extent,
      geometry: Geometry(configuration),
      configuration: configuration,
      scale: .real,
      isPlainProtection: isRun
    )
  }
}
