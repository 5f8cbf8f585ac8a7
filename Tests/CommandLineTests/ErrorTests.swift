import Foundation
import Testing

@Suite struct ErrorTests {
  /// What is typed, the status it ends with, and words of the line that tells of it.
  static let mistakes: [([String], Int32, String)] = [
    (["check", "--system", "x86"], 64, "there is no system 'x86'; there are arm64-stage2"),
    (["check", "--subject", "nobody"], 64, "there is no subject 'nobody'"),
    (["check", "--system", "arm64-hyp", "--subject", "no-break"], 64, "in the system 'arm64-hyp'"),
    (["check", "--time", "0"], 64, "--time must be above 0"),
    (["check", "--time", "inf"], 64, "below 1e9 seconds"),
    (["check", "--time", "nan"], 64, "below 1e9 seconds"),
    (["check", "--system", "x\u{1b}[31m\ny"], 64, "there is no system 'x\\u001b[31m\\ny'"),
    (["check", "--frob\u{1b}[31m"], 64, "Unknown option"),
    (["check", "--jobs", "0"], 64, "--jobs must be 1 to 1024"),
    (["check", "--shard", "4/3"], 64, "'4/3' is invalid"),
    (["check", "--seed", "x1"], 64, "'x1' is invalid"),
    (["check", "--cases", "many"], 64, "'many' is invalid"),
    (["check", "--format", "xml"], 64, "'xml' is invalid"),
    (["check", "--frobnicate"], 64, "Unknown option '--frobnicate'"),
    (["frobnicate"], 64, "Unexpected argument 'frobnicate'"),
    (["list", "--system", "x86"], 64, "there is no system 'x86'"),
    (["bench", "--runs", "1"], 64, "--runs must be 5 to 1000"),
    (["explore", "--system", "x86"], 64, "there is no system 'x86'"),
    (["explore", "--system", "arm64-hyp"], 64, "it has no threads; of the systems these have: "),
    (["explore", "--subject", "chunks"], 64, "of chunks cases are checked, and no schedules"),
    (["explore", "--subject", "nobody"], 64, "there is no subject 'nobody'"),
    (["explore", "--system", "pfn-cache", "--calls", "activate | fly"], 64, "no call 'fly' in"),
    (["explore", "--system", "pfn-cache", "--calls", "activate |"], 64, "there is no call ''"),
    (["explore", "--system", "pfn-cache", "--state", "odd"], 64, "there is no state 'odd' in"),
    (
      ["explore", "--system", "pfn-cache", "--calls", "enter-guest | access"], 64,
      "may not be made: the last thread alone is a vCPU"
    ),
    (["explore", "--calls", "access", "--threads", "2"], 64, "leave --threads out beside it"),
    (["explore", "--threads", "0"], 64, "--threads must be 1 to 6"),
    (["explore", "--preemptions", "-1"], 64, "--preemptions"),
    (["explore", "--executions", "0"], 64, "--executions must be at least 1"),
    (["explore", "--time", "0"], 64, "--time must be above 0"),
    (["replay"], 64, "Missing expected argument"),
    (["replay", "nonsense"], 65, "paste the whole token"),
    (["replay", "case-1:arm64-stage2:seed:0.0"], 65, "cut short"),
    (["replay", "case-9:arm64-stage2:seed:0.0:0000"], 65, "version"),
    (["replay", "case-1:arm64-stage2:seed:0.0:0000"], 65, "paste the whole token"),
    (["replay", "case-1:arm64/stage2:seed:0.0"], 65, "cut short"),
    (["replay", "case-1:\u{1b}[31m:seed:0.0:0000"], 65, "U+1B"),
    (["replay", "/nonexistent/case.json"], 74, "/nonexistent/case.json: cannot be read"),
    (["list", "--output", "/nonexistent/report"], 74, "choose another --output"),
  ]

  @Test(arguments: mistakes.indices)
  func `a mistake gets a line that names it, and its exit status`(index: Int) throws {
    let (arguments, status, words) = ErrorTests.mistakes[index]
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run(arguments)
    #expect(outcome.status == status, "\(arguments)")
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(!outcome.errors.dropLast().unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test func `a full disk has a status of its own`() throws {
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run(["list"], outputPath: "/dev/full")
    #expect(outcome.status == 74)
    #expect(outcome.errorLines.count == 1)
  }

  @Test func `without a usable Z3 nothing can be proved, and everything else works`() throws {
    let command = try Command()
    defer { command.clean() }
    // The loader takes the first file of that name, and these are no libraries.
    for name in ["libz3.so.4", "libz3.so"] {
      try Data("no library".utf8).write(to: command.folder.appendingPathComponent(name))
    }
    let library = command.folder.path
    let proof = try command.run(["prove"], environment: ["LD_LIBRARY_PATH": library])
    #expect(proof.status == 74)
    #expect(proof.errorLines.count == 1)
    #expect(proof.errors.contains("libz3"))
    #expect(try command.run(["list"], environment: ["LD_LIBRARY_PATH": library]).status == 0)
  }

  @Test func `a report that does not fit its file is not lost`() throws {
    let outcome = try Command.run("list", "--output", "/dev/full")
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("arm64-stage2: "))
  }

  @Test func `help is asked for, so it is no error`() throws {
    let outcome = try Command.run("--help")
    #expect(outcome.status == 0)
    for command in ["check", "explore", "prove", "replay", "list", "bench"] {
      #expect(outcome.output.contains("  \(command) "))
    }
  }
}
