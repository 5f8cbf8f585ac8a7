import Foundation
import Testing

@Suite struct ProveTests {
  private static let theorem = ["prove", "--only", "protocol/no-conflict"]

  @Test func `the theorems are listed in a table, and what they claim once`() throws {
    let outcome = try Command.run("prove", "--list", "--only", "stage2.set-owner.1-page")
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("about ") == true, "\(outcome.output)")
    #expect(lines.first?.contains("memory  break-before-make  refinement") == true)
    let calls = lines.filter { $0.hasPrefix("stage2.set-owner.1-page.") }
    #expect(calls.count == 3)
    #expect(calls.allSatisfy { $0.contains("any size that comes to 1 page from any address") })
    let claims = lines.filter { $0.contains("/counts-entries ") }
    #expect(claims.count == 1)
    #expect(claims.first?.contains("3  leaves in every table's count") == true, "\(claims)")
  }

  @Test func `the list of theorems can be read by programs`() throws {
    let outcome = try Command.run(
      "prove",
      "--list",
      "--only",
      "protocol/no-conflict",
      "--format",
      "json"
    )
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\"theorem\" : \"protocol/no-conflict\""), "\(outcome.output)")
    #expect(outcome.output.contains("\"formatVersion\" : 1"))
  }

  @Test func `theorems about one system only, and none of a system that has none`() throws {
    let outcome = try Command.run("prove", "--list", "--system", "power-radix")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\npartition."))
    #expect(!outcome.output.contains("stage2."))
    let refused = try Command.run("prove", "--list", "--system", "no-such")
    #expect(refused.status == 64)
    #expect(refused.errors.contains("there are no theorems about a system 'no-such'"))
    #expect(refused.errorLines.count == 1)
  }

  @Test func `what was proved ends in the same table`() throws {
    let outcome = try Command.run("prove", "--only", "protocol/no-conflict")
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("about ") && $0.contains("protocol") })
    #expect(lines.last?.contains("theorems about built-in") == true, "\(outcome.output)")
  }

  @Test func `each question is written out with its answer, those that prune a path included`()
    throws
  {
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run(
      ["prove", "--only", "set-owner.1-page.64K", "--smt2", "questions", "--format", "json"]
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    let folder = command.folder.appendingPathComponent("questions")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.contains { $0.contains(".path") })
    #expect(names.contains { $0.contains(".check1.smt2") })
    var answers: Set<Substring> = []
    for name in names {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      #expect(text.hasSuffix("(check-sat)\n"))
      answers.insert(text.prefix { $0 != "\n" })
    }
    #expect(answers == ["(set-info :status sat)", "(set-info :status unsat)"])
  }

  /// A program that takes questions as cvc5 does and gives one answer to all of them.
  private func parrot(saying answer: String, in command: Command) throws -> String {
    let file = command.folder.appendingPathComponent("parrot")
    let script = """
      #!/bin/sh
      if [ "$1" = --version ]; then echo parrot 1; exit; fi
      while read -r line; do
        if [ "$line" = "(check-sat)" ]; then echo \(answer); fi
      done
      """
    try Data(script.utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    return file.path
  }

  @Test func `a second solver that answers otherwise ends with 70, and the question is kept`()
    throws
  {
    let command = try Command()
    defer { command.clean() }
    let path = try parrot(saying: "unsat", in: command)
    let outcome = try command.run(ProveTests.theorem + ["--also", path])
    #expect(outcome.status == 70)
    #expect(outcome.output.contains("parrot 1 answers 3 questions alike, 1 otherwise"))
    #expect(outcome.output.contains("protocol.check1: sat says Z3, unsat the other"))
    let kept = command.folder.appendingPathComponent("walkproof-disagreements/protocol.check1.smt2")
    #expect(FileManager.default.fileExists(atPath: kept.path))
  }

  @Test func `a second solver that has no answer changes no verdict, and is told of`() throws {
    let command = try Command()
    defer { command.clean() }
    let path = try parrot(saying: "unknown", in: command)
    let outcome = try command.run(ProveTests.theorem + ["--also", path, "--format", "json"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\"silent\" : 4"), "\(outcome.output)")
  }

  @Test func `a second solver that is not there gets a line`() throws {
    let outcome = try Command.run("prove", "--also", "/nonexistent/cvc5")
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("there is no program '/nonexistent/cvc5'"))
    #expect(outcome.errorLines.count == 1)
  }

  private static let subject = [
    "prove", "--subject", "break-not-invalidated", "--only", "stage2.unmap.1-page.64K",
  ]

  /// The verdicts, by theorem.
  private func verdicts(_ arguments: [String]) throws -> [String: String] {
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run(arguments + ["--format", "json"])
    #expect(outcome.status == 1)
    let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let theorems = try #require((report as? [String: Any])?["theorems"] as? [[String: Any]])
    return try theorems.reduce(into: [:]) { found, theorem in
      let name = try #require(theorem["theorem"] as? String)
      found[name] = theorem["verdict"] as? String
    }
  }

  @Test func `theorems are chosen by several parts of names`() throws {
    let two = try verdicts(ProveTests.subject + ["--only", "map.outside.16K"])
    #expect(two["stage2.unmap.1-page.64K.ia40/forgets-breaks"] == "violated")
    #expect(two["stage2.map.outside.16K.ia40/refuses"] == "proved")
    #expect(two["stage2.set-owner.outside.16K.ia40/refuses"] == nil)
  }

  @Test func `at the first violation it ends`() throws {
    let arguments = ProveTests.subject + ["--only", "map.outside.16K", "--jobs", "2"]
    let first = try verdicts(arguments + ["--stop-at-first"])
    #expect(first["stage2.unmap.1-page.64K.ia40/forgets-breaks"] == "violated")
    #expect(first["stage2.map.outside.16K.ia40/refuses"] == nil, "it would have come later")
  }
}
