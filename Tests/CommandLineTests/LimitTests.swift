import Foundation
import Testing

/// Too little of something is a line and a status, and no verdict.
@Suite struct LimitTests {
  /// What a run is limited to, and the run.
  static let shortages: [(limit: String, arguments: [String])] = [
    ("ulimit -v 300000", ["check", "--system", "arm64-stage2", "--subject", "built-in"]),
    ("ulimit -v 300000", ["check", "--system", "pfn-cache", "--cases", "50", "--jobs", "16"]),
    ("ulimit -v 300000", ["prove", "--only", "protocol/no-conflict", "--jobs", "4"]),
    ("ulimit -v 600000", ["prove", "--only", "alignment", "--jobs", "16"]),
  ]

  @Test(arguments: shortages.indices)
  func `too little memory is said in a line or two`(index: Int) throws {
    let (limit, arguments) = LimitTests.shortages[index]
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run(arguments, shell: limit)
    #expect([0, 2, 74].contains(outcome.status), "\(outcome.status) \(outcome.errors)")
    if outcome.status == 74 { #expect((1...2).contains(outcome.errorLines.count)) }
    #expect(!outcome.errors.contains("Backtrac"))
  }

  @Test(.enabled(if: Compiler.isThere), arguments: ["ulimit -n 5", "ulimit -v 250000"])
  func `a process that cannot be started says nothing about the walker`(limit: String) throws {
    let command = try Command()
    defer { command.clean() }
    try Compiler.build(
      "plugin.c",
      variant: "clean",
      to: command.folder.appendingPathComponent("plugin.so").path
    )
    let outcome = try command.run(
      ["check", "--plugin", "plugin.so", "--no-corpus", "--cases", "64", "--jobs", "8"]
        + ["--system", "arm64-stage2"],
      shell: limit
    )
    #expect([2, 74].contains(outcome.status), "\(outcome.status) \(outcome.errors)")
    #expect(outcome.errorLines.count <= 2)
  }

  @Test func `a time that is over before there was a case is said`() throws {
    let outcome = try Command.run(
      "check",
      "--system",
      "arm64-stage2",
      "--subject",
      "seed",
      "--time",
      "1e-9",
      "--no-corpus"
    )
    #expect(outcome.status == 2)
    #expect(outcome.output.contains("FEW CASES: the time was over before the first of them"))
  }

  @Test(.enabled(if: Compiler.isThere))
  func `a check that its walker kept waiting says that it made few cases`() throws {
    let command = try Command()
    defer { command.clean() }
    let plugin = try command.buildEvilPlugin()
    let arguments = ["check", "--plugin", plugin, "--system", "arm64-hyp", "--no-corpus"]
    let sleeps = ["HOSTILE_DEED": "sleep"]
    let cut = try command.run(
      arguments + ["--time", "2", "--failures", "1000"],
      environment: sleeps
    )
    #expect(cut.output.contains("FEW CASES: it ran for "), "\(cut.output)")
    // All the cases that were asked for are not few.
    let whole = try command.run(
      arguments + ["--cases", "2", "--stop-at-first"],
      environment: sleeps
    )
    #expect(!whole.output.contains("FEW CASES"), "\(whole.output)")
  }

  @Test func `what is not shrunk is not called the shortest`() throws {
    let whole = ["check", "--system", "arm64-stage2", "--subject", "seed", "--cases", "100"]
    let command = try Command()
    defer { command.clean() }
    let first = try command.run(whole + ["--no-corpus", "--stop-at-first"])
    #expect(first.output.contains("  sequence of calls, not shrunk to the end:"))
    #expect(!first.output.contains("shortest sequence of calls"))
    #expect(!(try command.run(whole + ["--no-corpus"])).output.contains("not shrunk to the end"))
  }
}
