import Mutation
import Testing

@Suite struct SchemataTests {
  @Test func `a name does not depend on where the line is`() {
    let line = "machine.release(page, by: uncounted)"
    let (one, other) = (Snippet(line), Snippet("\n\nlet unused = 1\n\(line)"))
    let names = Set(one.file.mutants.map(\.id))
    #expect(names.count == one.file.mutants.count)
    #expect(names.isSubset(of: Set(other.file.mutants.map(\.id))))
  }

  @Test func `the same fault in the same line twice has two names`() {
    let file = Snippet("use(a + 1); use(a + 1)").file
    #expect(Set(file.mutants.map(\.id)).count == file.mutants.count)
  }

  @Test func `a statement is a choice, and the file as it was where none is on`() {
    let file = Snippet("machine.yield()").file
    let text = file.schemata()
    #expect(text.contains("if walkproof_mutant(1, 2) == 1 {"))
    #expect(text.contains("} else {\nmachine.yield()\n}"))
    let snippet = Snippet("machine.yield()")
    #expect(snippet.file.schemata(without: [1, 2]) == snippet.text)
  }

  @Test func `statements within a closure are choices of their own`() {
    let text = Snippet("fill(frames) { log.mark($0 + 1) }").file.schemata()
    #expect(text.contains("{ /*["), "the closure's own place")
    // A mutant of the call has the closure as it was.
    #expect(
      text.contains("fill(frames) { log.mark($0 + 1) }; fill(frames) { log.mark($0 + 1) }") == false
    )
  }

  @Test func `a function without a value at its end is for what leaves a block to answer`() {
    let file = Snippet(
      """
      while isOpen {
        machine.yield()
        if isDone { return 1 }
      }
      """,
      returning: "Int"
    ).file
    let text = file.schemata()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let end = (lines.firstIndex(of: "  }") ?? 0) + 1
    let jumps = Set(file.mutants.filter { $0.kind == .jump }.map(\.number))
    #expect(jumps.count == 1)
    let culprits = Culprits(text)
    #expect(culprits.mutants(atLine: end, saying: " missing return in instance method") == jumps)
    #expect(culprits.mutants(atLine: end) == jumps)
    #expect(culprits.mutants(atLine: 1).isEmpty, "outside of every function")
  }

  @Test func `a line of the compiler leads to the mutants whose text it is`() {
    let file = Snippet("if a < b { machine.yield() }").file
    let text = file.schemata()
    let culprits = Culprits(text)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      guard let start = line.firstRange(of: "/*+"),
        let end = line.firstRange(of: "*//*-*/") ?? line.firstRange(of: "*/")
      else { continue }
      let number = Int(line[start.upperBound..<end.lowerBound]) ?? 0
      #expect(culprits.mutants(atLine: index + 1).contains(number), "\(line)")
    }
  }
}
