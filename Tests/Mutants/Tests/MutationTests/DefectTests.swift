import Mutation
import Testing

@Suite struct DefectTests {
  @Test func `code of an injected fault is left alone`() {
    let snippet = Snippet(
      """
      if faults.contains(.noBreak) { machine.yield() }
      let isLocking = !faults.contains(.unlocked)
      if isLocking { lock() }
      """
    )
    #expect(
      snippet.mutants == [
        "opposite: lock -> unlock", "dropped: lock() -> ", "doubled: lock() -> lock(); lock()",
      ]
    )
  }

  @Test func `what is done where nothing is injected is the walker`() {
    let choice = Snippet("return faults.contains(.unaligned) ? 12 : shift + 1", returning: "Int")
    #expect(
      choice.mutants == [
        "arithmetic: + -> -", "constant: 1 -> 2", "constant: 1 -> 0",
      ]
    )
    let condition = Snippet("if !faults.contains(.hint), level < 3 { machine.yield() }")
    #expect(condition.mutants(.bound) == ["< -> <="])
    let rest = Snippet("guard faults.contains(.kept) else { return }\nmachine.yield()")
    #expect(rest.mutants.isEmpty)
  }

  @Test func `a choice between two faults is neither`() {
    let snippet = Snippet("let keeps = isOld ? faults.contains(.pins) : faults.contains(.counts)")
    #expect(snippet.mutants.isEmpty)
  }

  @Test func `messages and preconditions are left alone`() {
    #expect(Snippet("precondition(level < 3)").mutants.isEmpty)
    #expect(
      Snippet("machine.warn(Site(\"a + b\"))").mutants == [
        "dropped: machine.warn(Site(\"a + b\")) -> "
      ]
    )
  }
}
