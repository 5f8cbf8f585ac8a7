import Machines
import Systems
import Walkers

extension SystemTheorems {
  /// The theorems about a guest's tables.
  static let arm64Stage2 = SystemTheorems(
    system: "arm64-stage2",
    jobs: {
      let lemmas = Granule.allCases.flatMap { Alignment($0).lemmas }
      let breakBeforeMake = BreakBeforeMakeProtocol()
      return (lemmas + [breakBeforeMake.lemma]).map(\.job) + [breakBeforeMake.foundInvariant.job]
        + (scenarios + otherScenarios).map(\.job)
    },
    subject: { name in
      name == "seed" ? .recursive(.stage2Seed) : recursive(named: name)
    }
  )

  /// The recursive walkers' subjects but the seed: the reference and the museum.
  static func recursive(named name: String) -> ProofSubject? {
    name == "reference" ? .recursive([]) : Fault.inMuseum(named: name).map { .recursive([$0]) }
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

  /// The calls over a guest's tables that change leaves where they stand or nothing, ranges of
  /// nothing, and outputs that leave their space.
  static var otherScenarios: [Scenario] {
    let attributes =
      [Scenario.Operation.writeProtect, .makeYoung, .makeOld, .isYoung]
      + [.relaxPermissions, .flush]
    let pages = Granule.allCases.flatMap { granule in
      attributes.map { scenario($0, .pages(1), granule, inputBits: 40) }
    }
    let runs = [Scenario.Operation.writeProtect, .flush].map { plainRun($0) }
    let calls = [Scenario.Operation.map, .unmap, .setOwner, .writeProtect]
    let nothing = calls.map { scenario($0, .pages(0), .size4K, inputBits: 40) }
    let outputs = Granule.allCases.map { scenario(.map, .outsideOutput, $0, inputBits: 40) }
    var identity = scenario(.map, .pages(1), .size4K, inputBits: 40)
    identity.configuration.isIdentityMap = true
    return runs + pages + nothing + outputs + [identity]
  }

  /// Two pages in a tree of two levels of tables of two entries, of a CPU without special features.
  private static func plainRun(_ operation: Scenario.Operation) -> Scenario {
    Scenario(
      operation: operation,
      extent: .pages(2),
      geometry: Geometry(
        pageShift: 12,
        bitsPerLevel: 1,
        startLevel: 2,
        inputAddressBits: 14,
        outputAddressBits: 48,
        firstBlockLevel: 2
      ),
      configuration: Stage2Configuration(),
      scale: .small
    )
  }
}
