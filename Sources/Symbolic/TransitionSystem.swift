import CZ3

/// Words that begin in some states and change in steps, and the states that they should not reach.
public struct TransitionSystem {
  /// The words before a step; variables, none of them twice.
  public var words: [BitVector]
  /// The same words after a step; a word that never changes is its own successor.
  public var successors: [BitVector]
  /// Whether the words may begin so.
  public var start: Formula
  /// Whether one step leads from the words to their successors.
  public var step: Formula
  /// Whether the words are what they should not be.
  public var isBad: Formula

  /// What Z3's fixed-point engine says of the bad states.
  public enum Reachability {
    /// They are never reached, because this is true at the start and every step keeps it so: the
    /// engine's own claim, in terms of the words.
    case unreachable(invariant: Formula)
    /// They are reached.
    case reachable
    /// The engine gave up, for this reason.
    case unknown(reason: String)
  }

  /// The system of `words`.
  public init(
    words: [BitVector],
    successors: [BitVector],
    start: Formula,
    step: Formula,
    isBad: Formula
  ) {
    self.words = words
    self.successors = successors
    self.start = start
    self.step = step
    self.isBad = isBad
  }

  /// Whether the bad states are reached, in any number of steps.
  ///
  /// The engine has no limit of its own that does not depend on the machine: for small systems only.
  public func reachability(in context: SolverContext) throws(SolverFault) -> Reachability {
    let raw = context.raw
    guard let engine = Z3_mk_fixedpoint(raw) else {
      context.noteFault()
      throw context.fault ?? SolverFault(message: "Z3 made no fixed-point engine")
    }
    Z3_fixedpoint_inc_ref(raw, engine)
    defer { Z3_fixedpoint_dec_ref(raw, engine) }
    let domain: [OpaquePointer?] = words.map { _ in context.wordSort }
    let reached = Z3_mk_func_decl(
      raw,
      Z3_mk_string_symbol(raw, "reached"),
      UInt32(domain.count),
      domain,
      Z3_mk_bool_sort(raw)
    )
    let unwanted = Z3_mk_func_decl(
      raw,
      Z3_mk_string_symbol(raw, "unwanted"),
      0,
      nil,
      Z3_mk_bool_sort(raw)
    )
    Z3_fixedpoint_register_relation(raw, engine, reached)
    Z3_fixedpoint_register_relation(raw, engine, unwanted)
    func application(_ arguments: [BitVector]) -> Formula {
      let asts: [OpaquePointer?] = arguments.map { $0.ast(in: context) }
      let ast = Z3_mk_app(raw, reached, UInt32(asts.count), asts)
      return Formula(ast: context.formula(ast), context: context)
    }
    func addRule(_ body: Formula, _ head: Formula, _ name: String) {
      let bound: [OpaquePointer?] = variables.map { Z3_to_app(raw, $0.ast(in: context)) }
      let rule = Z3_mk_implies(raw, body.ast(in: context), head.ast(in: context))
      let closed = Z3_mk_forall_const(raw, 0, UInt32(bound.count), bound, 0, nil, rule)
      Z3_fixedpoint_add_rule(raw, engine, closed, Z3_mk_string_symbol(raw, name))
    }
    let isReached = application(words)
    let query = context.formula(Z3_mk_app(raw, unwanted, 0, nil))
    addRule(start, isReached, "start")
    addRule(isReached .& step, application(successors), "step")
    addRule(isReached .& isBad, Formula(ast: query, context: context), "bad")
    let answer = Z3_fixedpoint_query(raw, engine, query)
    context.noteFault()
    if let fault = context.fault { throw fault }
    switch answer {
    case Z3_L_TRUE: return .reachable
    case Z3_L_FALSE:
      let cover = Z3_fixedpoint_get_cover_delta(raw, engine, -1, reached)
      let asts: [OpaquePointer?] = words.map { $0.ast(in: context) }
      let invariant = cover.flatMap { Z3_substitute_vars(raw, $0, UInt32(asts.count), asts) }
      return .unreachable(
        invariant: Formula(ast: context.formula(invariant), context: context)
      )
    default:
      let reason = String(cString: Z3_fixedpoint_get_reason_unknown(raw, engine))
      return .unknown(reason: "'\(reason)' from the fixed-point engine")
    }
  }

  /// The invariant, of the words after a step.
  public func afterStep(_ invariant: Formula, in context: SolverContext) -> Formula {
    let before: [OpaquePointer?] = words.map { $0.ast(in: context) }
    let after: [OpaquePointer?] = successors.map { $0.ast(in: context) }
    let ast = Z3_substitute(
      context.raw,
      invariant.ast(in: context),
      UInt32(before.count),
      before,
      after
    )
    return Formula(ast: context.formula(ast), context: context)
  }

  /// The words and their successors, none of them twice.
  private var variables: [BitVector] {
    successors.reduce(into: words) { all, word in
      if !all.contains(where: { BitVector.isIdentical($0, word) }) { all.append(word) }
    }
  }
}
