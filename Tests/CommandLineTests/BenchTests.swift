import Testing

/// What `bench` prints; how fast anything is no test asks.
@Suite struct BenchTests {
  private func bench(_ more: [String] = []) throws -> Command.Outcome {
    let command = try Command()
    defer { command.clean() }
    return try command.run(["bench", "--runs", "5", "--only", "wrprotect"] + more)
  }

  @Test func `a row is named, measured so often, and put beside its goal`() throws {
    let outcome = try bench()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 2, "\(outcome.output)")
    #expect(lines.first?.hasPrefix("benchmark ") == true)
    #expect(lines.last?.hasPrefix("wrprotect 1 GiB of 4K pages ") == true)
    #expect(lines.last?.hasSuffix(" 1.20  ns/page     5") == true, "\(outcome.output)")
  }

  @Test func `rows are a table of Markdown, for a page of numbers`() throws {
    let outcome = try bench(["--format", "markdown"])
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.hasPrefix("| ") && $0.hasSuffix(" |") }, "\(outcome.output)")
    #expect(lines[1].hasPrefix("| --- | ---: |"))
  }

  @Test func `a name that no row has gets a line`() throws {
    let outcome = try Command.run("bench", "--only", "no such row")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("no row's name contains 'no such row'"))
    #expect(outcome.errorLines.count == 1)
  }
}
