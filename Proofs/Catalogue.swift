import Machines
import Walkers

/// Every theorem there is.
public enum Catalogue {
  /// The jobs that prove them all, in a fixed order.
  public static var jobs: [ProofJob] { jobs(of: nil) }

  /// The systems that there are theorems about.
  public static let systems = ["arm64-stage2", "arm64-hyp", "arm-unmap", "power-radix"]

  /// The jobs that prove those about a system; nil for all of them.
  public static func jobs(of system: String?) -> [ProofJob] {
    switch system {
    case nil: systems.flatMap { jobs(of: $0) }
    case "arm64-stage2": stage2Jobs
    case "arm64-hyp": hypScenarios.map(\.job)
    case "arm-unmap": armUnmapJobs
    case "power-radix": powerRadixJobs
    default: []
    }
  }

  private static var powerRadixJobs: [ProofJob] {
    [true, false].map { RadixTheorems(isProblemState: $0).job } + partitionScenarios.map(\.job)
      + (RadixFields.lemmas + PartitionFields.lemmas).map(\.job)
  }

  /// Calls over partition-scoped tables.
  static var partitionScenarios: [PartitionScenario] {
    let runs = (1...3).flatMap {
      [PartitionScenario(operation: .unmap(frames: $0)), .init(operation: .harvest(frames: $0))]
    }
    let installs = (0...2).map { PartitionScenario(operation: .install(level: $0)) }
    let faults = PartitionScenario.Fault.allCases.map { PartitionScenario(operation: .fault($0)) }
    let others: [PartitionScenario] = [
      .init(operation: .flush), .init(operation: .age), .init(operation: .testAge),
      .init(operation: .free),
      .init(operation: .harvest(frames: 1), isDD1: true),
      .init(operation: .age, isDD1: true), .init(operation: .install(level: 0), isDD1: true),
    ]
    return runs + installs + faults + others
  }

  private static var stage2Jobs: [ProofJob] {
    let lemmas = Granule.allCases.flatMap { Alignment($0).lemmas }
    let breakBeforeMake = BreakBeforeMakeProtocol()
    return (lemmas + [breakBeforeMake.lemma]).map(\.job) + [breakBeforeMake.foundInvariant.job]
      + (scenarios + otherScenarios).map(\.job)
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

  /// One, two and three pages at the architecture's sizes; blocks at each level, and what lies below
  /// them, in trees of small tables with arbitrary contents.
  static var scenarios: [Scenario] {
    let operations = [Scenario.Operation.unmap, .map, .setOwner]
    // The longest come first, so that no processor is left with one at the end.
    let pages = [(count: 3, inputBits: UInt64(32)), (2, 32), (1, 40)].flatMap { extent in
      Granule.allCases.flatMap { granule in
        operations.map {
          scenario($0, .pages(extent.count), granule, inputBits: extent.inputBits)
        }
      }
    }
    let outside = Granule.allCases.flatMap { granule in
      (operations + [.writeProtect]).map { scenario($0, .outside, granule, inputBits: 40) }
    }
    let blocks = Granule.allCases.flatMap { granule in
      operations.map { small($0, .block(level: 2), granule, bits: 1) }
    }
    let wideBlocks = [Scenario.Operation.map, .unmap].map {
      small($0, .block(level: 2), .size4K, bits: 2)
    }
    let highBlocks = operations.map { small($0, .block(level: 1), .size4K, bits: 1) }
    return pages + blocks + wideBlocks + highBlocks + outside
  }

  /// A call in a tree of three levels with 2^`bits` entries a table, and two root pages.
  private static func small(
    _ operation: Scenario.Operation,
    _ extent: Scenario.Extent,
    _ granule: Granule,
    bits: UInt64
  ) -> Scenario {
    // Beneath 16 KiB blocks there is memory to clean, and no invalidation by range.
    let isFeatured = granule != .size16K
    return Scenario(
      operation: operation,
      extent: extent,
      geometry: small(bits: bits, pageShift: granule.shift),
      configuration: Stage2Configuration(
        hasForceWriteBack: isFeatured,
        hasRangeInvalidation: isFeatured
      ),
      scale: .small,
      isPlainProtection: true
    )
  }

  static func scenario(
    _ operation: Scenario.Operation,
    _ extent: Scenario.Extent,
    _ granule: Granule,
    inputBits: UInt64
  ) -> Scenario {
    // The longer runs have range invalidation and forced write-back, the single pages neither, so
    // that both ways through the walker are covered.
    let isRun = [.pages(2), .pages(3)].contains(extent)
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
