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

  @Test func `what comes after a place is followed once, whichever way it was come to`() throws {
    var ends = 0
    let explorer = try Toy.explore { machine in
      let (explorer, context) = (machine.explorer, machine.explorer.context)
      for name in ["a", "b", "c"] { _ = machine.holds(context.proposition(name)) }
      guard explorer.arrive(at: "here", knowing: []) else { return }
      for name in ["d", "e"] { _ = machine.holds(context.proposition(name)) }
      ends += 1
    }
    #expect(ends == 4)
    #expect(explorer.pathCount == 4 + 7)
    #expect(explorer.incompleteness == nil)
  }

  @Test func `a place is followed once for each set of facts that are known there`() throws {
    var ends = 0
    try Toy.explore { machine in
      let (explorer, a) = (machine.explorer, machine.explorer.context.proposition("a"))
      _ = machine.holds(a)
      _ = machine.holds(explorer.context.proposition("b"))
      guard explorer.arrive(at: "here", knowing: [a]) else { return }
      _ = machine.holds(a)
      ends += 1
    }
    // Where it is not known to be true, both are possible.
    #expect(ends == 1 + 2)
  }

  @Test func `behind a place only its facts are known, and a case is found from the beginning on`()
    throws
  {
    try Toy.explore { machine in
      let explorer = machine.explorer
      let (x, y) = (explorer.context.variable("x"), explorer.context.variable("y"))
      explorer.assume((x .< BitVector(5)) .& (y .< BitVector(5)))
      guard explorer.arrive(at: "here", knowing: [x .< BitVector(7)]) else { return }
      guard case .unsatisfiable = explorer.check(x .< BitVector(7)) else {
        Issue.record("a fact is not known")
        return
      }
      guard case .satisfiable = explorer.check(y .< BitVector(5)) else {
        Issue.record("what is no fact is known")
        return
      }
      guard case .satisfiable(let model) = explorer.check(y .!= BitVector(3)) else {
        Issue.record("not refuted")
        return
      }
      #expect(model.value(of: y) == 3)
      #expect(model.value(of: x) < 5)
    }
  }

  @Test func `where what is expected is not true everything stays known`() throws {
    var ends = 0
    try Toy.explore { machine in
      let (explorer, x) = (machine.explorer, machine.explorer.context.variable("x"))
      explorer.assume(x .< BitVector(5))
      _ = machine.holds(explorer.context.proposition("a"))
      let expectation = explorer.expect(x .< BitVector(3))
      guard explorer.arrive(at: "here", knowing: []) else { return }
      ends += 1
      #expect(!explorer.isKnown(expectation))
      if case .unsatisfiable = explorer.check(x .< BitVector(5)) { return }
      Issue.record("what was assumed is not known")
    }
    #expect(ends == 2)
  }
}
