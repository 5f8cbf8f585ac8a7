import Checking
import Machines
import Property

/// Which configurations a library can be made with.
struct GeneratorLimits: Sendable, Hashable {
  /// The granules that there are.
  var granules = Granule.allCases
  /// Whether output addresses have 52 bits wherever the granule is 64 KiB.
  var isAlwaysWide = false
  /// Whether pages can be forced for some protections and not for others.
  var hasForcingByProtection = true
  /// Whether maps can be made as if other walks ran beside them.
  var hasSharedWalks = false
  /// Whether forced write-back can be left unused.
  var disablesForceWriteBack = true
  /// Whether having no owner is an owner too.
  var hasNoOwner = true
  /// Whether a hypervisor's table can be of the EL2&0 regime.
  var hasUnprivilegedAccess = false
  /// Whether a hypervisor's table can be made for a CPU with branch target identification.
  var hasBranchTargets = false
  /// Whether caches can be left alone.
  var leavesCachesAlone = false
  /// Whether stage 2 can permit execution to EL1 and to EL0 each for itself.
  var hasExecutionByPrivilege = false
  /// Whether it refuses to where the CPU cannot.
  var refusesExecutionByPrivilege = false
  /// Whether blocks can be split.
  var hasSplit = false
  /// Whether a block is split down to pages at once, or not at all.
  var splitsWholeBlocks = false
  /// Whether ages are read and cleared by range.
  var agesByRange = false
  /// Whether it makes a difference that a map is made on behalf of a fault.
  var hasFaultMaps = false
  /// Whether tables can be freed later than they are taken out of the tree.
  var hasDeferredFrees = false
  /// Whether other CPUs' faults may be dealt with beside a call that deals with one.
  var hasRivals = false
}

extension GeneratorLimits {
  /// The granule of a case: mostly the smallest, whose tables fill sooner.
  func granule(_ choices: inout Choices) -> Granule {
    switch granules.count {
    case 1: granules[0]
    case 2: granules[choices.draw(weights: Weights([4, 1]))]
    default: granules[choices.draw(weights: Weights([16, 2, 1]))]
    }
  }
}

extension GeneratorLimits {
  /// What can be drawn or not, with the word that says that it can.
  private static var flags: [(word: String, flag: WritableKeyPath<GeneratorLimits, Bool>)] {
    [
      ("wide", \.isAlwaysWide), ("forcing", \.hasForcingByProtection),
      ("shared", \.hasSharedWalks), ("nofwb", \.disablesForceWriteBack),
      ("unowned", \.hasNoOwner), ("hvhe", \.hasUnprivilegedAccess), ("bti", \.hasBranchTargets),
      ("nocmo", \.leavesCachesAlone), ("xnx", \.hasExecutionByPrivilege),
      ("noxnx", \.refusesExecutionByPrivilege), ("split", \.hasSplit),
      ("whole", \.splitsWholeBlocks), ("range", \.agesByRange), ("fault", \.hasFaultMaps),
      ("later", \.hasDeferredFrees), ("rivals", \.hasRivals),
    ]
  }

  /// The granules and what else can be drawn: `4K.64K_shared.split`; no slash, as paths have.
  var text: String {
    let words = GeneratorLimits.flags.filter { self[keyPath: $0.flag] }.map(\.word)
    return "\(granules.map { "\($0)" }.joined(separator: "."))_\(words.joined(separator: "."))"
  }

  /// The limits that `text` is of.
  init?(text: String) {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let names = parts[0].split(separator: ".").map(String.init)
    granules = Granule.allCases.filter { names.contains("\($0)") }
    let words = Set(parts[1].split(separator: ".").map(String.init))
    for (word, flag) in GeneratorLimits.flags { self[keyPath: flag] = words.contains(word) }
    let isKnown = words.isSubset(of: GeneratorLimits.flags.map(\.word))
    guard isKnown, !names.isEmpty, granules.count == names.count else { return nil }
  }
}

extension GeneratorLimits: PlanLimits {
  /// What both can be made with; nil where that is nothing.
  func intersection(_ other: GeneratorLimits) -> GeneratorLimits? {
    let common = granules.filter { other.granules.contains($0) }
    guard !common.isEmpty else { return nil }
    return GeneratorLimits(
      granules: common,
      isAlwaysWide: isAlwaysWide || other.isAlwaysWide,
      hasForcingByProtection: hasForcingByProtection && other.hasForcingByProtection,
      hasSharedWalks: hasSharedWalks && other.hasSharedWalks,
      disablesForceWriteBack: disablesForceWriteBack && other.disablesForceWriteBack,
      hasNoOwner: hasNoOwner && other.hasNoOwner,
      hasUnprivilegedAccess: hasUnprivilegedAccess && other.hasUnprivilegedAccess,
      hasBranchTargets: hasBranchTargets && other.hasBranchTargets,
      leavesCachesAlone: leavesCachesAlone && other.leavesCachesAlone,
      hasExecutionByPrivilege: hasExecutionByPrivilege && other.hasExecutionByPrivilege,
      refusesExecutionByPrivilege: refusesExecutionByPrivilege && other.refusesExecutionByPrivilege,
      hasSplit: hasSplit && other.hasSplit,
      splitsWholeBlocks: splitsWholeBlocks && other.splitsWholeBlocks,
      agesByRange: agesByRange && other.agesByRange,
      hasFaultMaps: hasFaultMaps && other.hasFaultMaps,
      hasDeferredFrees: hasDeferredFrees && other.hasDeferredFrees,
      hasRivals: hasRivals && other.hasRivals
    )
  }
}
