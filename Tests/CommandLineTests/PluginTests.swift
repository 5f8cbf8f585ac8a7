import Foundation
import Testing

/// Plugins in C: what is wrong with one is a finding or a line, never the end of the check.
@Suite(.enabled(if: Compiler.isThere)) struct PluginTests {
  /// Builds the fixture's variant, and checks it.
  private func check(_ variant: String, _ options: String...) throws -> Command.Outcome {
    let command = try Command()
    defer { command.clean() }
    let plugin = command.folder.appendingPathComponent("plugin.so").path
    try Compiler.build("plugin.c", variant: variant, to: plugin)
    return try command.run(
      ["check", "--system", "arm64-stage2", "--plugin", plugin, "--no-corpus", "--jobs", "2"]
        + ["--cases", "64"] + options
    )
  }

  static let faults: [(variant: String, words: String)] = [
    ("crash", "killed by SIGSEGV"),
    ("exit", "it ended its own process"),
    ("abort", "killed by SIGABRT"),
    ("hang", "it was still running after all the time"),
    ("endless", "it goes on without end"),
    ("unreported", "its tables are not what the stores it reported made of them"),
    ("reported", "has a count of 1 with 1 entries"),
    ("silent-annotation", "has a count of 1 with 1 entries"),
    ("silent-lost-table", "no entry leads to is left behind"),
  ]

  @Test(arguments: faults.indices)
  func `what a plugin does wrong is a counterexample in one call`(index: Int) throws {
    let (variant, words) = PluginTests.faults[index]
    let outcome = try check(variant)
    #expect(outcome.status == 1, "\(variant): \(outcome.errors)")
    #expect(outcome.output.contains(words), "\(variant): \(outcome.output)")
    #expect(outcome.output.contains("\n    1  unmap("))
    #expect(!outcome.output.contains("\n    2  "), "\(variant): \(outcome.output)")
    #expect(outcome.output.contains(" --plugin "), "the command that replays it names the plugin")
  }

  @Test func `a crash is replayed by the command that the report prints`() throws {
    let command = try Command()
    defer { command.clean() }
    let plugin = command.folder.appendingPathComponent("plugin.so").path
    try Compiler.build("plugin.c", variant: "crash", to: plugin)
    let found = try command.run(
      ["check", "--system", "arm64-stage2", "--plugin", plugin, "--no-corpus", "--cases", "64"]
    )
    let line = try #require(found.output.split(separator: "\n").first { $0.contains(" replay ") })
    let words = line.split(separator: " ").map(String.init)
    let start = try #require(words.firstIndex(of: "walkproof")) + 1
    let again = try command.run(Array(words[start...]))
    #expect(again.status == 1)
    #expect(again.output.contains("killed by SIGSEGV"))
    let lost = try command.run(["replay", words[start + 1]])
    #expect(lost.status == 64)
    #expect(lost.errors.contains("--plugin"))
  }

  @Test func `a worker has none of the descriptors and signals of its host`() throws {
    let command = try Command()
    defer { command.clean() }
    let plugin = command.folder.appendingPathComponent("plugin.so").path
    try Compiler.build("plugin.c", variant: "inherits", to: plugin)
    let outcome = try command.run(
      ["check", "--system", "arm64-stage2", "--plugin", plugin, "--no-corpus", "--cases", "64"],
      shell: "exec 9</dev/null; trap '' HUP USR1"
    )
    #expect(outcome.status == 2, "without a map nothing is ever there, and nothing is found")
  }

  @Test func `what a plugin has not is said, and no fault`() throws {
    let outcome = try check("clean")
    #expect(outcome.output.contains("not judged: map: it has none"))
    // Without a map nothing is ever there, and that is no passing run.
    #expect(outcome.status == 2)
    #expect(outcome.output.contains("VACUOUS"))
  }

  @Test func `of a plugin that reports nothing, results and tables are judged`() throws {
    let outcome = try check("silent")
    #expect(outcome.output.contains("not judged: stores, barriers, TLB and caches"))
    #expect(outcome.status == 2, "without a map nothing is ever there")
  }

  static let refusals: [(variant: String, words: String)] = [
    ("future", "version 2"), ("granule", "its page_shift is none of 12, 14 and 16: 13"),
    ("rootless", "it lacks one of init, destroy and root"),
    ("crash-at-load", "loading it ends its process"),
  ]

  @Test(arguments: refusals.indices)
  func `a plugin that cannot be loaded gets one line and a status to skip`(index: Int) throws {
    let (variant, words) = PluginTests.refusals[index]
    let outcome = try check(variant)
    #expect(outcome.status == 125)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test func `a file that is no plugin gets one line and a status to skip`() throws {
    let command = try Command()
    defer { command.clean() }
    let symbolless = command.folder.appendingPathComponent("plugin.so").path
    try Compiler.build("plugin.c", variant: "clean", to: symbolless, "-DNO_SYMBOL")
    try Data("no library".utf8).write(to: command.folder.appendingPathComponent("text.so"))
    for (file, words) in [
      (symbolless, "walkproof_plugin_v1"), ("text.so", "cannot be loaded"),
      ("none.so", "cannot be loaded"),
    ] {
      let outcome = try command.run(["check", "--plugin", file])
      #expect(outcome.status == 125, "\(file)")
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
  }
}

/// The C compiler of the machine.
enum Compiler {
  /// Whether there is one.
  static let isThere = (try? run(["--version"])) == 0

  /// Builds a file of `Fixtures` as a plugin.
  static func build(_ file: String, variant: String, to output: String, _ more: String...) throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let header = tests.appendingPathComponent("../../Sources/CWalkerPlugin/include").path
    let source = tests.appendingPathComponent("Fixtures/\(file)").path
    let flags = ["-shared", "-fPIC", "-g", "-DVARIANT=\"\(variant)\"", "-I\(header)"]
    #expect(try run(flags + more + [source, "-o", output]) == 0, "\(variant) does not build")
  }

  /// Runs it to its end.
  static func run(_ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["cc"] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
