import Foundation
import Testing

@Suite struct ExploreTests {
  /// A JSON report's one result.
  private func result(_ outcome: Command.Outcome) throws -> [String: Any] {
    let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let results = try #require((report as? [String: Any])?["results"] as? [[String: Any]])
    return try #require(results.first)
  }

  private func explore(_ arguments: String...) throws -> Command.Outcome {
    let command = try Command()
    defer { command.clean() }
    return try command.run(["explore", "--system", "pfn-cache"] + arguments)
  }

  @Test func `calls at once are gone through, and the report says how far and how often`() throws {
    let calls = "activate; access | invalidate"
    let outcome = try explore("--calls", calls, "--state", "inactive", "--subject", "built-in")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[0] == "pfn-cache/built-in: 1 combination of calls at once, complete")
    #expect(lines[1] == "  \(calls), from inactive: complete")
    for part in ["executions explored", "pruned", "blocked", "steps", "a second", "distinct end"] {
      #expect(lines[2].contains(part), "\(lines[2])")
    }
    let result = try result(
      explore("--calls", calls, "--subject", "built-in", "--format", "json")
    )
    let programs = try #require(result["programs"] as? [[String: Any]])
    #expect(programs.map { $0["state"] as? String } == ["inactive", "valid", "invalidated"])
    #expect(programs.allSatisfy { $0["scope"] as? String == "complete" })
    #expect(programs[0]["threads"] as? [[String]] == [["activate", "access"], ["invalidate"]])
  }

  @Test func `a race is told in lanes, and its token replays it`() throws {
    let outcome = try explore(
      "--subject",
      "invalidate-skips-placeholder",
      "--calls",
      "activate | invalidate"
    )
    #expect(outcome.status == 1)
    // Told of before all is explored too, so that nobody who is killed keeps it to himself.
    let news = outcome.errors.split(separator: "\n")
    #expect(news.count == 1, "\(outcome.errors)")
    let note = "found freed-page-accessed: walkproof replay explored-1:pfn-cache:"
    #expect(news.first?.hasPrefix(note) == true, "\(outcome.errors)")
    #expect(outcome.output.contains("violation 1 of 1, in 2 of 3 combinations of calls: "))
    #expect(outcome.output.contains("\n    1  thread 0: activate("))
    #expect(outcome.output.contains("  schedule, 1 preemption:\n"))
    #expect(outcome.output.contains("breaks freed-page-accessed"))
    let line = try #require(
      outcome.output.split(separator: "\n").first { $0.contains("walkproof replay explored-1:") }
    )
    let token = String(try #require(line.split(separator: " ").last))
    let replay = try Command.run("replay", token)
    #expect(replay.status == 1)
    let told = replay.output.split(separator: "\n").dropFirst()
    #expect(!told.isEmpty && told.allSatisfy { outcome.output.contains($0) })
  }

  @Test func `a race that standard output does not take is kept`() throws {
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run(
      ["explore", "--system", "pfn-cache", "--subject", "invalidate-skips-placeholder"]
        + ["--calls", "activate | invalidate"],
      outputPath: "/dev/full"
    )
    #expect(outcome.status == 74)
    // Beside what was told of as it was found.
    #expect(outcome.errorLines.filter { !$0.hasPrefix("found ") }.count == 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: command.folder.path)
    let kept = try #require(names.first { $0.hasPrefix("walkproof-report-") })
    let text = try String(
      contentsOf: command.folder.appendingPathComponent(kept),
      encoding: .utf8
    )
    #expect(text.contains("walkproof replay explored-1:"))
  }

  @Test func `a race is kept, and every later check replays it first`() throws {
    let command = try Command()
    defer { command.clean() }
    let race = ["--system", "pfn-cache", "--subject", "invalidate-skips-placeholder"]
    let calls = ["--calls", "activate | invalidate"]
    #expect(try command.run(["explore", "--no-corpus"] + race + calls).status == 1)
    let corpus = command.folder.appendingPathComponent(".walkproof")
    #expect(!FileManager.default.fileExists(atPath: corpus.path))
    let homeless = try command.run(["explore", "--corpus", "/dev/null/x"] + race + calls)
    #expect(homeless.status == 1)
    #expect(homeless.output.contains("walkproof replay explored-1:"))
    #expect(homeless.errors.contains("choose another --corpus"))
    #expect(try command.run(["explore"] + race + calls).status == 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: corpus.path)
    let name = try #require(names.first)
    #expect(names.count == 1)
    #expect(name.hasPrefix("pfn-cache-invalidate-skips-placeholder-freed-page-accessed"))
    let file = corpus.appendingPathComponent(name)
    let replay = try command.run(["replay", file.path])
    #expect(replay.status == 1)
    #expect(replay.output.contains("walkproof replay explored-1:"))
    let check = try command.run(["check", "--cases", "1"] + race)
    #expect(check.status == 1)
    #expect(check.output.contains("walkproof replay explored-1:"))
    // Of a subject in which it is mended that is said, and of calls that there are no more too.
    let text = try String(contentsOf: file, encoding: .utf8)
    let mended = text.replacingOccurrences(of: "invalidate-skips-placeholder", with: "reference")
    try mended.write(to: file, atomically: true, encoding: .utf8)
    let clean = ["check", "--cases", "1", "--system", "pfn-cache", "--subject", "reference"]
    #expect(try command.run(clean).errors.contains("reference: fixed since: freed-page-accessed"))
    let entry = try JSONSerialization.jsonObject(with: Data(mended.utf8)) as? [String: Any]
    var unknown = try #require(entry)
    unknown["choices"] = "0.0.1.1.3e6.0"
    try JSONSerialization.data(withJSONObject: unknown).write(to: file)
    #expect(try command.run(clean).errors.contains("it is of calls that there are no more"))
  }

  @Test func `every combination of two calls is complete`() throws {
    let outcome = try explore("--subject", "reference", "--format", "json")
    #expect(outcome.status == 0)
    let result = try result(outcome)
    let programs = try #require(result["programs"] as? [[String: Any]])
    #expect(programs.count > 150)
    #expect(programs.allSatisfy { $0["isExhausted"] as? Bool == true })
    #expect(result["verdict"] as? String == "holds")
  }

  @Test func `what is bounded says so`() throws {
    func explored(_ bound: String) throws -> Command.Outcome {
      try explore(
        "--subject",
        "built-in",
        "--calls",
        "refresh | invalidate",
        "--state",
        "valid",
        bound
      )
    }
    let preempted = try explored("--preemptions=1")
    #expect(preempted.status == 0)
    #expect(preempted.output.contains("from valid: up to 1 preemption\n"))
    let cut = try explored("--executions=2")
    #expect(cut.status == 2)
    #expect(cut.output.contains("from valid: not complete\n"))
    let three = "refresh-elsewhere | refresh-elsewhere | refresh-elsewhere"
    let long = try explore(
      "--subject",
      "built-in",
      "--state",
      "invalidated",
      "--calls",
      three,
      "--executions=300"
    )
    #expect(long.output.contains(" 3 made twice alike;"), "each hundredth")
  }

  @Test func `the calls and the states are listed`() throws {
    let outcome = try explore("--list-calls")
    #expect(outcome.status == 0)
    #expect(outcome.output.hasPrefix("pfn-cache, calls:\n  access "))
    #expect(outcome.output.contains("pfn-cache, states:\n  inactive           nothing\n"))
  }
}
