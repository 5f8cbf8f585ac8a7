import Foundation
import Testing

/// A plugin that harms its own process, or the memory that it shares, harms nobody else.
@Suite(.enabled(if: Compiler.isThere)) struct EvilPluginTests {
  static let deeds: [(deed: String, number: Int)] = [
    ("return_least", 0), ("return", 15), ("leaf", 14), ("truncate", 0), ("wipe", 0), ("wipe", 3),
    ("scribble", 1), ("scribble", 2), ("limit", 0), ("close", 0), ("overflow", 0), ("raise", 1),
    ("raise", 18), ("stop", 0), ("put", 0), ("get", 11), ("free", 18), ("alloc", 18),
    ("alloc_all", 0), ("event_without_end", 1), ("root", 18), ("root_bytes", 18), ("name", 27),
    ("events", 1), ("events", 2), ("events", 3), ("event_of_no_kind", 18),
    ("layout", 1), ("layout_in_destroy", 0), ("layout_in_destroy", 1), ("forge", 3), ("forge", 7),
    ("forge_in_destroy", 11), ("scribble_on", 5), ("kill_parent", 0),
  ]

  @Test(arguments: deeds.indices)
  func `an evil deed is a finding or nothing, and ends no check`(index: Int) throws {
    let (deed, number) = EvilPluginTests.deeds[index]
    let command = try Command()
    defer { command.clean() }
    let plugin = try command.buildEvilPlugin()
    let outcome = try command.run(
      ["check", "--plugin", plugin, "--no-corpus", "--cases", "8", "--time", "20"],
      environment: ["HOSTILE_DEED": deed, "HOSTILE_NUMBER": "\(number)"]
    )
    #expect([0, 1, 2].contains(outcome.status), "\(deed) \(number): \(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    let isControl = { (scalar: Unicode.Scalar) in scalar.value < 0x20 && scalar != "\n" }
    #expect(!outcome.output.unicodeScalars.contains(where: isControl))
  }

  @Test func `a name without a slash is a file of this folder`() throws {
    let command = try Command()
    defer { command.clean() }
    let path = command.folder.appendingPathComponent("plugin.so").path
    try Compiler.build("plugin.c", variant: "crash", to: path)
    let arguments = ["check", "--system", "arm64-stage2", "--no-corpus", "--cases", "8"]
    let outcome = try command.run(arguments + ["--plugin", "plugin.so"])
    #expect(outcome.status == 1, "\(outcome.errors)")
    #expect(outcome.output.contains(" --plugin ./plugin.so\n"))
  }

  @Test func `a printed command can be pasted, whatever the paths`() throws {
    let command = try Command()
    defer { command.clean() }
    let path = command.folder.appendingPathComponent("it's a plugin.so").path
    try Compiler.build("plugin.c", variant: "crash", to: path)
    try Data("arm64-stage2 never in map # x\n".utf8).write(
      to: command.folder.appendingPathComponent("a list")
    )
    let found = try command.run(
      ["check", "--system", "arm64-stage2", "--no-corpus", "--cases", "8", "--plugin", path]
        + ["--accept", "a list"]
    )
    #expect(found.status == 1, "\(found.errors)")
    let line = try #require(found.output.split(separator: "\n").first { $0.contains(" replay ") })
    let typed = try #require(line.range(of: "walkproof replay "))
    // What stands before runs the words as a shell has split them.
    let again = try command.run(
      [],
      shell: "set -- replay \(line[typed.upperBound...])"
    )
    #expect(again.status == 1, "\(again.errors)")
    #expect(again.output.contains("killed by SIGSEGV"))
  }
}
