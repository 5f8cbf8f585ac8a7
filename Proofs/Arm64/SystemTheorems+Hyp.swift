import Machines
import Walkers

extension SystemTheorems {
  /// The theorems about a hypervisor's own tables.
  static let arm64Hyp = SystemTheorems(
    system: "arm64-hyp",
    jobs: { hypScenarios.map(\.job) },
    subject: { name in name == "seed" ? .recursive(.hypSeed) : recursive(named: name) }
  )

  /// Calls over a hypervisor's own tables: a page at the architecture's sizes, runs and blocks in
  /// small tables, and ranges of nothing and beyond the spaces.
  static var hypScenarios: [Scenario] {
    let operations = [Scenario.Operation.map, .unmap]
    let pages = [Granule.size4K, .size64K].flatMap { granule in
      operations.map { hyp($0, .pages(1), granule) }
    }
    let runs =
      [2, 3].map { smallHyp(.map, .pages($0), hasRangeInvalidation: false) }
      + [false, true].map { smallHyp(.unmap, .pages(2), hasRangeInvalidation: $0) }
    let blocks = operations.map { smallHyp($0, .block(level: 2), hasRangeInvalidation: true) }
    let others: [Scenario] = [
      hyp(.map, .pages(0), .size4K), hyp(.unmap, .pages(0), .size4K),
      hyp(.map, .outside, .size4K), hyp(.unmap, .outside, .size4K),
      hyp(.map, .outsideOutput, .size4K),
      // A root of two entries.
      hyp(.map, .pages(1), .size4K, inputBits: 40),
    ]
    return runs + blocks + pages + others
  }

  private static func hyp(
    _ operation: Scenario.Operation,
    _ extent: Scenario.Extent,
    _ granule: Granule,
    inputBits: UInt64? = nil
  ) -> Scenario {
    let configuration = HypConfiguration(
      granule: granule,
      inputAddressBits: inputBits ?? (granule == .size4K ? 39 : 42),
      outputAddressBits: granule == .size64K ? 52 : 48
    )
    return hyp(operation, extent, Geometry(configuration), configuration, .real)
  }

  /// A call in a tree of two or, for blocks, three levels of tables of two entries.
  private static func smallHyp(
    _ operation: Scenario.Operation,
    _ extent: Scenario.Extent,
    hasRangeInvalidation: Bool
  ) -> Scenario {
    let isRun = [.pages(2), .pages(3)].contains(extent)
    let geometry = Geometry(
      pageShift: 12,
      bitsPerLevel: 1,
      startLevel: isRun ? 2 : 1,
      inputAddressBits: isRun ? 14 : 15,
      outputAddressBits: 48,
      firstBlockLevel: isRun ? 2 : 1
    )
    let configuration = HypConfiguration(hasRangeInvalidation: hasRangeInvalidation)
    return hyp(operation, extent, geometry, configuration, .small)
  }

  private static func hyp(
    _ operation: Scenario.Operation,
    _ extent: Scenario.Extent,
    _ geometry: Geometry,
    _ configuration: HypConfiguration,
    _ scale: Scale
  ) -> Scenario {
    Scenario(
      hyp: configuration,
      operation: operation,
      extent: extent,
      geometry: geometry,
      configuration: Stage2Configuration(
        granule: configuration.granule,
        hasRangeInvalidation: configuration.hasRangeInvalidation
      ),
      scale: scale
    )
  }
}
