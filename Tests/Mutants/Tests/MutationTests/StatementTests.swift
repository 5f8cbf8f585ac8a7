import Mutation
import Testing

@Suite struct StatementTests {
  @Test func `a call for effect is left out, made twice, and changes places with the next`() {
    let snippet = Snippet("machine.retain()\nmachine.yield()")
    #expect(
      snippet.mutants == [
        "opposite: retain -> release", "dropped: machine.retain() -> ",
        "doubled: machine.retain() -> machine.retain(); machine.retain()",
        "swapped: machine.retain() -> after the next statement",
        "dropped: machine.yield() -> ",
        "doubled: machine.yield() -> machine.yield(); machine.yield()",
      ]
    )
  }

  @Test func `what does nothing more the second time is not made twice`() {
    #expect(Snippet("machine.barrier(.isb)").mutants == ["dropped: machine.barrier(.isb) -> "])
  }

  @Test func `a constant changes places with a call behind it that does not know it`() {
    let apart = Snippet("let old = exchange()\nmachine.yield()")
    #expect(apart.mutants(.swapped) == ["exchange() -> after the next statement"])
    #expect(Snippet("let old = exchange()\nmachine.free(old)").mutants(.swapped).isEmpty)
  }

  @Test func `a call changes places with a branch, but not with an assignment that it cannot see`()
  {
    let branch = Snippet("machine.yield()\nif isOpen { close() }")
    #expect(branch.mutants(.swapped) == ["machine.yield() -> after the next statement"])
    let variable = Snippet("var isOpen = false\nisOpen = true\nmachine.yield()")
    #expect(variable.mutants(.swapped).isEmpty)
    let known = Snippet("var isOpen = false\nisOpen = true\nretire(isOpen)")
    #expect(known.mutants(.swapped) == ["isOpen = true -> after the next statement"])
  }

  @Test func `assignments that do not know of each other stay in their order`() {
    #expect(Snippet("run.level = level\nstart = cursor").mutants(.swapped).isEmpty)
    #expect(Snippet("count += 1\nmachine.yield()").mutants(.swapped).isEmpty)
    #expect(Snippet("count += 1\nleave()").mutants(.swapped).count == 1)
    let chained = Snippet("start = cursor\nend = start")
    #expect(chained.mutants(.swapped) == ["start = cursor -> after the next statement"])
  }

  @Test func `an assignment is left out, unless it is the first`() {
    #expect(Snippet("run.level = level").mutants(.dropped) == ["run.level = level -> "])
    #expect(Snippet("let level: Int\nlevel = next").mutants(.dropped).isEmpty)
  }

  @Test func `leaving early is left out or another way to leave`() {
    let loop = Snippet("while hasMore {\nif isDone { break }\nguard isLeaf else { continue }\n}")
    #expect(loop.mutants(.jump) == ["break -> continue", "break -> ", "continue -> break"])
    #expect(Snippet("if isDone { return }").mutants(.jump) == ["return -> "])
    let branch = Snippet("switch step {\ncase .next: break\n}")
    #expect(branch.mutants(.jump).isEmpty, "a break that leaves no loop")
  }

  @Test func `what is behind a loop without an end may be nothing`() {
    #expect(Snippet("while true { guard isLeaf else { continue } }").mutants(.jump).isEmpty)
    let ended = Snippet("while true { guard isLeaf else { continue }\nif isDone { break } }")
    #expect(ended.mutants(.jump) == ["continue -> break", "break -> continue", "break -> "])
  }

  @Test func `plain accesses of two fields stay in their order`() {
    let plain = Snippet("machine.set(a, of: b, to: c)\nmachine.set(d, of: b, to: c)")
    #expect(plain.mutants(.swapped).isEmpty)
    let read = Snippet("let old = machine.plain(a, of: b)\nmachine.set(d, of: b, to: c)")
    #expect(read.mutants(.swapped).isEmpty)
    let same = Snippet("let old = machine.plain(a, of: b)\nmachine.set(a, of: b, to: c)")
    #expect(same.mutants(.swapped).count == 1)
    let marked = Snippet("machine.write(c, a, of: b, .plain)\nmachine.write(c, d, of: b, .release)")
    #expect(marked.mutants(.swapped).count == 1)
  }

  @Test func `what is made of nothing is made anywhere`() {
    #expect(Snippet("var found = Found<W>()\nmachine.yield()").mutants(.swapped).isEmpty)
  }

  @Test func `a loop leaves out its first or its last turn`() {
    let loop = Snippet("for number in numbers { visit(number) }")
    #expect(
      loop.mutants(.turn) == [
        "numbers -> (numbers).dropFirst()", "numbers -> (numbers).dropLast()",
      ]
    )
    #expect(Snippet("for number in 0..<count {}").mutants(.turn).contains("count -> (count - 1)"))
  }

  @Test func `what stands for a value stays one`() {
    let text = Snippet("descriptor + 1", returning: "Int").file.schemata()
    #expect(text.contains("switch walkproof_mutant("))
    #expect(!Snippet("next()", returning: "Int").mutants.contains { $0.hasPrefix("dropped") })
  }
}
