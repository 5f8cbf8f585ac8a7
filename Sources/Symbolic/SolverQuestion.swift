import CZ3

/// One question that a solver was asked, and its answer.
public struct SolverQuestion: Sendable {
  /// A name that is unique among the questions of one proof.
  public let name: String
  /// The question in SMT-LIB 2, bit vectors without quantifiers, down to `check-sat`.
  public let text: String
  /// Whether everything asserted can be true at once; nil where the solver gave up.
  public let isSatisfiable: Bool?
}

extension Solver {
  /// Tells the observer, if there is one, of a question that was answered.
  func tell(_ asserted: [Formula], _ answer: Satisfiability, name: String) {
    guard let observer else { return }
    let isSatisfiable: Bool? =
      switch answer {
      case .satisfiable: true
      case .unsatisfiable: false
      case .unknown: nil
      }
    observer(
      SolverQuestion(
        name: "\(subject).\(name)",
        text: smtLib2(asserted, isSatisfiable),
        isSatisfiable: isSatisfiable
      )
    )
  }

  private func smtLib2(_ asserted: [Formula], _ isSatisfiable: Bool?) -> String {
    guard let printer = Solver.make(context, SolverOptions()) else { return "" }
    defer { Z3_solver_dec_ref(context.raw, printer) }
    for formula in asserted + context.functions.consistency {
      Z3_solver_assert(context.raw, printer, formula.ast(in: context))
    }
    let status = isSatisfiable.map { $0 ? "sat" : "unsat" } ?? "unknown"
    return "(set-info :status \(status))\n(set-logic QF_BV)\n"
      + String(cString: Z3_solver_to_string(context.raw, printer)) + "(check-sat)\n"
  }
}
