import Checking
import Machines
import Systems
import Walkers

extension SystemTheorems {
  /// The theorems about the older walkers.
  static let armUnmap = SystemTheorems(
    system: "arm-unmap",
    jobs: {
      let places = ArmUnmapConfiguration.Layout.allCases.flatMap { layout in
        [false, true].flatMap { isHyp in
          Alignment(ArmUnmapConfiguration(layout: layout, isHyp: isHyp)).places
        }
      }
      return armUnmapScenarios.map(\.job) + places.map(\.job)
    },
    subject: { name in
      System.armUnmapSubject(named: name).map { .armUnmap($0.unmapping, $0.faults) }
    }
  )

  /// Every call of the older walkers: in small tables of every depth, and one configuration or more at
  /// the architecture's sizes.
  ///
  /// The longest come first. A hypervisor's tables have fewer paths than a guest's, for there is one
  /// root page, so the deeper trees are theirs.
  static var armUnmapScenarios: [ArmUnmapScenario] {
    unmaps + maps + flushes + ranges
  }

  /// Unmaps of one to three pages: in two levels at the architecture's sizes, of one in three and four
  /// too; of up to three in small tables; and such as let others run.
  private static var unmaps: [ArmUnmapScenario] {
    let small: [(startLevel: LookupLevel, isHyp: Bool, pageCounts: [Int])] = [
      (1, true, [3, 2, 1]), (2, false, [3, 2, 1]), (2, true, [3, 2, 1]), (0, true, [1]),
      (1, false, [1]), (0, false, [1]),
    ]
    let real: [(layout: ArmUnmapConfiguration.Layout, isHyp: Bool, pageCounts: [Int])] = [
      (.twoLevels, false, [2, 1]), (.twoLevels, true, [2, 1]), (.threeLevels, false, [1]),
      (.threeLevels, true, [1]), (.fourLevels, false, [1]), (.fourLevels, true, [1]),
    ]
    let yielding = [true, false].flatMap { isHyp in
      [(2, 2), (1, 1)].map { startLevel, count in
        self.small(isHyp, startLevel, .unmap(.pages(count), mayYield: true))
      }
    }
    return small.flatMap { startLevel, isHyp, counts in
      counts.map { count in
        self.small(
          isHyp,
          startLevel,
          .unmap(.pages(count), mayYield: false),
          usesRanges: count == 3
        )
      }
    }
      + real.flatMap { layout, isHyp, counts in
        counts.map { count in
          // The longer runs have range invalidation, the single pages have not.
          self.real(layout, isHyp, .unmap(.pages(count), mayYield: false), usesRanges: count > 1)
        }
      } + yielding
  }

  /// Maps of pages and blocks, faults and annotations.
  private static var maps: [ArmUnmapScenario] {
    let levels: [(startLevel: LookupLevel, isHyp: Bool, leafLevels: [LookupLevel])] = [
      (0, true, [3, 2, 1, 0]), (1, true, [3, 2, 1]), (1, false, [3, 2, 1]), (2, true, [3, 2]),
      (2, false, [3, 2, 1, 4]),
    ]
    return levels.flatMap { startLevel, isHyp, leafLevels in
      leafLevels.map { small(isHyp, startLevel, .map(level: $0)) }
    } + [
      real(.twoLevels, false, .map(level: 3)), real(.fourLevels, true, .map(level: 3)),
      small(false, 1, .faultIn), small(false, 2, .faultIn), real(.twoLevels, false, .faultIn),
      small(true, 0, .annotate), small(false, 2, .annotate), real(.threeLevels, false, .annotate),
    ]
  }

  /// Flushes of what is mapped.
  private static var flushes: [ArmUnmapScenario] {
    [
      small(false, 0, .flush(.pages(1))), small(false, 2, .flush(.pages(2))),
      small(false, 2, .flush(.touching(1))),
      real(.fourLevels, false, .flush(.pages(1))), small(true, 1, .flush(.pages(1))),
    ]
  }

  /// Ranges of parts of pages, of nothing, and such as leave the space.
  private static var ranges: [ArmUnmapScenario] {
    let calls: [(ArmUnmapScenario.Extent) -> ArmUnmapScenario.Operation] = [
      { .unmap($0, mayYield: false) }, { .flush($0) },
    ]
    let outside = ArmUnmapConfiguration.Layout.allCases.flatMap { layout in
      calls.map { real(layout, false, $0(.outside)) } + [real(layout, true, calls[0](.outside))]
    }
    let nothing = calls.map { small(false, 2, $0(.nothing)) }
    let touching = [2, 1].map { small(false, 2, .unmap(.touching($0), mayYield: false)) }
    return touching + nothing + outside
  }

  /// A call in tables of two entries, with two root pages for a guest.
  private static func small(
    _ isHyp: Bool,
    _ startLevel: LookupLevel,
    _ operation: ArmUnmapScenario.Operation,
    usesRanges: Bool = false
  ) -> ArmUnmapScenario {
    ArmUnmapScenario(
      configuration: ArmUnmapConfiguration(isHyp: isHyp, hasRangeInvalidation: usesRanges),
      operation: operation,
      geometry: smallTree(startLevel: startLevel, rootPageBits: isHyp ? 0 : 1),
      scale: .small
    )
  }

  /// A call in tables of the architecture's sizes.
  private static func real(
    _ layout: ArmUnmapConfiguration.Layout,
    _ isHyp: Bool,
    _ operation: ArmUnmapScenario.Operation,
    usesRanges: Bool = false
  ) -> ArmUnmapScenario {
    let configuration = ArmUnmapConfiguration(
      layout: layout,
      isHyp: isHyp,
      hasRangeInvalidation: usesRanges
    )
    return ArmUnmapScenario(
      configuration: configuration,
      operation: operation,
      geometry: Geometry(configuration),
      scale: .real
    )
  }

  /// A tree of tables of two entries with 2^`rootPageBits` root pages.
  private static func smallTree(startLevel: LookupLevel, rootPageBits: UInt64) -> Geometry {
    let levels = startLevel.levelsBeneath + 1
    return Geometry(
      pageShift: 12,
      bitsPerLevel: 1,
      startLevel: startLevel,
      inputAddressBits: 12 + levels + rootPageBits,
      outputAddressBits: 48,
      firstBlockLevel: max(1, startLevel)
    )
  }
}
