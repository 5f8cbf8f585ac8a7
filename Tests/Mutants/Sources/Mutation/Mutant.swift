/// One small fault, at one place of a walker.
public struct Mutant: Hashable, Sendable {
  /// What it is called; the same as long as its line and what becomes of it are.
  public var id: String
  /// The number by which it is switched on in a build; above 0.
  public var number: Int
  /// The file, from the folder of the walkers on.
  public var file: String
  /// The function around it, with the types around that.
  public var function: String
  /// The kind of fault.
  public var kind: MutationKind
  /// The number of its line, from 1.
  public var line: Int
  /// The text of its line, without what indents it.
  public var lineText: String
  /// What stood there.
  public var before: String
  /// What stands there where it is switched on.
  public var after: String
}

/// A kind of fault.
public enum MutationKind: String, CaseIterable, Sendable, Codable {
  /// A call for effect, or an assignment, is left out.
  case dropped
  /// A call for effect is made twice.
  case doubled
  /// A statement and the one behind it change places.
  case swapped
  /// A `return`, `break` or `continue` is left out, or is another of these.
  case jump
  /// A condition is negated.
  case negated
  /// A condition always holds.
  case alwaysTrue = "true"
  /// A condition never holds.
  case alwaysFalse = "false"
  /// `<` for `<=` and the like.
  case bound
  /// `==` for `!=` and the like.
  case equality
  /// `+` for `-` and the like.
  case arithmetic
  /// `&` for `|` and the like, conditions included.
  case logic
  /// `<<` for `>>`.
  case shift
  /// An operand is left out: a mask, a flag, a part of a condition.
  case operand
  /// An operator before a term is left out.
  case complement
  /// A constant is one more or less, a mask one bit further, a truth value the other.
  case constant
  /// A named constant is its neighbour.
  case neighbour
  /// An argument is another argument of the call, or a parameter of the function.
  case argument
  /// An index, a level or a count is off by one.
  case offByOne = "off-by-one"
  /// A loop leaves out its first or last turn, or takes one more.
  case turn
  /// A barrier, an order, a scope or an instruction is weaker, or another.
  case weaker
  /// A level is promised to an invalidation that should not be, or the other way round.
  case hint
  /// A failure is told as success.
  case errno
  /// One of two things that belong together stands for the other: the lower and the upper bound, the
  /// smaller and the larger.
  case opposite
}
