import CZ3
public import Machines

/// A symbolic truth value: a constant, or a Z3 formula or its negation.
///
/// Unchecked: as for `BitVector`, a formula is only ever used by the worker that owns its context.
public struct Formula: @unchecked Sendable {
  /// The formula without its negation; nil for constants.
  let atom: OpaquePointer?
  /// Whether the formula is the negation of `atom`; for constants, whether it is false.
  let isNegated: Bool
  /// The owner of the atom.
  private(set) var context: SolverContext?

  /// The constant truth value.
  public init(_ value: Bool) {
    atom = nil
    isNegated = !value
    context = nil
  }

  init(ast: OpaquePointer, isNegated: Bool = false, context: SolverContext) {
    atom = ast
    self.isNegated = isNegated
    self.context = context
  }

  /// The same formula under no owner, so that the owner itself can keep it; it can only be asked for.
  var withoutOwner: Formula {
    var formula = self
    formula.context = nil
    return formula
  }

  /// The truth value, if it is known without asking the solver.
  public var constant: Bool? { atom == nil ? !isNegated : nil }

  /// The formula, made in `context`.
  func ast(in context: SolverContext) -> OpaquePointer {
    guard let atom else {
      return context.formula(isNegated ? Z3_mk_false(context.raw) : Z3_mk_true(context.raw))
    }
    return isNegated ? context.formula(Z3_mk_not(context.raw, atom)) : atom
  }

  /// Every one of them.
  public static func all(_ formulas: [Formula]) -> Formula { formulas.reduce(Formula(true), .&) }
  /// At least one of them.
  public static func any(_ formulas: [Formula]) -> Formula { formulas.reduce(Formula(false), .|) }
  /// The second, wherever the first is true.
  public static func implies(_ a: Formula, _ b: Formula) -> Formula { .!a .| b }
  /// Both or neither.
  public static func equivalent(_ a: Formula, _ b: Formula) -> Formula {
    (a .& b) .| (.!a .& .!b)
  }
}

extension Formula: WordCondition {
  /// Conjunction.
  public static func .& (a: Formula, b: Formula) -> Formula {
    if let constant = a.constant { return constant ? b : a }
    if let constant = b.constant { return constant ? a : b }
    if a.atom == b.atom { return a.isNegated == b.isNegated ? a : Formula(false) }
    guard let context = a.context else { return a }
    var operands: [OpaquePointer?] = [a.ast(in: context), b.ast(in: context)]
    return Formula(ast: context.formula(Z3_mk_and(context.raw, 2, &operands)), context: context)
  }

  /// Disjunction.
  public static func .| (a: Formula, b: Formula) -> Formula { .!(.!a .& .!b) }

  /// Negation.
  public static prefix func .! (a: Formula) -> Formula {
    guard let atom = a.atom, let context = a.context else { return Formula(a.isNegated) }
    return Formula(ast: atom, isNegated: !a.isNegated, context: context)
  }
}

extension Formula: CustomStringConvertible {
  /// `true`, `false`, or the formula as Z3 prints it.
  public var description: String {
    guard let context else { return isNegated ? "false" : "true" }
    return String(cString: Z3_ast_to_string(context.raw, ast(in: context)))
  }
}
