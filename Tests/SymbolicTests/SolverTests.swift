import Machines
import Testing

@testable import Symbolic

struct SolverTests {
  @Test func `a context goes with the last of its words`() throws {
    weak var kept: SolverContext?
    do {
      let context = try SolverContext()
      let f = context.function("f")
      let isSame = f(context.variable("x")) .== f(context.variable("y"))
      #expect(isSame.constant == nil)
      kept = context
    }
    #expect(kept == nil)
  }

  @Test func `a model gives the words that make the assertions true`() throws {
    let context = try SolverContext()
    let solver = try Solver(context: context)
    let x = context.variable("x")
    let f = context.function("f")
    let atGreatest = f(BitVector(.max))
    solver.assert((x &+ BitVector(1)) .== BitVector(0))
    solver.assert(f(x) .== BitVector(42))
    guard case .satisfiable(let model) = solver.check() else {
      Issue.record("no model")
      return
    }
    #expect(model.value(of: x) == .max)
    #expect(model.value(of: atGreatest) == 42)
    #expect(model.isTrue(x .== BitVector(.max)))
  }

  @Test func `a question asked beside the assertions leaves no trace`() throws {
    let context = try SolverContext()
    let solver = try Solver(context: context)
    let x = context.variable("x")
    solver.assert(x .< BitVector(4))
    guard case .unsatisfiable = solver.check(with: x .== BitVector(4)) else {
      Issue.record("4 < 4")
      return
    }
    guard case .satisfiable = solver.check(with: x .== BitVector(3)) else {
      Issue.record("not 3 < 4")
      return
    }
    #expect(solver.checkCount == 2)
  }

  @Test func `what was refuted is not asked again while what refuted it is asserted`() throws {
    let context = try SolverContext()
    let solver = try Solver(context: context)
    let x = context.variable("x")
    let question = x .== BitVector(4)
    func isRefuted() -> Bool {
      if case .unsatisfiable = solver.check(with: question) { true } else { false }
    }
    solver.push()
    solver.assert(x .< BitVector(4))
    #expect(isRefuted())
    solver.assert(context.variable("y") .< BitVector(9))
    #expect(isRefuted())
    #expect(solver.checkCount == 1)
    solver.pop()
    solver.assert(x .< BitVector(5))
    #expect(!isRefuted())
    #expect(solver.checkCount == 2)
  }

  @Test func `a model found before a function was applied does not speak for its value`() throws {
    let context = try SolverContext()
    let solver = try Solver(context: context)
    let x = context.variable("x")
    let f = context.function("f")
    solver.assert(f(x) .== BitVector(42))
    guard case .satisfiable(let model) = solver.check() else {
      Issue.record("no model")
      return
    }
    #expect(model.isStillConsistent())
    let value = model.value(of: x)
    _ = f(BitVector(value))
    #expect(!model.isStillConsistent())
    guard
      case .unsatisfiable = solver.check(
        with: (x .== BitVector(value)) .& (f(BitVector(value)) .!= BitVector(42))
      )
    else {
      Issue.record("equal arguments with different values")
      return
    }
  }

  @Test func `too small a resource limit is unknown, with a reason`() throws {
    let context = try SolverContext()
    let solver = try Solver(context: context, options: SolverOptions(resourceLimit: 100))
    let x = context.variable("x")
    let y = context.variable("y")
    // A shift-and-add product: easy to say, hard to invert.
    var product = BitVector(0)
    for bit: UInt64 in 0..<32 {
      let isSet = (y &>> bit) & BitVector(1) .== BitVector(1)
      product = product &+ BitVector.select(isSet, x &<< bit, BitVector(0))
    }
    solver.assert(product .== BitVector(0xdead_beef_1234_5677))
    guard case .unknown(let reason) = solver.check() else {
      Issue.record("Z3 solved it within 100 units")
      return
    }
    #expect(reason.contains("resource"))
  }

  @Test func `every question is told to the observer as SMT-LIB 2, with its answer`() throws {
    let context = try SolverContext()
    let solver = try Solver(context: context)
    var seen: [SolverQuestion] = []
    solver.observer = { seen.append($0) }
    solver.subject = "toy"
    solver.assert(context.variable("x") .< BitVector(4))
    _ = solver.checkAlone(context.variable("x") .== BitVector(4), name: "goal")
    _ = solver.checkAlone(context.variable("x") .== BitVector(3))
    _ = solver.check(with: context.variable("x") .== BitVector(5))
    #expect(seen.map(\.name) == ["toy.goal", "toy.check2", "toy.check3"])
    #expect(seen.map(\.isSatisfiable) == [false, true, false])
    #expect(seen[0].text.hasPrefix("(set-info :status unsat)\n"))
    for question in seen {
      #expect(question.text.contains("(declare-fun x () (_ BitVec 64))"))
      #expect(question.text.contains("#x0000000000000004"))
      #expect(question.text.hasSuffix("(check-sat)\n"))
    }
  }

  @Test func `the library says which version it is`() {
    #expect(SolverContext.version.contains("4."))
  }
}
