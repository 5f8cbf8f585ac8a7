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
///
/// What is asserted lies on a stack of its own. Z3 is told each formula behind a literal that stands for
/// it, and is asked under the literals of the stack: what neighbouring paths share is translated to bits
/// once, and what Z3 learns on one path it knows on the next.
public final class Solver {
  /// The context of its formulas.
  public let context: SolverContext
  /// How many checks were made.
  public private(set) var checkCount = 0
  /// Told each question as it was answered, those that prune a path included.
  public var observer: ((SolverQuestion) -> Void)?
  /// What the names of its questions begin with.
  public var subject = "question"

  /// Who is asked.
  private var engine: SolverEngine
  private let options: SolverOptions
  /// What is asserted.
  private var stack: [Formula] = []
  /// How much of it, from the beginning, is left out of questions.
  private var sealedCount = 0
  /// How much was asserted, how much left out, and who was asked, when each open scope was opened.
  private var scopes: [(count: Int, sealedCount: Int, engine: SolverEngine)] = []
  /// For each question, the sets of assertions known to refute it.
  private var refutations: [OpaquePointer: [Set<OpaquePointer>]] = [:]

  /// Z3's solver for formulas of bit vectors that goes over to bits at once.
  private static let logic = "QF_FD"

  /// A solver without assertions.
  public init(context: SolverContext, options: SolverOptions = SolverOptions()) throws(SolverFault)
  {
    guard let engine = SolverEngine(context, options) else {
      throw context.fault ?? SolverFault(message: "Z3 made no solver")
    }
    self.context = context
    self.engine = engine
    self.options = options
    if let fault = context.fault { throw fault }
  }

  /// One of Z3's solvers, limited and seeded; the caller lets go of it.
  static func make(_ context: SolverContext, _ options: SolverOptions) -> OpaquePointer? {
    let symbol = Z3_mk_string_symbol(context.raw, logic)
    guard let solver = Z3_mk_solver_for_logic(context.raw, symbol) else {
      context.noteFault()
      return nil
    }
    // Z3 keeps only the object it made last; this one must be held before the next is made.
    Z3_solver_inc_ref(context.raw, solver)
    guard let parameters = Z3_mk_params(context.raw) else {
      context.noteFault()
      return solver
    }
    Z3_params_inc_ref(context.raw, parameters)
    defer { Z3_params_dec_ref(context.raw, parameters) }
    func set(_ name: String, _ value: UInt32) {
      Z3_params_set_uint(context.raw, parameters, Z3_mk_string_symbol(context.raw, name), value)
    }
    set("rlimit", options.resourceLimit)
    set("random_seed", options.seed)
    // An interrupt is the program's to answer; Z3 would take it for itself and call the question undecided.
    Z3_params_set_bool(context.raw, parameters, Z3_mk_string_symbol(context.raw, "ctrl_c"), false)
    Z3_solver_set_params(context.raw, solver, parameters)
    context.noteFault()
    return solver
  }

  /// Opens a scope.
  public func push() { scopes.append((stack.count, sealedCount, engine)) }
  /// Closes the innermost scope and forgets what was asserted in it.
  public func pop() {
    let scope = scopes.removeLast()
    stack.removeSubrange(scope.count...)
    sealedCount = scope.sealedCount
    engine = scope.engine
  }

  /// Leaves what is asserted out of questions until the innermost scope is closed.
  ///
  /// They are put to a solver of Z3's that knows nothing of what is left out, and so has nothing to search
  /// there.
  public func seal() {
    sealedCount = stack.count
    engine = SolverEngine(context, options) ?? engine
  }
  /// Whether something is left out.
  public var isSealed: Bool { sealedCount > 0 }
  /// What is asserted and not left out.
  private var asked: ArraySlice<Formula> { stack[sealedCount...] }

  /// Asserts a formula in the innermost scope.
  public func assert(_ formula: Formula) {
    if formula.constant != true { stack.append(formula) }
  }

  /// Whether everything asserted can be true at once.
  public func check() -> Satisfiability {
    engine.forgetMost(besides: asked.count)
    let assumptions: [OpaquePointer?] = asked.map { engine.literal(of: $0) }
    engine.assertConsistency()
    checkCount += 1
    let answer = satisfiability(
      Z3_solver_check_assumptions(
        context.raw,
        engine.raw,
        UInt32(assumptions.count),
        assumptions
      ),
      of: engine.raw
    )
    tell(Array(asked), answer, name: "check\(checkCount)")
    return answer
  }

  /// Whether `formula` can be true beside everything asserted.
  ///
  /// A question that was refuted by part of what is asserted now is not asked again.
  public func check(with formula: Formula) -> Satisfiability {
    if formula.constant == false { return .unsatisfiable }
    let question = formula.ast(in: context)
    let asserted = Set(asked.map { $0.ast(in: context) })
    if refutations[question, default: []].contains(where: { $0.isSubset(of: asserted) }) {
      return .unsatisfiable
    }
    push()
    defer { pop() }
    assert(formula)
    let answer = check()
    if case .unsatisfiable = answer, let core = engine.core() {
      refutations[question, default: []].append(core.subtracting([question]))
    }
    return answer
  }

  /// Whether `formula` can be true beside everything asserted, asked of a solver of its own.
  ///
  /// One that is asked a single question may rewrite it as a whole before it searches, and leaves
  /// nothing behind for the next question to carry. For the large questions at the end of a path
  /// that is a hundred times faster, and more.
  /// It is asked for what is left out otherwise too, where that is said by `withSealed`; and may cost no more
  /// than `limit` of Z3's units, where that is less than any question may.
  public func checkAlone(
    _ formula: Formula,
    withSealed: Bool = false,
    within limit: UInt32 = .max,
    name: String? = nil
  ) -> Satisfiability {
    if formula.constant == false { return .unsatisfiable }
    var options = options
    options.resourceLimit = min(options.resourceLimit, limit)
    guard let alone = Solver.make(context, options) else {
      return .unknown(reason: "Z3 made no solver")
    }
    defer { Z3_solver_dec_ref(context.raw, alone) }
    let asserted = withSealed ? stack : Array(asked)
    for formula in asserted + context.functions.consistency + [formula] {
      Z3_solver_assert(context.raw, alone, formula.ast(in: context))
    }
    context.noteFault()
    checkCount += 1
    let answer = satisfiability(Z3_solver_check(context.raw, alone), of: alone)
    tell(asserted + [formula], answer, name: name ?? "check\(checkCount)")
    return answer
  }

  private func satisfiability(_ answer: Z3_lbool, of solver: OpaquePointer) -> Satisfiability {
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
}

/// An assignment under which everything asserted was true.
public final class Model {
  private let raw: OpaquePointer
  private let context: SolverContext
  /// How many of the conditions on functions are known to hold.
  private var consistencyCount: Int

  init(raw: OpaquePointer, context: SolverContext) {
    self.raw = raw
    self.context = context
    consistencyCount = context.functions.consistency.count
    Z3_model_inc_ref(context.raw, raw)
  }

  deinit { Z3_model_dec_ref(context.raw, raw) }

  /// Whether it gives equal values also to what functions were applied to since it was found.
  public func isStillConsistent() -> Bool {
    let conditions = context.functions.consistency
    guard conditions[consistencyCount...].allSatisfy(isTrue) else { return false }
    consistencyCount = conditions.count
    return true
  }

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
