import Symbolic

/// One thing that a walker does on every path of a call: what one theorem claims.
///
/// One place in the code judges it, on every path, whether it held there or not; a clause that no path
/// ever came to makes its theorem vacuous.
public struct Clause: Sendable, Hashable {
  /// What theorems that claim it are called, after their call's name.
  public let name: String
  /// Which kind of claim it is.
  public let family: Family
  /// What the walker does, as the end of a sentence that begins with it.
  public let text: String

  init(_ name: String, _ family: Family, _ text: String) {
    self.name = name
    self.family = family
    self.text = text
  }
}

/// That a clause is true of one path, or of arbitrary words.
struct Claim {
  let clause: Clause
  /// What is claimed here, as the end of a sentence that begins with 'the walker'.
  let text: String
  let formula: Formula

  init(_ clause: Clause, _ text: String, _ formula: Formula) {
    self.clause = clause
    self.text = text
    self.formula = formula
  }

  /// A claim in the clause's own words.
  init(_ clause: Clause, _ formula: Formula) { self.init(clause, clause.text, formula) }

  /// A claim that is known to be true or false.
  init(_ clause: Clause, _ text: String, isTrue: Bool) {
    self.init(clause, text, Formula(isTrue))
  }

  /// A claim in the clause's own words that is known to be true or false.
  init(_ clause: Clause, isTrue: Bool) { self.init(clause, clause.text, Formula(isTrue)) }
}

extension SymbolicRecordMachine {
  /// Claims that a clause is true here.
  func oblige(_ clause: Clause, _ formula: Formula) { oblige(clause.name, clause.text, formula) }
}
