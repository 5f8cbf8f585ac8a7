import Foundation
import Testing

/// Reports and cases are there whole, or not at all.
@Suite struct DiskTests {
  private static let seed = ["check", "--system", "arm64-stage2", "--subject", "seed"]

  @Test func `a report stays as it was until there is another`() throws {
    let command = try Command()
    defer { command.clean() }
    let report = command.folder.appendingPathComponent("report")
    let before = "the report of before"
    try Data(before.utf8).write(to: report)
    func text() throws -> String { try String(contentsOf: report, encoding: .utf8) }
    let refused = try command.run(["check", "--accept", "none", "--output", "report"])
    #expect(refused.status == 74)
    #expect(try text() == before)
    // A report of this check is larger than the few blocks that a file may have.
    let cut = try command.run(
      DiskTests.seed + ["--cases", "200", "--no-corpus", "--output", "report"],
      shell: "ulimit -f 4"
    )
    #expect(cut.status == 74)
    #expect(try text() == before)
    let names = try FileManager.default.contentsOfDirectory(atPath: command.folder.path)
    #expect(!names.contains { $0.contains(".part-") }, "\(names)")
    #expect(try command.run(DiskTests.seed + ["--cases", "200", "--output", "report"]).status == 1)
    #expect(try text().contains("  known as   "))
  }

  @Test(arguments: ["x", "~", "\n", "\u{301}", "./-", "a b"])
  func `a report goes into a file of any name`(name: String) throws {
    let command = try Command()
    defer { command.clean() }
    let rows = ["bench", "--only", "wrprotect", "--runs", "5", "--output", name]
    #expect(try command.run(rows).status == 0)
    let report = command.folder.appendingPathComponent(name)
    #expect(try String(contentsOf: report, encoding: .utf8).contains("wrprotect"))
  }

  @Test(arguments: [nil, "exec >&-"])
  func `a report that standard output does not take is kept`(shell: String?) throws {
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run(
      DiskTests.seed + ["--cases", "100"],
      outputPath: shell == nil ? "/dev/full" : nil,
      shell: shell
    )
    #expect(outcome.status == 74)
    #expect(outcome.errorLines.count == 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: command.folder.path)
    let kept = try #require(names.first { $0.hasPrefix("walkproof-report-") })
    #expect(outcome.errors.contains(kept))
    let text = try String(
      contentsOf: command.folder.appendingPathComponent(kept),
      encoding: .utf8
    )
    #expect(text.contains("  known as   "))
    // No file was given the place of the descriptor that is closed.
    for file in command.corpusFiles { #expect(try command.run(["replay", file]).status == 1) }
  }

  @Test func `a case that could not be written hinders no later run`() throws {
    let command = try Command()
    defer { command.clean() }
    let folder = command.folder.appendingPathComponent(".walkproof")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data().write(to: folder.appendingPathComponent("x.json"))
    let outcome = try command.run(
      ["check", "--system", "arm64-hyp", "--subject", "built-in", "--cases", "2000"]
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    let replayed = try command.run(["replay", folder.appendingPathComponent("x.json").path])
    #expect(replayed.status == 65)
    #expect(replayed.errors.contains("it is empty"))
    let nowhere = try command.run(DiskTests.seed + ["--cases", "60", "--corpus", "/dev/null/x"])
    #expect(nowhere.status == 1, "what is found is told of all the same")
    #expect(nowhere.errorLines.count == 1)
  }

  @Test func `a run whose corpus cannot be written tells of it, and of what it found`() throws {
    let command = try Command()
    defer { command.clean() }
    try Data().write(to: command.folder.appendingPathComponent("file"))
    let outcome = try command.run(DiskTests.seed + ["--cases", "60", "--corpus", "file/cases"])
    #expect(outcome.status == 1 || outcome.status == 74)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
  }
}
