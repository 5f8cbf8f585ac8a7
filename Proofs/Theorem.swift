/// Whether a claim is a theorem.
public enum Verdict: Sendable {
  /// It is true of every case within its bounds.
  case holds
  /// It is false, and here is a case.
  case violated(ProofCounterexample)
  /// The solver or a limit was reached first; nothing is known.
  case undecided(reason: String)
  /// Its assumptions exclude what it is about, so it says nothing.
  case vacuous(reason: String)

  /// As reports spell it.
  public var name: String {
    switch self {
    case .holds: "holds"
    case .violated: "violated"
    case .undecided: "undecided"
    case .vacuous: "vacuous"
    }
  }
}

/// Which kind of claim a theorem makes.
public enum Family: String, Sendable, CaseIterable, Comparable {
  /// Addresses, indices, blocks and descriptors.
  case alignment
  /// Which memory is read and written, and that every call ends.
  case memory
  /// Stores, barriers and invalidations.
  case breakBeforeMake = "break-before-make"
  /// What the architecture translates afterwards.
  case refinement
  /// Cleaning of the data cache and invalidation of the instruction cache.
  case caches
  /// Page counts and page lifetimes.
  case counts
  /// The break-before-make protocol itself.
  case protocolItself = "protocol"

  /// In the order of this list.
  public static func < (a: Family, b: Family) -> Bool { a.rawValue < b.rawValue }
}

/// Whether a theorem is about the sizes of the architecture or about small ones.
public enum Scale: String, Sendable {
  /// Tables of the architecture's size, words of 64 bits.
  case real = "real sizes"
  /// Tables of two or four entries with arbitrary contents, words of 64 bits.
  case small = "small tables"
}

/// One claim about the walkers or the architecture.
public struct Theorem: Sendable, Hashable {
  /// What it is about: the call, its extent and the shape of the tables; several theorems share it.
  public let subject: String
  /// What is claimed of it.
  public let clause: Clause
  /// How the claim begins: the call, or what is claimed about.
  public let actor: String
  /// For what sizes, ranges and configurations.
  public let bounds: String
  /// Whether the tables are the architecture's.
  public let scale: Scale

  /// A name that is unique among the theorems.
  public var name: String { "\(subject)/\(clause.name)" }
  /// The claim, in a sentence.
  public var statement: String { "\(actor) \(clause.text)" }
}

/// What became of one theorem.
public struct TheoremResult: Sendable {
  /// The theorem.
  public let theorem: Theorem
  /// Whether it is one.
  public let verdict: Verdict
  /// How many paths of the walker it was shown on; 0 where no walker is involved.
  public let pathCount: Int
  /// How many questions the solver was asked, for all theorems of the job together.
  public let checkCount: Int
  /// How long the job took, as its caller measured it.
  public var seconds: Double
}

/// A case in which a claim is false.
public struct ProofCounterexample: Sendable {
  /// What should have been true, as the end of a sentence that begins with 'the walker'.
  public let claim: String
  /// The operation, with its arguments.
  public let operation: String
  /// What the tables held before, entry by entry, as operations or facts a person can follow.
  public let before: [String]
  /// What the walker did, event by event.
  public let events: [String]
  /// Whether the same walker, run on plain memory with these tables, did exactly this again; nil
  /// where no walker is involved.
  public let isReplayed: Bool?
}
