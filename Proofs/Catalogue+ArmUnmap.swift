import Machines
import Walkers

extension Catalogue {
  /// The theorems about the older walkers.
  static var armUnmapJobs: [ProofJob] {
    let places = LadderConfiguration.Layout.allCases.flatMap { layout in
      [false, true].flatMap { isHyp in
        Alignment(LadderConfiguration(layout: layout, isHyp: isHyp)).places
      }
    }
    return ladderScenarios.map(\.job) + places.map(\.job)
  }

  /// Unmaps of one to three pages at the architecture's sizes in two levels, of one in three and four;
  /// of up to three in small tables of every depth; and ranges that leave the space.
  ///
  /// The longest come first. A hypervisor's tables have fewer paths than a guest's, for there is one
  /// root page, so the deeper trees are theirs.
  private static var ladderScenarios: [Scenario] {
    let small: [(startLevel: Int, isHyp: Bool, pageCounts: [Int])] = [
      (0, true, [2, 1]), (1, true, [3, 2, 1]), (2, false, [3, 2, 1]), (2, true, [3, 2, 1]),
      (1, false, [1]), (0, false, [1]),
    ]
    let real: [(layout: LadderConfiguration.Layout, isHyp: Bool, pageCounts: [Int])] = [
      (.twoLevels, false, [3, 2, 1]), (.twoLevels, true, [2, 1]), (.threeLevels, false, [1]),
      (.threeLevels, true, [1]), (.fourLevels, false, [1]), (.fourLevels, true, [1]),
    ]
    let smallScenarios = small.flatMap { startLevel, isHyp, counts in
      counts.map { count in
        ladder(
          LadderConfiguration(isHyp: isHyp, hasRangeInvalidation: count == 3),
          .pages(count),
          smallLadder(startLevel: startLevel, rootPageBits: isHyp ? 0 : 1),
          .small
        )
      }
    }
    let realScenarios = real.flatMap { layout, isHyp, counts in
      counts.map { count in
        let configuration = LadderConfiguration(
          layout: layout,
          isHyp: isHyp,
          // The longer runs have range invalidation, the single pages have not.
          hasRangeInvalidation: count > 1
        )
        return ladder(configuration, .pages(count), Geometry(configuration), .real)
      }
    }
    let outside = LadderConfiguration.Layout.allCases.flatMap { layout in
      [false, true].map { isHyp in
        let configuration = LadderConfiguration(layout: layout, isHyp: isHyp)
        return ladder(configuration, .outside, Geometry(configuration), .real)
      }
    }
    return smallScenarios + realScenarios + outside
  }

  /// A tree of tables of two entries with 2^`rootPageBits` root pages.
  private static func smallLadder(startLevel: Int, rootPageBits: UInt64) -> Geometry {
    let levels = UInt64(Geometry.lastLevel + 1 - startLevel)
    return Geometry(
      pageShift: 12,
      bitsPerLevel: 1,
      startLevel: startLevel,
      inputAddressBits: 12 + levels + rootPageBits,
      outputAddressBits: 48,
      firstBlockLevel: max(1, startLevel)
    )
  }

  private static func ladder(
    _ configuration: LadderConfiguration,
    _ extent: Scenario.Extent,
    _ geometry: Geometry,
    _ scale: Scale
  ) -> Scenario {
    Scenario(
      ladder: configuration,
      operation: .unmap,
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
