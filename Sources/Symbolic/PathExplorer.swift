/// Bounds on one exploration; whoever meets one gets an undecided answer, never a proof.
public struct ExplorationLimits: Sendable, Hashable {
  /// The most paths that are followed.
  public var pathCount: Int
  /// The most decisions that one path may take.
  public var decisionCount: Int
  /// What a question about several formulas at once may cost, in Z3's resource units, before those are asked
  /// for apart.
  public var jointCost: UInt32

  /// Bounds; by default far beyond what a terminating walker needs.
  public init(
    pathCount: Int = 100_000,
    decisionCount: Int = 20_000,
    jointCost: UInt32 = .max
  ) {
    self.pathCount = pathCount
    self.decisionCount = decisionCount
    self.jointCost = jointCost
  }
}

/// Follows every path of a deterministic program, by running it again for each.
///
/// The program asks `decide(_:)` at every fork. A run repeats the decisions of the run before it up
/// to the last one with an unexplored side, and takes that side; the solver's scopes are kept in
/// step, so what two neighbouring paths share is asserted once. A model of the path so far is kept:
/// it shows one side of a fork feasible for nothing, so a fork costs one check, and a forced
/// decision one check too.
public final class PathExplorer {
  /// One answer given on the current path.
  private struct Decision {
    var isTrue: Bool
    let formula: Formula
    /// The model of the other side, while it is feasible and unexplored.
    var otherModel: Model?
    var isOtherOpen: Bool
    /// Whether a scope of the solver belongs to it; forced decisions have none.
    let hasScope: Bool
  }

  /// Something that is to be true on the path, and on every other that begins alike.
  private struct Expectation {
    let formula: Formula
    /// How many decisions were taken before it.
    let depth: Int
    var isAsked = false
    var isKnown = false
  }

  /// The solver whose assertions are the path's condition.
  public let solver: Solver
  /// The context of every term.
  public var context: SolverContext { solver.context }
  /// How many paths were followed to their end.
  public private(set) var pathCount = 0
  /// Why the exploration proves nothing, if it does not.
  public private(set) var incompleteness: String?
  /// Whether the current path cannot happen, or was cut off; its answers mean nothing any more.
  public private(set) var isAbandoned = false

  private let limits: ExplorationLimits
  private var decisions: [Decision] = []
  private var depth = 0
  private var model: Model?
  private var decided: [OpaquePointer: Bool] = [:]
  private var coin: UInt64 = 1
  /// What the current path is expected to keep, in order, and how many of it this run has come to.
  private var expectations: [Expectation] = []
  private var expectationCount = 0
  /// Places from which all was followed that can come after them.
  private var places: Set<String> = []

  /// An explorer of programs over the solver's context.
  public init(solver: Solver, limits: ExplorationLimits = ExplorationLimits()) {
    self.solver = solver
    self.limits = limits
  }

  /// Whether decisions are being repeated, so that the solver knows what is asserted already.
  private var isReplaying: Bool { depth < decisions.count }

  /// Runs `body` once for every feasible path.
  ///
  /// `body` must do the same whenever its decisions are the same. It is run in a scope of its own;
  /// what was asserted before holds on every path.
  public func explore(_ body: () -> Void) {
    solver.push()
    defer { solver.pop() }
    decisions = []
    expectations = []
    places = []
    guard startModel() else { return }
    repeat {
      depth = 0
      expectationCount = 0
      isAbandoned = false
      decided = [:]
      coin = 1
      body()
      if !isAbandoned { pathCount += 1 }
      if pathCount >= limits.pathCount {
        incompleteness = incompleteness ?? "more than \(limits.pathCount) paths"
      }
      // Once something is left out nothing can be proved any more, however long it takes.
      if incompleteness != nil { return unwind() }
    } while backtrack()
  }

  /// Finds a model of what holds on every path; false if there is none.
  private func startModel() -> Bool {
    switch solver.check() {
    case .satisfiable(let found): model = found
    case .unsatisfiable: return false
    case .unknown: model = nil
    }
    return true
  }

  /// Which way the path goes at a fork.
  public func decide(_ formula: Formula) -> Bool {
    if let constant = formula.constant { return constant }
    guard !isAbandoned, let atom = formula.atom else { return toss() }
    if let known = decided[atom] { return known != formula.isNegated }
    if depth >= limits.decisionCount {
      abandon(because: "a path with more than \(limits.decisionCount) decisions")
      return toss()
    }
    if !isReplaying { decideAnew(formula) }
    let isTrue = decisions[depth].isTrue
    depth += 1
    decided[atom] = isTrue != formula.isNegated
    return isTrue
  }

  /// The formula, or its truth value where the path went by it.
  public func known(_ formula: Formula) -> Formula {
    guard let atom = formula.atom, let isTrue = decided[atom] else { return formula }
    return Formula(isTrue != formula.isNegated)
  }

  /// An answer on a path that counts for nothing: irregular, so that every loop ends some time.
  func toss() -> Bool {
    coin = coin &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return coin >> 62 == 0
  }

  private func decideAnew(_ formula: Formula) {
    let preferred: Bool
    if let model, model.isStillConsistent() {
      preferred = model.isTrue(formula)
    } else {
      switch solver.check(with: formula) {
      case .satisfiable(let found):
        model = found
        preferred = true
      case .unsatisfiable: preferred = false
      case .unknown(let reason):
        abandon(because: reason)
        preferred = true
      }
    }
    var other: Model?
    var isOpen = true
    switch solver.check(with: preferred ? .!formula : formula) {
    case .satisfiable(let found): other = found
    case .unsatisfiable: isOpen = false
    case .unknown(let reason): abandon(because: reason)
    }
    if isOpen {
      askExpectations()
      solver.push()
      solver.assert(preferred ? formula : .!formula)
    }
    decisions.append(
      Decision(
        isTrue: preferred,
        formula: formula,
        otherModel: other,
        isOtherOpen: isOpen,
        hasScope: isOpen
      )
    )
  }

  /// Notes what is to be true from here on; it is asked once for all paths that fork after this.
  /// - Returns: the number by which `isKnown(_:)` knows it.
  public func expect(_ formula: Formula) -> Int {
    if expectationCount == expectations.count {
      expectations.append(Expectation(formula: formula, depth: depth))
    }
    expectationCount += 1
    return expectationCount - 1
  }

  /// Whether what is expected was shown to be true before the path forked; if not, that is still to be done.
  public func isKnown(_ expectation: Int) -> Bool { expectations[expectation].isKnown }

  /// Comes to a place from which it does not matter any more how it was come to, but for what is known of
  /// `facts`: the caller has made arbitrary all else that the path goes by from here on.
  ///
  /// What was decided and assumed before is left out of questions, so that these stay small; and of all
  /// paths that come to a place of this name with the same facts, one is followed. Where what is expected
  /// is not true, nothing is left out, so that the path says how that comes about.
  /// - Returns: whether the path is to be followed.
  public func arrive(at place: String, knowing facts: [Formula]) -> Bool {
    decided = [:]
    // A path that is repeated as far as here was to be followed.
    guard !isReplaying else { return true }
    confirm()
    guard !isAbandoned else { return false }
    askExpectations()
    let known = facts.map { fact in
      if case .unsatisfiable = solver.checkAlone(.!fact) { true } else { false }
    }
    guard expectations.allSatisfy(\.isKnown) else { return true }
    guard places.insert("\(place) \(known)").inserted else { return false }
    solver.seal()
    for (fact, isKnown) in zip(facts, known) where isKnown { solver.assert(fact) }
    return true
  }

  /// Asks for what is expected before the path forks.
  private func askExpectations() {
    let open = expectations.indices.filter { !expectations[$0].isAsked }
    guard !open.isEmpty, !isAbandoned else { return }
    let unknown = Set(unknown(among: open.map { expectations[$0].formula }))
    for (index, expectation) in open.enumerated() {
      expectations[expectation].isAsked = true
      expectations[expectation].isKnown = !unknown.contains(index)
    }
  }

  /// Restricts the path to where `formula` is true.
  ///
  /// Where that is to be asked `later`, a path that cannot happen may go on until `confirm()`.
  public func assume(_ formula: Formula, later: Bool = false) {
    guard formula.constant != true, !isAbandoned, !isReplaying else { return }
    solver.assert(formula)
    if let model, model.isStillConsistent(), model.isTrue(formula) { return }
    if later {
      model = nil
      return
    }
    switch solver.check() {
    case .satisfiable(let found): model = found
    case .unsatisfiable: isAbandoned = true
    case .unknown: model = nil
    }
  }

  /// Gives the path up if it cannot happen.
  public func confirm() {
    guard model == nil, !isAbandoned, !isReplaying else { return }
    switch solver.check() {
    case .satisfiable(let found): model = found
    case .unsatisfiable: isAbandoned = true
    case .unknown: model = nil
    }
  }

  /// Gives the path up: it counts for nothing, and if a reason is given neither does the whole.
  public func abandon(because reason: String? = nil) {
    isAbandoned = true
    incompleteness = incompleteness ?? reason
  }

  /// Whether `formula` is true on the whole path, as a question that forks nothing.
  ///
  /// Must not be asked where the path's later decisions depend on the answer.
  public func check(_ formula: Formula, name: String? = nil) -> Satisfiability {
    let answer = solver.checkAlone(.!formula, name: name)
    // A case that begins where the path does, if there is one.
    if case .satisfiable = answer, solver.isSealed,
      case .satisfiable(let whole) = solver.checkAlone(.!formula, withSealed: true)
    {
      return .satisfiable(whole)
    }
    return answer
  }

  /// Which of several formulas are not known to be true on the whole path, by their places, in order.
  ///
  /// They are asked for all at once; where that is not known, or would cost too much, each half by itself.
  public func unknown(among formulas: [Formula], name: String? = nil) -> [Int] {
    unknown(formulas, formulas.indices, name)
  }

  private func unknown(_ formulas: [Formula], _ range: Range<Int>, _ name: String?) -> [Int] {
    let cost = range.count > 1 ? limits.jointCost : .max
    let areTrue = Formula.all(Array(formulas[range]))
    if case .unsatisfiable = solver.checkAlone(.!areTrue, within: cost, name: name) { return [] }
    guard range.count > 1 else { return Array(range) }
    let middle = range.lowerBound + range.count / 2
    return unknown(formulas, range.lowerBound..<middle, nil)
      + unknown(formulas, middle..<range.upperBound, nil)
  }

  /// Turns to the last unexplored side; false if there is none.
  private func backtrack() -> Bool {
    while let last = decisions.popLast() {
      if last.hasScope { solver.pop() }
      guard last.isOtherOpen else { continue }
      expectations.removeAll { $0.depth > decisions.count }
      let isTrue = !last.isTrue
      solver.push()
      solver.assert(isTrue ? last.formula : .!last.formula)
      model = last.otherModel
      decisions.append(
        Decision(
          isTrue: isTrue,
          formula: last.formula,
          otherModel: nil,
          isOtherOpen: false,
          hasScope: true
        )
      )
      return true
    }
    return false
  }

  private func unwind() {
    for decision in decisions where decision.hasScope { solver.pop() }
    decisions = []
  }
}
