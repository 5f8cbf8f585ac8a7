import Machines
import Testing

@testable import Symbolic

struct SymbolicMachineTests {
  @Test func `a store and a load meet or miss, on two paths`() throws {
    var values: [String] = []
    let explorer = try Toy.explore { machine in
      let root = machine.initialRoot()
      let i = machine.explorer.context.variable("i") & BitVector(3)
      let j = machine.explorer.context.variable("j") & BitVector(3)
      machine.store(BitVector(42), to: root, at: i, order: .relaxed)
      values.append(machine.load(root, at: j).constant == 42 ? "met" : "missed")
    }
    #expect(explorer.pathCount == 2)
    #expect(values.sorted() == ["met", "missed"])
  }

  @Test func `fresh pages are zero and links lead back to them`() throws {
    let explorer = try Toy.explore { machine in
      let root = machine.initialRoot()
      let index = machine.explorer.context.variable("i") & BitVector(3)
      guard let fresh = machine.allocateTable(level: 1) else { return }
      #expect(machine.load(fresh, at: BitVector(2)).constant == 0)
      let link = machine.address(of: fresh) | BitVector(1)
      machine.store(link, to: root, at: index, order: .release)
      let address = machine.load(root, at: index) & BitVector(~0xfff)
      #expect(machine.table(at: address, linkedFrom: root, index: index) == fresh)
    }
    #expect(explorer.pathCount == 2)  // one of them without memory
  }

  @Test func `an initial child is one table however it is reached`() throws {
    try Toy.explore { machine in
      let root = machine.initialRoot()
      let i = machine.explorer.context.variable("i") & BitVector(3)
      let entry = machine.load(root, at: i)
      guard machine.holds((entry & BitVector(1)) .!= BitVector(0)) else { return }
      let address = entry & BitVector(~0xfff)
      let child = machine.table(at: address, linkedFrom: root, index: i)
      machine.store(BitVector(7), to: child, at: BitVector(0), order: .relaxed)
      let again = machine.table(at: address, linkedFrom: root, index: i)
      #expect(machine.load(again, at: BitVector(0)).constant == 7)
    }
  }

  @Test func `an entry that may be no link is not followed`() throws {
    let claims = try broken { machine in
      let root = machine.initialRoot()
      let address = machine.load(root, at: BitVector(0)) & BitVector(~0xfff)
      _ = machine.table(at: address, linkedFrom: root, index: BitVector(0))
    }
    #expect(claims == ["follows links to tables only"])
  }

  /// The claims that are certainly broken when `body` runs.
  private func broken(_ body: (SymbolicMachine) -> Void) throws -> [String] {
    var claims: Set<String> = []
    try Toy.explore { machine in
      body(machine)
      for obligation in machine.obligations {
        if case .unsatisfiable = machine.explorer.check(obligation.formula) { continue }
        claims.insert(obligation.claim)
      }
    }
    return claims.sorted()
  }

  @Test func `what no walker may do is refuted where it can happen`() throws {
    let index = { (machine: SymbolicMachine) in machine.explorer.context.variable("i") }
    #expect(
      try broken { _ = $0.load($0.initialRoot(), at: index($0) & BitVector(7)) }
        == ["stays inside a table"]
    )
    #expect(
      try broken { machine in
        guard let table = machine.allocateTable(level: 1) else { return }
        machine.release(table, by: 1)
        _ = machine.load(table, at: BitVector(0))
      } == ["uses no freed table"]
    )
    #expect(
      try broken { machine in
        let root = machine.initialRoot()
        machine.store(BitVector(0x5001), to: root, at: BitVector(0), order: .relaxed)
        _ = machine.table(at: BitVector(0x5000), linkedFrom: root, index: BitVector(0))
      } == ["follows links to tables only"]
    )
    #expect(
      try broken { machine in while machine.holds(Formula(true)) {} } == ["comes to an end"]
    )
    #expect(
      try broken { machine in
        let root = machine.initialRoot()
        _ = machine.load(root, at: index(machine) & BitVector(3))
        machine.release(root, by: 1)
        machine.retain(root, by: 1)
      } == ["uses no freed table"]
    )
  }

  @Test func `a count is one and the nonzero entries`() throws {
    try Toy.explore { machine in
      let root = machine.initialRoot()
      for index: UInt64 in 0..<3 {
        _ = machine.holds(machine.load(root, at: BitVector(index)) .== BitVector(0))
      }
      let nonzero = machine.tables[1].initialNonzeroCount
      let count = machine.count(of: root)
      let last = machine.load(root, at: BitVector(3)) .!= BitVector(0)
      let expected = BitVector(1) &+ nonzero &+ BitVector.select(last, BitVector(1), BitVector(0))
      guard case .unsatisfiable = machine.explorer.check(count .== expected) else {
        Issue.record("the count is something else")
        return
      }
    }
  }
}
