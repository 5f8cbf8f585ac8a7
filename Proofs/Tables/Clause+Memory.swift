import Symbolic

extension Clause {
  /// What a walker owes its machine, whatever it is asked to do.
  static let memory =
    Obligation.Kind.allCases.filter { $0 != .usesNothingStale && $0 != .doesOnlyPermitted }
    .map(Clause.init) + [keepsOtherRules]

  /// That it uses no page that was freed.
  static let usesLivePages = Clause(.usesLivePages)
  /// That it stays inside the pages it uses.
  static let staysInside = Clause(.staysInside)
  /// That it takes no more from a count than is there.
  static let countSuffices = Clause(.countSuffices)
  /// That it follows links that are there.
  static let followsLinks = Clause(.followsLinks)

  /// That it comes to an end.
  static let ends = Clause(.ends)

  /// That it looks again after others ran.
  static let usesNothingStale = Clause(.usesNothingStale)

  /// That it does only what is permitted; the theorems say of their own calls what that is.
  static let doesOnlyPermitted = Clause(.doesOnlyPermitted)

  fileprivate init(_ kind: Obligation.Kind) {
    switch kind {
    case .usesLivePages: self.init("live", .memory, "uses no page that was freed")
    case .staysInside: self.init("inside", .memory, "stays inside the pages it uses")
    case .followsLinks: self.init("links", .memory, "follows links that are there, to tables")
    case .countSuffices:
      self.init("count-suffices", .memory, "takes no more from a count than is there")
    case .ends: self.init("ends", .memory, "comes to an end")
    case .doesOnlyPermitted:
      self.init("does-only-permitted", .refinement, "does nothing but what it may")
    case .usesNothingStale:
      self.init(
        "stale",
        .memory,
        "uses nothing that it knew before it let others run but the root, and that where it is there"
      )
    }
  }
}

extension SymbolicMachine {
  /// What the walker owed the machine on this path.
  ///
  /// What is certainly true is not noted as an obligation, so that each clause is claimed once beside.
  var memoryClaims: [Claim] {
    (Clause.memory + (parts.isEmpty ? [] : [.usesNothingStale])).map { Claim($0, isTrue: true) }
      + obligations.map { Claim(Clause($0.kind), $0.claim, $0.formula) }
  }

  /// The same, with the claim that nothing is done but what is permitted told by the clause that says
  /// what that is.
  func memoryClaims(permitting clause: Clause?) -> [Claim] {
    guard let clause else { return memoryClaims }
    return memoryClaims.map { claim in
      claim.clause == .doesOnlyPermitted ? Claim(clause, claim.formula) : claim
    }
  }
}
