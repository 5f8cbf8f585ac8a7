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
  }

  /// How much of the input address space the call is over.
  enum Extent: Sendable, Hashable {
    /// This many pages from any address.
    case pages(Int)
    /// One aligned block at this level, over whatever is there.
    case block(level: Int)
    /// Any range that does not end inside the input address space.
    case outside
  }

  let operation: Operation
  let extent: Extent
  let geometry: Geometry
  let configuration: Stage2Configuration
  let scale: Scale
  /// Whether a map's protection is any combination of reading, writing and software bits only.
  var isPlainProtection = false

  var decoder: Decoder { Decoder(geometry: geometry) }
  var inputLimit: UInt64 { 1 << geometry.inputAddressBits }
  var forcesWriteBack: Bool {
    configuration.hasForceWriteBack && !configuration.disablesForceWriteBack
  }

  /// The size of the range in bytes; nil where it is arbitrary.
  var sizeInBytes: UInt64? {
    switch extent {
    case .pages(let count): UInt64(count) << geometry.pageShift
    case .block(let level): geometry.span(at: level)
    case .outside: nil
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
  func inputAddress(_ explorer: Explorer) -> BitVector {
    let ipa = explorer.context.variable("ipa")
    guard isSmallRun else { return ipa }
    let pages = 0..<inputLimit >> geometry.pageShift
    let chosen = pages.first { explorer.decide(ipa .== BitVector($0 << geometry.pageShift)) }
    return chosen.map { BitVector($0 << geometry.pageShift) } ?? ipa
  }

  /// The arguments besides the first address, as arbitrary words of the context.
  func call(in context: SolverContext, ipa: BitVector) -> Call<BitVector> {
    let size = sizeInBytes.map { BitVector($0) } ?? context.variable("size")
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
    }
  }

  private var protectionBits: UInt64 {
    isPlainProtection ? Protection.all & ~(Protection.execute | Protection.device) : Protection.all
  }

  /// What is assumed of the arguments and of the tables beyond their being well formed.
  func assumptions(in context: SolverContext) -> [Formula] {
    let ipa = context.variable("ipa")
    switch extent {
    case .pages:
      return []
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
    }
  }

  /// What some path must go through for the proof to be about anything.
  var intended: Set<String> {
    switch (operation, extent) {
    case (_, .outside): ["-ERANGE"]
    case (.map, .pages):
      Set(isPlainProtection ? [] : ["-EINVAL"]).union(
        ["0", "-ERANGE", "-EAGAIN", "-ENOMEM", "make of a leaf", "break of a leaf"])
    case (.map, .block):
      ["0", "-EAGAIN", "make of a leaf", "break of a leaf", "break of a table", "free of a table"]
    case (.unmap, _): ["0", "-ERANGE", "break of a leaf"]
    case (.setOwner, _):
      ["0", "-EINVAL", "-ERANGE", "-ENOMEM", "break of a leaf", "link of a table"]
    case (.writeProtect, _): ["0", "-ERANGE"]
    }
  }

  private var name: String {
    var parts = ["stage2", operation.rawValue]
    switch extent {
    case .pages(let count): parts.append("\(count)-page\(count == 1 ? "" : "s")")
    case .block(let level): parts.append("block-at-level-\(level)")
    case .outside: parts.append("outside")
    }
    parts.append("\(1 << (geometry.pageShift - 10))K")
    if scale == .small { parts.append("\(geometry.entryCount)-entries") }
    parts.append("ia\(geometry.inputAddressBits)")
    if forcesWriteBack { parts.append("fwb") }
    if configuration.hasRangeInvalidation { parts.append("range") }
    return parts.joined(separator: ".")
  }

  private var bounds: String {
    let range =
      switch extent {
      case .pages(let count): "\(count) page\(count == 1 ? "" : "s") from any address"
      case .block(let level): "one aligned block at level \(level), over whatever is there"
      case .outside: "any size from any address, not ending inside the input space or wrapping"
      }
    let features =
      (isPlainProtection ? ", neither execution nor device memory" : "")
      + (forcesWriteBack ? ", FWB" : "")
      + (configuration.hasRangeInvalidation ? ", range TLBI" : "")
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

  /// What the call does on every path.
  private var clauses: [Clause] {
    if extent == .outside { return Clause.memory + [.refusesOutside] }
    let always: [Clause] =
      Clause.memory + Clause.breaks
      + [.returnsPromised, .translatesPromised, .leavesWellFormed, .countsEntries]
      + (isBelowRoot ? [.freesDetached] : [])
    let makes: [Clause] =
      [.breaksFirst, .makesAfterForgetting, .losesNone] + (isBelowRoot ? [.publishesTables] : [])
    let frees: [Clause] = Clause.frees + [.keepsLinked, .freesUsedUp]
    switch operation {
    case .map: return always + makes + [.publishesLeaves] + (replacesTables ? frees : []) + sweeps
    case .unmap: return always + frees + (isBelowRoot ? [.leavesNoneEmpty] : [])
    case .setOwner: return always + makes
    case .writeProtect: return always
    }
  }

  /// Whether the call goes on in tables beneath the root.
  private var isBelowRoot: Bool {
    if case .block(geometry.startLevel) = extent { false } else { true }
  }

  /// Whether a map may take out whole tables.
  private var replacesTables: Bool { if case .block = extent { true } else { false } }

  /// What is claimed of a call that takes out tables of tables.
  private var sweeps: [Clause] {
    if case .block(level: 1) = extent { [.freesBeneath, .seesWhatItFrees] } else { [] }
  }
}
