import Machines
import Symbolic
import Walkers

/// One call over one size of range, on arbitrary well-formed tables of one shape.
struct Scenario: Sendable {
  /// Which call.
  enum Operation: String, Sendable {
    case map
    case unmap
    case setOwner = "set-owner"
    case writeProtect = "wrprotect"
    case makeYoung = "mkyoung"
    case makeOld = "mkold"
    case isYoung = "is-young"
    case relaxPermissions = "relax-perms"
    case flush
  }

  /// How much of the input address space the call is over.
  enum Extent: Sendable, Hashable {
    /// This many pages from any address, or any size that comes to them; the calls that take no size
    /// are over one.
    case pages(Int)
    /// One aligned block at this level, over whatever is there.
    case block(level: LookupLevel)
    /// Any range that does not end inside the input address space.
    case outside
    /// Any range whose output does not end inside the output address space.
    case outsideOutput
  }

  /// How the hypervisor's own tables are made that the call is over; nil for a guest's.
  var hyp: HypConfiguration?
  let operation: Operation
  let extent: Extent
  let geometry: Geometry
  var configuration: Stage2Configuration
  let scale: Scale
  /// Whether a map's protection is any combination of reading, writing and software bits only.
  var isPlainProtection = false

  var decoder: Decoder { Decoder(geometry: geometry, keepsOwners: hyp == nil) }
  var outputLimit: UInt64 { 1 << geometry.outputAddressBits }
  var inputLimit: UInt64 { 1 << geometry.inputAddressBits }
  var forcesWriteBack: Bool {
    configuration.hasForceWriteBack && !configuration.disablesForceWriteBack
  }

  /// The size of the range in bytes, rounded up to pages; nil where it is arbitrary.
  var sizeInBytes: UInt64? {
    switch extent {
    case .pages(let count): UInt64(count) << geometry.pageShift
    case .block(let level): geometry.span(at: level)
    case .outside, .outsideOutput: nil
    }
  }

  /// Whether the size is any that comes to the range's pages.
  ///
  /// Longer runs are of whole pages, for time.
  private var isSizeRounded: Bool {
    if case .pages(let count) = extent {
      count == 1
    } else {
      false
    }
  }

  /// Whether it is about several pages of a tree of small tables.
  var isSmallRun: Bool {
    if case .pages(let count) = extent { scale == .small && count > 1 } else { false }
  }

  /// The first input address of the range, which is any.
  ///
  /// For a run of pages in a small tree the path forks for each page that there is, as what follows is
  /// then cheap.
  func inputAddress(_ explorer: PathExplorer) -> BitVector {
    let ipa = explorer.context.variable("ipa")
    guard isSmallRun else { return ipa }
    let pages = 0..<inputLimit >> geometry.pageShift
    let chosen = pages.first { explorer.decide(ipa .== BitVector($0 << geometry.pageShift)) }
    return chosen.map { BitVector($0 << geometry.pageShift) } ?? ipa
  }

  /// The arguments besides the first address, as arbitrary words of the context.
  func call(in context: SolverContext, ipa: BitVector) -> Call<BitVector> {
    let size =
      isSizeRounded
      ? context.variable("size")
      : sizeInBytes.map { BitVector($0) } ?? context.variable("size")
    switch operation {
    case .map:
      return .map(
        ipa: ipa,
        sizeInBytes: size,
        physical: context.variable("physical"),
        protection: context.variable("protection") & BitVector(protectionBits)
      )
    case .unmap: return .unmap(ipa: ipa, sizeInBytes: size)
    case .setOwner: return .setOwner(ipa: ipa, sizeInBytes: size, owner: context.variable("owner"))
    case .writeProtect: return .writeProtect(ipa: ipa, sizeInBytes: size)
    case .makeYoung: return .makeYoung(ipa: ipa)
    case .makeOld: return .makeOld(ipa: ipa)
    case .isYoung: return .isYoung(ipa: ipa)
    case .relaxPermissions:
      let protection = context.variable("protection") & BitVector(Protection.all)
      return .relaxPermissions(ipa: ipa, protection: protection)
    case .flush: return .flush(ipa: ipa, sizeInBytes: size)
    }
  }

  private var protectionBits: UInt64 {
    isPlainProtection ? Protection.all & ~(Protection.execute | Protection.device) : Protection.all
  }

  /// What is assumed of the arguments and of the tables beyond their being well formed.
  func assumptions(in context: SolverContext) -> [Formula] {
    let ipa = context.variable("ipa")
    switch extent {
    case .pages(let count):
      guard isSizeRounded else { return [] }
      let size = context.variable("size")
      let most = UInt64(count) << geometry.pageShift
      return [BitVector(most - geometry.pageSize) .< size, size .<= BitVector(most)]
    case .block(let level):
      let offset = BitVector(geometry.span(at: level) - 1)
      return [
        (ipa & offset) .== BitVector(0),
        (context.variable("physical") & offset) .== BitVector(0),
      ]
    case .outside:
      let start = ipa & ~BitVector(geometry.pageSize - 1)
      let limit = BitVector(inputLimit)
      return [(limit .< start) .| (limit &- start .< context.variable("size"))]
    case .outsideOutput:
      let start = context.variable("physical") & ~BitVector(geometry.pageSize - 1)
      let limit = BitVector(outputLimit)
      return [(limit .< start) .| (limit &- start .< context.variable("size"))]
    }
  }

  /// What some path must go through for the proof to be about anything.
  var intended: Set<String> {
    switch (operation, extent) {
    case (.unmap, .outside) where hyp != nil: ["0"]
    case (_, .outside), (_, .outsideOutput): ["-ERANGE"]
    case (.unmap, .pages(0)) where hyp != nil: ["0"]
    case (_, .pages(0)): ["0", "-ERANGE"]
    case (.map, _) where hyp != nil:
      ["0", "-EINVAL", "-ERANGE", "-ENOMEM", "make of a leaf", "link of a table"]
    case (.unmap, _) where hyp != nil: ["0", "break of a leaf", "free of a table"]
    case (.map, .pages):
      Set(isPlainProtection ? [] : ["-EINVAL"]).union(
        ["0", "-ERANGE", "-EAGAIN", "-ENOMEM", "make of a leaf", "break of a leaf"])
    case (.map, .block):
      ["0", "-EAGAIN", "make of a leaf", "break of a leaf", "break of a table", "free of a table"]
    case (.unmap, _): ["0", "-ERANGE", "break of a leaf"]
    case (.setOwner, _):
      ["0", "-EINVAL", "-ERANGE", "-ENOMEM", "break of a leaf", "link of a table"]
    case (.writeProtect, _): ["0", "-ERANGE", "make of a leaf"]
    case (.makeYoung, _), (.makeOld, _): ["0", "make of a leaf"]
    case (.isYoung, _): ["0"]
    case (.relaxPermissions, _): ["0", "-EINVAL", "-ERANGE", "-EAGAIN", "make of a leaf"]
    case (.flush, _): ["0", "-ERANGE"]
    }
  }

  private var name: String {
    var parts = [hyp == nil ? "stage2" : "hyp", operation.rawValue]
    switch extent {
    case .pages(let count): parts.append("\(count)-page\(count == 1 ? "" : "s")")
    case .block(let level): parts.append("block-at-level-\(level)")
    case .outside: parts.append("outside")
    case .outsideOutput: parts.append("outside-output")
    }
    parts.append("\(1 << (geometry.pageShift - 10))K")
    if scale == .small { parts.append("\(geometry.entryCount)-entries") }
    parts.append("ia\(geometry.inputAddressBits)")
    if forcesWriteBack { parts.append("fwb") }
    if configuration.hasRangeInvalidation { parts.append("range") }
    if configuration.isIdentityMap { parts.append("identity") }
    return parts.joined(separator: ".")
  }

  private var bounds: String {
    let range =
      switch extent {
      case .pages(0): "no byte, from any address"
      case .pages(let count):
        "\(isSizeRounded ? "any size that comes to " : "")\(count) page\(count == 1 ? "" : "s") from any"
          + " address"
      case .block(let level): "one aligned block at level \(level), over whatever is there"
      case .outside: "any size from any address, not ending inside the input space or wrapping"
      case .outsideOutput:
        "any size from any address to any, not ending inside the output space or wrapping"
      }
    let features =
      (isPlainProtection ? ", neither execution nor device memory" : "")
      + (forcesWriteBack ? ", FWB" : "")
      + (configuration.hasRangeInvalidation ? ", range TLBI" : "")
      + (configuration.isIdentityMap ? ", an identity map" : "")
    return "\(range); pages of \(1 << (geometry.pageShift - 10)) KiB, "
      + "\(geometry.entryCount) entries a table, levels \(geometry.startLevel) to 3, "
      + "\(geometry.rootPageCount) root page\(geometry.rootPageCount == 1 ? "" : "s")\(features)"
  }

  /// The theorems that are proved on this scenario's paths.
  var theorems: [Theorem] {
    clauses.map { clause in
      Theorem(
        subject: name,
        clause: clause,
        actor: operation.rawValue,
        bounds: bounds,
        scale: scale
      )
    }
  }

  /// What the call does with a range that leaves an address space; nil where it does not.
  var refusal: Clause? {
    switch extent {
    case .outside: .refusesOutside
    case .outsideOutput: .refusesOutsideOutput
    default: nil
    }
  }

  /// What the call does on every path.
  private var clauses: [Clause] {
    switch extent {
    case .outside, .outsideOutput: return Clause.memory + [refusal].compactMap(\.self)
    case .pages(0): return Clause.memory + [.returnsPromised, .translatesPromised, .touchesNothing]
    default: break
    }
    if hyp != nil { return hypClauses }
    let always: [Clause] =
      Clause.memory + Clause.breaks
      + [.returnsPromised, .translatesPromised, .leavesWellFormed, .countsEntries]
      + (isBelowRoot ? [.freesDetached] : [])
    let makes: [Clause] =
      [.breaksFirst, .makesAfterForgetting, .losesNone] + (isBelowRoot ? [.publishesTables] : [])
    let frees: [Clause] = Clause.frees + [.keepsLinked]
    switch operation {
    case .map:
      return always + makes + [.publishesLeaves] + (replacesTables ? frees : []) + sweeps
        + (failsAfterBreaking ? [.forgetsOnFailure] : [])
        + (failsAfterMaking ? [.publishesOnFailure] : [])
        + (cleansCaches ? Clause.cachesBefore : [])
        + (cleansCaches && !isPlainProtection ? Clause.instructionsBefore : [])
    case .unmap:
      return always + frees + (isBelowRoot ? [.leavesNoneEmpty] : [])
        + (cleansCaches ? Clause.cachesAfter : [])
    case .setOwner: return always + makes + (failsAfterBreaking ? [.forgetsOnFailure] : [])
    case .writeProtect, .makeYoung, .makeOld, .isYoung, .relaxPermissions, .flush:
      return attributeClauses
    }
  }

  /// Whether the call goes on in tables beneath the root.
  var isBelowRoot: Bool {
    if case .block(geometry.startLevel) = extent { false } else { true }
  }

  /// Whether the call may come to an error when something was taken out, or mapped, already.
  private var failsAfterBreaking: Bool {
    switch extent {
    case .pages(let count): count > 1 || geometry.startLevel < 2
    default: operation == .setOwner
    }
  }

  /// Whether the call may come to an error when something was mapped already.
  var failsAfterMaking: Bool {
    if case .pages(let count) = extent { count > 1 } else { false }
  }

  /// Whether the memory that is mapped or unmapped has to be cleaned.
  private var cleansCaches: Bool { hyp == nil && !forcesWriteBack }

  /// Whether a map may take out whole tables.
  private var replacesTables: Bool { if case .block = extent { true } else { false } }

  /// What is claimed of a call that takes out tables of tables.
  private var sweeps: [Clause] {
    if case .block(level: 1) = extent { [.freesBeneath, .seesWhatItFrees] } else { [] }
  }
}
