import Machines
import Symbolic
import Walkers

/// One call of an older walker, on arbitrary well-formed tables of one shape.
struct ArmUnmapScenario: Sendable {
  /// The bytes that a call by range is over.
  enum Extent: Sendable, Hashable {
    /// This many whole pages from any page on.
    case pages(Int)
    /// Any bytes that touch this many pages.
    case touching(Int)
    /// No bytes, from any address.
    case nothing
    /// Any range that does not end inside the input address space.
    case outside
  }

  /// Which call, and what is fixed of its arguments.
  enum Operation: Sendable, Hashable {
    /// One page or block of this level, of any address, aligned or not, and protection.
    case map(level: LookupLevel)
    /// Any address, by reading or writing, in one of several slots.
    case faultIn
    /// Any address.
    case annotate
    /// A range, by callers that cannot or can wait.
    case unmap(Extent, mayYield: Bool)
    /// A range.
    case flush(Extent)
  }

  let configuration: ArmUnmapConfiguration
  let operation: Operation
  let geometry: Geometry
  let scale: Scale

  var isHyp: Bool { configuration.isHyp }
  var decoder: Decoder { Decoder(geometry: geometry) }
  var inputLimit: UInt64 { 1 << geometry.inputAddressBits }

  /// The range of a call by range.
  var extent: Extent? {
    switch operation {
    case .unmap(let extent, _), .flush(let extent): extent
    case .map, .faultIn, .annotate: nil
    }
  }

  /// How many pages a call by range touches, if it is not refused.
  var pageCount: Int {
    switch extent {
    case .pages(let count), .touching(let count): count
    case .nothing, .outside, nil: 0
    }
  }

  /// Whether it is about several pages of a tree of small tables.
  ///
  /// The path forks for each page that there is, as what follows is then cheap.
  var isSmallRun: Bool { scale == .small && pageCount > 1 }

  /// Whether the call may let others run.
  var mayYield: Bool { if case .unmap(_, true) = operation { true } else { false } }

  /// Whether a map is of a level that has leaves.
  var hasLeaf: Bool {
    guard case .map(let level) = operation else { return true }
    return max(geometry.firstBlockLevel, geometry.startLevel)...Geometry.lastLevel ~= level
  }

  /// Whether tables may be met or made beneath the root.
  private var isBelowRoot: Bool { operation != .map(level: geometry.startLevel) }

  /// The highest level at which the call may put a leaf over a table; 3 for none.
  private var blockLevel: LookupLevel {
    switch operation {
    case .map(let level): level
    case .faultIn: scale == .small ? 2 : Geometry.lastLevel
    case .annotate, .unmap, .flush: Geometry.lastLevel
    }
  }

  /// What some path must go through for the proof to be about anything.
  var intended: Set<String> {
    switch operation {
    case .map where !hasLeaf: return ["-EINVAL"]
    case .flush where isHyp: return ["-EINVAL"]
    case .map(let level):
      let blocks: Set = ["break of a table", "free of a table"]
      return Set(["0", "-EINVAL", "-ERANGE", "make of a leaf", "break of a leaf"])
        .union(isBelowRoot ? ["-ENOMEM", "link of a table"] : [])
        .union(level < Geometry.lastLevel ? blocks : [])
    case .faultIn:
      let blocks: Set = ["break of a table", "free of a table"]
      return Set(["0", "-EINVAL", "-ERANGE", "-ENOMEM", "make of a leaf", "break of a leaf"])
        .union(["link of a table"]).union(scale == .small ? blocks : [])
    case .annotate: return ["0", "-ERANGE", "-ENOMEM", "break of a leaf", "link of a table"]
    case .unmap(.outside, _), .flush(.outside): return ["-ERANGE"]
    case .unmap(.nothing, _), .flush(.nothing): return ["0", "-ERANGE"]
    case .unmap(_, let mayYield):
      return Set(["0", "-ERANGE", "break of a leaf", "free of a table"])
        .union(mayYield ? ["yield"] : [])
    case .flush: return ["0", "-ERANGE", "clean"]
    }
  }

  /// The theorems that are proved on this scenario's paths.
  var theorems: [Theorem] {
    clauses.map { clause in
      Theorem(subject: name, clause: clause, actor: callName, bounds: bounds, scale: scale)
    }
  }

  /// What the call does on every path.
  private var clauses: [Clause] {
    let refuses = Clause.memory + [.returnsPromised, .refusesUntouched, .yieldsForWaiters]
    switch operation {
    case .map where !hasLeaf: return refuses
    case .flush where isHyp: return refuses
    case .unmap(.outside, _), .flush(.outside): return refuses
    case .unmap(.nothing, _), .flush(.nothing):
      return refuses + [.changesNothing]
    case .flush:
      return refuses + [.changesNothing, .cleansTouched, .cleansOnlyTouched]
    case .unmap(_, let mayYield):
      return refuses + changing + Clause.frees
        + [.keepsLinked, .leavesNoneEmpty, .freesDetached]
        + (mayYield ? [.usesNothingStale, .unmapsBetweenYields] : [])
    case .annotate: return refuses + changing + making
    case .map, .faultIn:
      return refuses + changing + making + replacing + [.publishesLeaves, .publishesAll] + caches
    }
  }

  private var changing: [Clause] {
    Clause.breaks + [.translatesPromised, .leavesWellFormed, .countsEntries]
  }

  private var making: [Clause] {
    [.breaksFirst, .makesAfterForgetting, .losesNone, .leavesSame]
      + (isBelowRoot ? [.publishesTables, .freesDetached] : [])
  }

  /// What is claimed of a call that may put a leaf in the place of a table.
  private var replacing: [Clause] {
    guard blockLevel < Geometry.lastLevel else { return [] }
    let frees = Clause.frees + [.keepsLinked]
    return blockLevel < Geometry.lastLevel - 1 ? frees + [.freesBeneath] : frees
  }

  private var caches: [Clause] {
    if isHyp { return [.maintainsNothingElse] }
    let isMap = operation != .faultIn
    return [.cleansFirst, .maintainsNothingElse] + (isMap ? [.invalidatesInstructionsFirst] : [])
  }
}
