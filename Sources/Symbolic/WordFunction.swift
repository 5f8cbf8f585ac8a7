/// An arbitrary function from words to words.
///
/// It is nothing but its values: each argument it is applied to has an arbitrary word as its value,
/// and whatever two arguments are equal have equal ones. Solvers for bit vectors then need to know
/// nothing of functions, and are faster for it. A model knows the values that were asked for before
/// it was found.
public struct WordFunction {
  let name: String
  let context: SolverContext

  /// Its value at `argument`.
  public func callAsFunction(_ argument: BitVector) -> BitVector {
    context.value(of: name, at: argument)
  }
}

/// The values of every function so far, and what makes functions of them.
///
/// A context owns them, so they own none: else it would keep itself for ever, and all that Z3 made in it.
struct FunctionValues {
  private var applications: [String: [(argument: BitVector, value: BitVector)]] = [:]
  /// That equal arguments have equal values, for every two applications of one function.
  private(set) var consistency: [Formula] = []

  /// The value at `argument`: the known one, or a new word of the owner's from `makeValue`, which is told
  /// how many there were.
  mutating func value(
    of name: String,
    at argument: BitVector,
    owner: SolverContext,
    makeValue: (_ count: Int) -> BitVector
  ) -> BitVector {
    let known = applications[name, default: []]
    if let same = known.first(where: { BitVector.isIdentical($0.argument, argument) }) {
      return same.value.owned(by: owner)
    }
    let value = makeValue(known.count)
    for other in known {
      let isSameArgument = other.argument.owned(by: owner) .== argument
      let isSameValue = other.value.owned(by: owner) .== value
      let isConsistent = Formula.implies(isSameArgument, isSameValue)
      if isConsistent.constant != true { consistency.append(isConsistent.withoutOwner) }
    }
    applications[name, default: []].append((argument.owned(by: nil), value.owned(by: nil)))
    return value
  }
}
