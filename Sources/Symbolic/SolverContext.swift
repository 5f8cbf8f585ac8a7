import CZ3

/// One Z3 context: the owner of every term made in it.
///
/// A context belongs to one worker: it and all its terms are used by one thread at a time. Terms
/// live as long as their context, so nothing is counted or freed term by term.
public final class SolverContext {
  /// Z3's own context.
  let raw: OpaquePointer
  /// The 64-bit bit-vector sort.
  let wordSort: OpaquePointer
  /// What first went wrong inside Z3; every later answer of this context is worthless.
  public private(set) var fault: SolverFault?
  /// What the functions were applied to.
  private(set) var functions = FunctionValues()
  /// A term that stands in where Z3 could not make the right one.
  private let placeholderWord: OpaquePointer
  private let placeholderFormula: OpaquePointer

  /// Why the Z3 library cannot be loaded, in the loader's words; nil if it can.
  public static var problem: String? { cz3_problem().map { String(cString: $0) } }

  /// The version of the Z3 library that is loaded; there must be no problem with it.
  public static var version: String { String(cString: Z3_get_full_version()) }

  /// A fresh context; throws when Z3 cannot make one.
  public init() throws(SolverFault) {
    if let problem = SolverContext.problem { throw SolverFault(message: problem) }
    guard let config = Z3_mk_config() else { throw SolverFault(message: "Z3 made no config") }
    defer { Z3_del_config(config) }
    guard let raw = Z3_mk_context(config) else { throw SolverFault(message: "Z3 made no context") }
    // Z3's default handler ends the process; this one leaves the code to be asked for.
    Z3_set_error_handler(raw) { _, _ in }
    guard
      let sort = Z3_mk_bv_sort(raw, 64),
      let word = Z3_mk_unsigned_int64(raw, 0, sort),
      let formula = Z3_mk_false(raw)
    else {
      Z3_del_context(raw)
      throw SolverFault(message: "Z3 made no terms")
    }
    self.raw = raw
    wordSort = sort
    placeholderWord = word
    placeholderFormula = formula
  }

  deinit { Z3_del_context(raw) }

  /// Takes note of what Z3 reports, if anything; the first report is kept.
  func noteFault() {
    let code = Z3_get_error_code(raw)
    guard fault == nil, code != Z3_OK else { return }
    fault = SolverFault(message: String(cString: Z3_get_error_msg(raw, code)))
  }

  /// The term that Z3 made, or a placeholder and a fault.
  func word(_ ast: OpaquePointer?) -> OpaquePointer {
    if let ast { return ast }
    noteFault()
    return placeholderWord
  }

  /// The formula that Z3 made, or a placeholder and a fault.
  func formula(_ ast: OpaquePointer?) -> OpaquePointer {
    if let ast { return ast }
    noteFault()
    return placeholderFormula
  }

  /// An arbitrary word; the same name always gives the same one.
  public func variable(_ name: String) -> BitVector {
    let symbol = Z3_mk_string_symbol(raw, name)
    return BitVector(ast: word(Z3_mk_const(raw, symbol, wordSort)), context: self)
  }

  /// An arbitrary truth value; the same name always gives the same one.
  public func proposition(_ name: String) -> Formula {
    let symbol = Z3_mk_string_symbol(raw, name)
    return Formula(ast: formula(Z3_mk_const(raw, symbol, Z3_mk_bool_sort(raw))), context: self)
  }

  /// An arbitrary function from words to words; the same name always gives the same one.
  public func function(_ name: String) -> WordFunction { WordFunction(name: name, context: self) }

  /// The value of a function at an argument.
  func value(of function: String, at argument: BitVector) -> BitVector {
    functions.value(of: function, at: argument, owner: self) { variable("\(function).\($0)") }
  }
}

/// What Z3 reported instead of doing its work.
public struct SolverFault: Error, Sendable, CustomStringConvertible {
  /// Z3's own words.
  public let message: String
  /// Z3's own words, and that they are Z3's.
  public var description: String { "Z3: \(message)" }
}
