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

  var sizeInBytes: UInt64 {
    switch extent {
    case .pages(let count): UInt64(count) << geometry.pageShift
    case .block(let level): geometry.span(at: level)
    }
  }

  /// The arguments, as arbitrary words of the context.
  func call(in context: SolverContext) -> Call<BitVector> {
    let ipa = context.variable("ipa")
    let size = BitVector(sizeInBytes)
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
    guard case .block(let level) = extent else { return [] }
    let ipa = context.variable("ipa")
    let offset = BitVector(geometry.span(at: level) - 1)
    return [
      (ipa & offset) .== BitVector(0),
      (context.variable("physical") & offset) .== BitVector(0),
    ]
  }

  /// What some path must go through for the proof to be about anything.
  var intended: Set<String> {
    switch (operation, extent) {
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
    }
    parts.append(
      scale == .real ? "\(1 << (geometry.pageShift - 10))K" : "\(geometry.entryCount)-entries"
    )
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
    let families: [(Family, String)] = [
      (
        .breakBeforeMake,
        "no valid entry is replaced by one that demands a break, and every break is followed by "
          + "barrier, invalidation of all it could have cached, and barrier, before make, reuse "
          + "and return"
      ),
      (
        .refinement,
        "the result is as promised, and the architecture translates every input address as promised"
      ),
      (
        .counts,
        "counts move with the entries they count, and pages are freed exactly when they should be"
      ),
    ]
    return families.map { family, statement in
      Theorem(
        name: "\(name)/\(family.rawValue)",
        family: family,
        statement: "\(operation.rawValue): \(statement)",
        bounds: bounds,
        scale: scale
      )
    }
  }
}
