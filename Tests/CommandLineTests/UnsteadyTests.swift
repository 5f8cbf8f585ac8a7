import Foundation
import Testing

/// What did not do the same twice is run more often than once when it is replayed.
@Suite(.enabled(if: Compiler.isThere)) struct UnsteadyTests {
  /// Checks a plugin, replays what it does not do twice on `then`, and begins another run with it.
  private func outcomes(
    _ variant: String,
    then: String
  ) throws -> (found: Command.Outcome, replay: Command.Outcome, next: Command.Outcome) {
    let command = try Command()
    defer { command.clean() }
    let plugin = command.folder.appendingPathComponent("plugin.so").path
    try Compiler.build("plugin.c", variant: variant, to: plugin)
    let subject = ["--system", "arm64-stage2", "--plugin", plugin]
    let found = try command.run(["check"] + subject + ["--cases", "64"])
    #expect(found.status == 1, "\(found.errors)")
    let words = found.output.split { $0 == " " || $0 == "\n" }
    let token = String(try #require(words.first { $0.hasPrefix("unsteady-2:") }))
    try Compiler.build("plugin.c", variant: then, to: plugin)
    let replay = try command.run(["replay", token, "--plugin", plugin])
    let file = try #require(command.corpusFiles.first { $0.contains("not-deterministic") })
    #expect(try command.run(["replay", file, "--plugin", plugin]).status == replay.status)
    return (found, replay, try command.run(["check"] + subject + ["--cases", "0"]))
  }

  @Test func `a walker that does not do the same twice is convicted by its token`() throws {
    let (_, replay, next) = try outcomes("alternates", then: "alternates")
    #expect(replay.status == 1)
    #expect(replay.output.contains("  known as   not-deterministic\n"), "\(replay.output)")
    #expect(next.status == 1)
    #expect(next.output.contains("  known as   not-deterministic\n"), "\(next.output)")
  }

  @Test func `what does not show this time is not said to hold, nor to be fixed`() throws {
    let (_, replay, next) = try outcomes("unsteady", then: "clean")
    #expect(replay.status == 2)
    #expect(
      replay.output
        == "arm64-stage2/plugin: the case held 32 times, the same each time; when it was found it was not\n"
    )
    #expect(!next.errors.contains("fixed since"), "\(next.errors)")
    #expect(
      next.errors.contains("not seen this time, and it may come again: not-deterministic"),
      "\(next.errors)"
    )
  }

  @Test func `what always fails is told of as what it is`() throws {
    let (_, replay, _) = try outcomes("alternates", then: "barrier-name")
    #expect(replay.status == 1)
    #expect(!replay.output.contains("known as   not-deterministic"), "\(replay.output)")
    #expect(replay.output.contains("a name that no barrier has"), "\(replay.output)")
  }
}
