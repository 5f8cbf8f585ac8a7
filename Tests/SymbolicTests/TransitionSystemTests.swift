import Machines
import Testing

@testable import Symbolic

/// A word that begins at 0 and goes on in twos.
private func counter(_ context: SolverContext, isBad: (BitVector) -> Formula) -> TransitionSystem {
  let (word, next) = (context.variable("word"), context.variable("next"))
  return TransitionSystem(
    words: [word],
    successors: [next],
    start: word .== BitVector(0),
    step: next .== word &+ BitVector(2),
    isBad: isBad(word)
  )
}

@Suite struct TransitionSystemTests {
  @Test func `an invariant is found that excludes what is never reached`() throws {
    let context = try SolverContext()
    let system = counter(context) { ($0 & BitVector(1)) .== BitVector(1) }
    guard case .unreachable(let invariant) = try system.reachability(in: context) else {
      Issue.record("an odd number was reached in twos")
      return
    }
    let solver = try Solver(context: context)
    let claims = [
      system.start .& .!invariant,
      invariant .& system.step .& .!system.afterStep(invariant, in: context),
      invariant .& system.isBad,
    ]
    for claim in claims {
      guard case .unsatisfiable = solver.checkAlone(claim) else {
        Issue.record("\(invariant) is no invariant")
        return
      }
    }
  }

  @Test func `what is reached in a few steps is reached`() throws {
    let context = try SolverContext()
    let system = counter(context) { $0 .== BitVector(6) }
    guard case .reachable = try system.reachability(in: context) else {
      Issue.record("three steps of two do not make six")
      return
    }
  }
}
