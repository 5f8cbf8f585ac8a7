import CZ3

/// What the solver says of a question.
public enum Satisfiability {
  /// There is a model.
  case satisfiable(Model)
  /// There is none.
  case unsatisfiable
  /// The solver gave up, for this reason.
  case unknown(reason: String)
}

/// How the solver is bounded and steered; with the Z3 version these decide every answer.
public struct SolverOptions: Sendable, Hashable {
  /// How much one check may cost, in Z3's resource units; independent of the machine's speed.
  public var resourceLimit: UInt32
  /// The seed of Z3's own random choices.
  public var seed: UInt32

  /// Options; about 10 seconds a check and seed 0 by default.
  public init(resourceLimit: UInt32 = 40_000_000, seed: UInt32 = 0) {
    self.resourceLimit = resourceLimit
    self.seed = seed
  }
}

/// An incremental solver over one context.
public final class Solver {
  /// The context of its formulas.
  public let context: SolverContext
  /// How many checks were made.
  public private(set) var checkCount = 0
  /// Told the SMT-LIB 2 text of each query about to be answered that is asked for by name.
  public var queryObserver: ((_ name: String, _ text: String) -> Void)?
  private let raw: OpaquePointer
  private let options: SolverOptions

  /// A solver without assertions.
  public init(context: SolverContext, options: SolverOptions = SolverOptions()) throws(SolverFault)
  {
    guard let raw = Z3_mk_simple_solver(context.raw) else {
      throw SolverFault(message: "Z3 made no solver")
    }
    // Z3 keeps only the object it made last; this one must be held before the next is made.
    Z3_solver_inc_ref(context.raw, raw)
    self.context = context
    self.raw = raw
    self.options = options
    limit(raw)
    if let fault = context.fault { throw fault }
  }

  /// Sets the limit and the seed of one of Z3's solvers.
  private func limit(_ solver: OpaquePointer) {
    guard let parameters = Z3_mk_params(context.raw) else { return context.noteFault() }
    Z3_params_inc_ref(context.raw, parameters)
    defer { Z3_params_dec_ref(context.raw, parameters) }
    func set(_ name: String, _ value: UInt32) {
      Z3_params_set_uint(context.raw, parameters, Z3_mk_string_symbol(context.raw, name), value)
    }
    set("rlimit", options.resourceLimit)
    set("random_seed", options.seed)
    Z3_solver_set_params(context.raw, solver, parameters)
    context.noteFault()
  }

  deinit { Z3_solver_dec_ref(context.raw, raw) }

  /// Opens a scope.
  public func push() { Z3_solver_push(context.raw, raw) }
  /// Closes the innermost scope and forgets what was asserted in it.
  public func pop() { Z3_solver_pop(context.raw, raw, 1) }

  /// Asserts a formula in the innermost scope.
  public func assert(_ formula: Formula) {
    guard formula.constant != true else { return }
    Z3_solver_assert(context.raw, raw, formula.ast(in: context))
    context.noteFault()
  }

  /// Whether everything asserted can be true at once.
  public func check() -> Satisfiability { check(raw) }

  /// Whether `formula` can be true beside everything asserted, asked of a solver of its own.
  ///
  /// One that is asked a single question may rewrite it as a whole before it searches. For the
  /// large questions at the end of a path that is a hundred times faster, and more, than going on
  /// from where the incremental one stands.
  public func checkAlone(_ formula: Formula, name: String? = nil) -> Satisfiability {
    if formula.constant == false { return .unsatisfiable }
    let logic = Z3_mk_string_symbol(context.raw, "QF_UFBV")
    guard let alone = Z3_mk_solver_for_logic(context.raw, logic) else {
      context.noteFault()
      return .unknown(reason: "Z3 made no solver")
    }
    Z3_solver_inc_ref(context.raw, alone)
    defer { Z3_solver_dec_ref(context.raw, alone) }
    limit(alone)
    if let assertions = Z3_solver_get_assertions(context.raw, raw) {
      Z3_ast_vector_inc_ref(context.raw, assertions)
      defer { Z3_ast_vector_dec_ref(context.raw, assertions) }
      for index in 0..<Z3_ast_vector_size(context.raw, assertions) {
        Z3_solver_assert(context.raw, alone, Z3_ast_vector_get(context.raw, assertions, index))
      }
    }
    Z3_solver_assert(context.raw, alone, formula.ast(in: context))
    context.noteFault()
    if let name, let queryObserver { queryObserver(name, smtLib2(alone)) }
    return check(alone)
  }

  private func check(_ solver: OpaquePointer) -> Satisfiability {
    checkCount += 1
    let answer = Z3_solver_check(context.raw, solver)
    context.noteFault()
    if let fault = context.fault { return .unknown(reason: fault.description) }
    switch answer {
    case Z3_L_TRUE:
      guard let model = Z3_solver_get_model(context.raw, solver) else {
        return .unknown(reason: "Z3 gave no model")
      }
      return .satisfiable(Model(raw: model, context: context))
    case Z3_L_FALSE:
      return .unsatisfiable
    default:
      let reason = String(cString: Z3_solver_get_reason_unknown(context.raw, solver))
      return .unknown(reason: "'\(reason)' within a resource limit of \(options.resourceLimit)")
    }
  }

  /// Whether `formula` can be true beside everything asserted.
  ///
  /// A name is given for queries whose text the observer is to see.
  public func check(with formula: Formula, name: String? = nil) -> Satisfiability {
    if formula.constant == false { return .unsatisfiable }
    push()
    defer { pop() }
    assert(formula)
    if let name, let queryObserver { queryObserver(name, smtLib2()) }
    return check()
  }

  /// Everything asserted and the question, as SMT-LIB 2.
  public func smtLib2() -> String { smtLib2(raw) }

  private func smtLib2(_ solver: OpaquePointer) -> String {
    "(set-logic QF_UFBV)\n" + String(cString: Z3_solver_to_string(context.raw, solver))
      + "(check-sat)\n"
  }
}

/// An assignment under which everything asserted was true.
public final class Model {
  private let raw: OpaquePointer
  private let context: SolverContext

  init(raw: OpaquePointer, context: SolverContext) {
    self.raw = raw
    self.context = context
    Z3_model_inc_ref(context.raw, raw)
  }

  deinit { Z3_model_dec_ref(context.raw, raw) }

  /// The word's value; what the model leaves open is 0.
  public func value(of word: BitVector) -> UInt64 {
    if let constant = word.constant { return constant }
    var result: OpaquePointer?
    var value: UInt64 = 0
    guard
      Z3_model_eval(context.raw, raw, word.ast(in: context), true, &result),
      let result,
      Z3_get_numeral_uint64(context.raw, result, &value)
    else {
      context.noteFault()
      return 0
    }
    return value
  }

  /// Whether the formula is true; what the model leaves open is false.
  public func isTrue(_ formula: Formula) -> Bool {
    if let constant = formula.constant { return constant }
    var result: OpaquePointer?
    let ast = formula.ast(in: context)
    guard Z3_model_eval(context.raw, raw, ast, true, &result), let result else {
      context.noteFault()
      return false
    }
    return Z3_get_bool_value(context.raw, result) == Z3_L_TRUE
  }
}
