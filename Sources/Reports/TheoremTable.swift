public import Proofs

/// Theorems in a table: what they are about down, with its bounds, and the kinds of claims across.
public struct TheoremTable {
  /// One theorem, and what became of it if it was put to the solver.
  public struct Row {
    /// The theorem.
    public let theorem: Theorem
    /// Whether it was proved; nil where it was only listed.
    public let isProved: Bool?

    /// A theorem that was only listed.
    public init(_ theorem: Theorem) {
      self.theorem = theorem
      isProved = nil
    }

    /// A theorem and what became of it.
    public init(_ result: TheoremResult) {
      theorem = result.theorem
      if case .holds = result.verdict { isProved = true } else { isProved = false }
    }
  }

  private let rows: [Row]

  /// A table of theorems, those about one call next to each other.
  public init(_ rows: [Row]) { self.rows = rows }

  /// The table: a line for each call, in each column how many claims of the kind are made of it, or how
  /// many of them were proved where that is not all.
  public var lines: [String] {
    let families = Family.allCases.filter { family in
      rows.contains { $0.theorem.clause.family == family }
    }
    var table = TextTable(["about"] + families.map(\.rawValue) + ["bounds"])
    var rest = rows[...]
    while let first = rest.first?.theorem {
      let about = rest.prefix { $0.theorem.subject == first.subject }
      rest = rest.dropFirst(about.count)
      let cells = families.map { family in
        cell(about.filter { $0.theorem.clause.family == family })
      }
      table.add([first.subject] + cells + [first.bounds])
    }
    return table.lines
  }

  private func cell(_ rows: [Row]) -> String {
    if rows.isEmpty { return "" }
    let provedCount = rows.count { $0.isProved ?? true }
    return provedCount == rows.count ? "\(rows.count)" : "\(provedCount) of \(rows.count)"
  }

  /// What is claimed, each claim once: by kind, its name, of how many calls, and its sentence.
  public var statements: [String] {
    Family.allCases.flatMap { family -> [String] in
      var clauses: [Clause] = []
      var counts: [Clause: Int] = [:]
      for case let clause in rows.map(\.theorem.clause) where clause.family == family {
        if counts[clause] == nil { clauses.append(clause) }
        counts[clause, default: 0] += 1
      }
      if clauses.isEmpty { return [] }
      var table = TextTable(["", family.rawValue, "calls", "the walker"])
      for clause in clauses {
        table.add(["", "/\(clause.name)", "\(counts[clause] ?? 0)", clause.text])
      }
      return [""] + table.lines
    }
  }
}

/// Theorems as `prove --list --format json` prints them.
public struct TheoremListing: Codable, Sendable {
  /// One theorem.
  public struct Entry: Codable, Sendable {
    /// The theorem's name.
    public var theorem: String
    /// Which kind of claim it is.
    public var family: String
    /// The claim, in a sentence.
    public var statement: String
    /// For what sizes, ranges and configurations.
    public var bounds: String
    /// Whether the tables are the architecture's, or small ones.
    public var scale: String
  }

  /// The version of this form.
  public var formatVersion = 1
  /// The theorems, in the order in which they are proved.
  public var theorems: [Entry]

  /// The listing of these theorems.
  public init(_ theorems: [Theorem]) {
    self.theorems = theorems.map {
      Entry(
        theorem: $0.name,
        family: $0.clause.family.rawValue,
        statement: $0.statement,
        bounds: $0.bounds,
        scale: $0.scale.rawValue
      )
    }
  }
}
