import Machines
import Testing

@testable import Symbolic

struct ExplorerTests {
  @Test func `a loop over four arbitrary entries has sixteen paths`() throws {
    var counts: [UInt64] = []
    let explorer = try Toy.explore { machine in
      var machine = machine
      counts.append(countNonzero(&machine, in: machine.initialRoot(), below: BitVector(4)))
    }
    #expect(explorer.pathCount == 16)
    #expect(counts.sorted() == [0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4])
    #expect(explorer.incompleteness == nil)
  }

  @Test func `assumptions restrict the paths, and impossible ones leave none`() throws {
    let few = try Toy.explore { machine in
      var machine = machine
      let end = machine.explorer.context.variable("n")
      machine.explorer.assume(end .< BitVector(3))
      machine.explorer.assume(end .!= BitVector(1))
      _ = countNonzero(&machine, in: machine.initialRoot(), below: end)
    }
    #expect(few.pathCount == 1 + 4)
    let none = try Toy.explore { $0.explorer.assume(Formula(false)) }
    #expect(none.pathCount == 0)
  }

  @Test func `a forced decision does not fork`() throws {
    let explorer = try Toy.explore { machine in
      let x = machine.explorer.context.variable("x")
      if machine.holds(x .< BitVector(10)) { #expect(machine.holds(x .< BitVector(11))) }
      if machine.holds(x .< BitVector(10)) { #expect(machine.holds(x .!= BitVector(12))) }
    }
    #expect(explorer.pathCount == 2)
  }

  @Test func `a limit on paths makes the exploration incomplete`() throws {
    let explorer = try Toy.explore(limits: ExplorationLimits(pathCount: 5)) { machine in
      var machine = machine
      _ = countNonzero(&machine, in: machine.initialRoot(), below: BitVector(4))
    }
    #expect(explorer.pathCount == 5)
    #expect(explorer.incompleteness != nil)
  }

  @Test func `the same program has the same paths and checks every time`() throws {
    func run() throws -> [String] {
      var seen: [String] = []
      let explorer = try Toy.explore { machine in
        var machine = machine
        let end = machine.explorer.context.variable("n") & BitVector(3)
        seen.append("\(countNonzero(&machine, in: machine.initialRoot(), below: end))")
      }
      return seen + ["\(explorer.pathCount)", "\(explorer.solver.checkCount)"]
    }
    let first = try run()
    #expect(try run() == first)
    #expect(first.dropLast().last == "15")
  }

  @Test func `a goal is proved, or refuted with a model`() throws {
    try Toy.explore { machine in
      let x = machine.explorer.context.variable("x")
      guard machine.holds(x .< BitVector(10)) else { return }
      guard case .unsatisfiable = machine.explorer.check(x .!= BitVector(10)) else {
        Issue.record("not proved")
        return
      }
      guard case .satisfiable(let model) = machine.explorer.check(x .!= BitVector(7)) else {
        Issue.record("not refuted")
        return
      }
      #expect(model.value(of: x) == 7)
    }
  }
}
