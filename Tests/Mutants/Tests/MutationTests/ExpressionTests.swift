import Mutation
import Testing

@Suite struct ExpressionTests {
  /// The mutants of a value that is returned.
  private func mutants(
    _ value: String,
    _ kind: MutationKind,
    parameters: String = ""
  ) -> [String] {
    Snippet("return \(value)", parameters: parameters, returning: "M.W").mutants(kind)
  }

  @Test func `a condition is negated and fixed`() {
    let snippet = Snippet("if isOpen { close() }")
    #expect(snippet.mutants(.negated) == ["isOpen -> !(isOpen)"])
    #expect(snippet.mutants(.alwaysTrue) == ["isOpen -> true"])
    #expect(snippet.mutants(.alwaysFalse) == ["isOpen -> false"])
  }

  @Test func `a loop does not wait for ever`() {
    #expect(Snippet("while isOpen { close() }").mutants(.alwaysTrue).isEmpty)
    #expect(Snippet("while true { close() }").mutants(.alwaysFalse).isEmpty)
  }

  @Test func `bounds, equality, arithmetic, shifts`() {
    #expect(mutants("a .< b", .bound) == [".< -> .<="])
    #expect(mutants("a <= b", .bound) == ["<= -> <"])
    #expect(mutants("a .== b", .equality) == [".== -> .!="])
    #expect(mutants("a &+ b", .arithmetic) == ["&+ -> &-"])
    #expect(mutants("a &>> 3", .shift) == ["&>> -> &<<"])
    #expect(mutants("a &>> n", .offByOne) == ["n -> (n &+ 1)", "n -> (n &- 1)"])
  }

  @Test func `an equation is negated once`() {
    let snippet = Snippet("if machine.holds(a .== b) { close() }")
    #expect(snippet.mutants(.equality) == [".== -> .!="])
    #expect(snippet.mutants(.negated).isEmpty)
  }

  @Test func `flags and masks are forgotten`() {
    #expect(mutants("a | b", .operand) == ["a | b -> a", "a | b -> b"])
    #expect(mutants("a & mask", .operand) == ["a & mask -> a"])
    #expect(mutants("a & b", .logic) == ["a & b -> (a | b)"])
    #expect(mutants("~mask", .complement) == ["~mask -> (mask)"])
  }

  @Test func `constants are one off, masks a bit`() {
    #expect(mutants("W(2)", .constant) == ["2 -> 3", "2 -> 1"])
    #expect(mutants("W(0)", .constant) == ["0 -> 1"])
    #expect(mutants("W(0xf0)", .constant) == ["0xf0 -> (0xf0 << 1)", "0xf0 -> (0xf0 >> 1)"])
    #expect(mutants("make(true)", .constant) == ["true -> false"])
    #expect(mutants("1 &<< n", .constant).isEmpty, "which is what another shift does")
  }

  @Test func `a named constant is its neighbour`() {
    #expect(mutants("W(Bits.leaf)", .neighbour) == ["leaf -> change"])
    #expect(mutants("W(Bits.change)", .neighbour) == ["change -> present"])
  }

  @Test func `an argument is another of its type, or a parameter`() {
    let snippet = Snippet(
      "machine.store(value, to: page, at: index, order: .relaxed)",
      parameters: "value: M.W, index: M.W, end: M.W, other: Table"
    )
    #expect(
      snippet.mutants(.argument) == [
        "value -> index", "value -> end", "page -> other", "index -> value", "index -> end",
      ]
    )
    #expect(
      mutants("end &- 1", .argument, parameters: "end: M.W, cursor: M.W") == ["end -> cursor"]
    )
  }

  @Test func `an index and an amount are off by one`() {
    let snippet = Snippet("machine.release(page, by: uncounted)")
    #expect(
      snippet.mutants(.offByOne) == [
        "uncounted -> (uncounted) &+ 1", "uncounted -> (uncounted) &- 1",
      ]
    )
  }

  @Test func `of functions that are called alike the first that is declared tells what is meant`() {
    let declared = """
      func take(_ count: Int) {}
      func take(_ other: Int) {}
      func give(_ other: Int) {}
      func give(_ count: Int) {}
      """
    let file = Snippet(file: "extension Tree {\n\(declared)\nfunc walk() { take(a)\ngive(a) }\n}")
      .file
    let counted = file.mutants.filter { $0.kind == .offByOne }.map(\.lineText)
    #expect(counted == ["func walk() { take(a)", "func walk() { take(a)"])
  }

  @Test func `a level is promised that is not there`() {
    #expect(Snippet("machine.invalidate(a, level: nil)").mutants(.hint) == ["nil -> 3"])
    let given = Snippet("machine.invalidate(a, level: run.level)")
    #expect(given.mutants(.hint) == ["run.level -> 3"])
  }

  @Test func `the level that a table is asked for at is nobody's business`() {
    let snippet = Snippet("_ = machine.allocateTable(level: entry.level &+ 1)")
    #expect(snippet.mutants(.offByOne).isEmpty)
    #expect(snippet.mutants(.constant).isEmpty)
  }

  @Test func `orders, barriers and scopes are weaker`() {
    let store = Snippet("machine.store(a, to: b, at: c, order: .release)")
    #expect(store.mutants(.weaker) == ["release -> relaxed"])
    let barrier = Snippet("machine.barrier(.dsbISH)")
    #expect(barrier.mutants(.weaker) == ["dsbISH -> dsbISHST", "dsbISH -> dsbNSH"])
    let scope = Snippet("issue(TLBInvalidation(.alle2, address: a))")
    #expect(scope.mutants(.weaker) == ["address: a -> address: a, isBroadcast: false"])
  }

  @Test func `accesses and fences of records are weaker`() {
    #expect(
      Snippet("machine.write(a, state, of: b, .release)").mutants(.weaker) == ["release -> once"]
    )
    #expect(mutants("machine.read(state, of: b, .acquire)", .weaker) == ["acquire -> once"])
    #expect(mutants("machine.read(state, of: b, .once)", .weaker) == ["once -> plain"])
    #expect(mutants("machine.read(state, of: b, .plain)", .weaker).isEmpty)
    #expect(
      Snippet("machine.fence(.smpMB)").mutants(.weaker) == ["smpMB -> smpRMB", "smpMB -> smpWMB"]
    )
  }

  @Test func `a lock is taken in a mode that keeps fewer out, or not at all`() {
    let snippet = Snippet("machine.withLock(lock, of: b, .writeIRQ) { }")
    #expect(
      snippet.mutants(.weaker) == [
        "withLock -> withoutLock", "writeIRQ -> readIRQ", "writeIRQ -> write",
      ]
    )
  }

  @Test func `a record is taken for another`() {
    let snippet = Snippet("unlink(buffer)", parameters: "buffer: M.Record, other: M.Record")
    #expect(snippet.mutants(.argument) == ["buffer -> other"])
  }

  @Test func `what fields a record has is no code`() {
    #expect(mutants("Field(3, \"flags\")", .constant).isEmpty)
  }

  @Test func `a failure is told as success, and pairs are taken for each other`() {
    #expect(mutants(".noMemory", .errno) == ["noMemory -> ok"])
    #expect(mutants("min(a, b)", .opposite) == ["min -> max"])
    #expect(mutants("frames.lowerBound", .opposite) == ["lowerBound -> upperBound"])
  }
}
