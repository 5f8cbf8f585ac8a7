/// What became of a mutant.
struct Verdict: Codable, Hashable, Sendable {
  /// The kinds of ends.
  enum Kind: String, Codable, Sendable, CaseIterable {
    /// A rule or a theorem was violated, or the command crashed or did not end.
    case convicted
    /// What had to be reached was not, and so it is told that nothing was shown.
    case vacuous
    /// Nothing was found.
    case survived
    /// Nothing that was run comes to its place.
    case unreached
  }

  var kind: Kind
  /// The rules or theorems that convict it, or `crash`, `hang`, `fault`.
  var by: [String] = []
  /// What it was run in: a system and a subject, or theorems.
  var place = ""
  /// How many cases of seed 1 it was checked with; nil where it was not checked.
  var cases: Int?

  static let unreached = Verdict(kind: .unreached)

  /// Whether a check with so many cases comes to the same: what the first cases convict all cases do, and
  /// what survives many survives the first of them.
  func holds(forCases wanted: Int) -> Bool {
    guard let cases else { return true }
    return kind == .convicted ? cases <= wanted : cases >= wanted
  }
}

/// A subject of a system.
struct SubjectName: Codable, Hashable, Sendable, CustomStringConvertible {
  var system: String
  var subject: String
  var description: String { "\(system)/\(subject)" }

  /// How soon it is tried on a mutant of a system: those that everybody uses come first, and of them
  /// the system's own.
  func rank(home: SystemName) -> Int {
    (subject == "built-in" ? 0 : 2) + (system == home.rawValue ? 0 : 1)
  }

  /// Those whose code is mutated, those that everybody uses first.
  static let all =
    SystemName.allCases.map { SubjectName(system: $0.rawValue, subject: "built-in") }
    + SystemName.allCases.flatMap { system in
      system.references.map { SubjectName(system: system.rawValue, subject: $0) }
    }
}

/// The systems, by name.
enum SystemName: String, Codable, CaseIterable, Sendable {
  case arm64Stage2 = "arm64-stage2"
  case arm64Hyp = "arm64-hyp"
  case armUnmap = "arm-unmap"
  case powerRadix = "power-radix"
  case pfnCache = "pfn-cache"
  case sharedBuffer = "shared-buffer"
  case arm64Stage2Threads = "arm64-stage2-threads"
  case powerRadixThreads = "power-radix-threads"

  /// Its clean subjects besides the built-in one: what a walker is compared with.
  var references: [String] {
    switch self {
    case .arm64Stage2:
      [
        "reference", "reference-rivals", "reference-outside-faults", "reference-splits",
        "reference-privileges", "shared", "reference-shared",
      ]
    case .arm64Hyp: ["reference", "reference-privileges"]
    case .armUnmap: ["nested-fixed"]
    case .pfnCache: ["chunks", "reference"]
    case .powerRadix, .sharedBuffer, .arm64Stage2Threads, .powerRadixThreads: ["reference"]
    }
  }

  /// The system that a walker's file belongs to; the first where it serves several.
  init(file: String) {
    if file.hasPrefix("PowerRadix/") {
      self = .powerRadix
    } else if file.hasPrefix("PfnCache/") {
      self = .pfnCache
    } else if file.hasPrefix("SharedBuffer/") {
      self = .sharedBuffer
    } else if file.hasPrefix("Arm64/Shared/") {
      self = .arm64Stage2Threads
    } else if file.hasPrefix("ArmUnmap/") {
      self = .armUnmap
    } else {
      self = file.contains("Hyp") ? .arm64Hyp : .arm64Stage2
    }
  }

  /// The systems that may come to a walker's file.
  static func around(file: String) -> [SystemName] {
    switch SystemName(file: file) {
    case .powerRadix, .powerRadixThreads: [.powerRadix, .powerRadixThreads]
    case .pfnCache: [.pfnCache]
    case .sharedBuffer: [.sharedBuffer]
    case .arm64Stage2Threads: [.arm64Stage2Threads, .arm64Stage2]
    case .arm64Stage2, .arm64Hyp, .armUnmap:
      [.arm64Stage2, .arm64Hyp, .armUnmap, .arm64Stage2Threads]
    }
  }
}
