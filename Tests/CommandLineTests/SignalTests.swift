import Foundation
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// Whatever ends a run: nothing found is lost, and nothing is left behind.
@Suite struct SignalTests {
  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGKILL])
  func `what is found is on the disk while the run goes on`(signal: Int32) throws {
    let command = try Command()
    defer { command.clean() }
    let subject = ["--system", "arm64-stage2", "--subject", "seed"]
    let run = try command.start(["check", "--time", "600", "--failures", "99"] + subject)
    #expect(Command.waits { !command.corpusFiles.isEmpty }, "before the run has ended")
    run.send(signal)
    let outcome = try run.outcome()
    if signal != SIGKILL {
      #expect(outcome.status == 1)
      let told = outcome.output.split(separator: "\n").filter { $0.hasPrefix("  known as   ") }
      #expect(!told.isEmpty && told.count == command.corpusFiles.count)
      #expect(outcome.output.contains("(interrupted)"))
    }
    let files = command.corpusFiles
    for file in files { #expect(try command.run(["replay", file]).status == 1, "\(file)") }
    let next = try command.run(["check", "--cases", "0"] + subject)
    #expect(next.status == 1)
    let again = next.output.split(separator: "\n").filter { $0.hasPrefix("  known as   ") }
    #expect(again.count == files.count, "the next run begins with what this one left")
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `an interrupt ends a proof and makes no theorem undecided`(signal: Int32) throws {
    let command = try Command()
    defer { command.clean() }
    let run = try command.start(["prove", "--system", "arm64-stage2"])
    #expect(Command.waits { run.answers(signal) })
    run.send(signal)
    let outcome = try run.outcome()
    #expect(outcome.status == 2)
    #expect(!outcome.output.contains("undecided, "), "\(outcome.output)")
  }

  @Test(.enabled(if: Compiler.isThere))
  func `an interrupt while a walker hangs ends the check, with the case`() throws {
    let command = try Command()
    defer { command.clean() }
    let plugin = try command.buildEvilPlugin()
    let run = try command.start(
      ["check", "--plugin", plugin, "--system", "arm64-hyp", "--time", "600", "--jobs", "1"],
      environment: ["HOSTILE_DEED": "hang"]
    )
    #expect(Command.waits { !command.corpusFiles.isEmpty })
    run.send(SIGINT)
    let outcome = try run.outcome()
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("it was still running after all the time"))
    #expect(outcome.errors.isEmpty, "the terminal's signals are not the worker's")
  }

  @Test(
    .enabled(if: Compiler.isThere),
    arguments: ["hang", "spin", "fork_many", "handlers", "daemon_and_hang"]
  )
  func `no worker outlives its host, nor what it forked`(deed: String) throws {
    let command = try Command()
    defer { command.clean() }
    let plugin = try command.buildEvilPlugin()
    let run = try command.start(
      ["check", "--plugin", plugin, "--system", "arm64-hyp", "--time", "600"],
      environment: ["HOSTILE_DEED": deed]
    )
    // The host, its guard, and one that runs the plugin.
    #expect(Command.waits { run.processes.count > 2 })
    run.send(SIGKILL)
    _ = try run.outcome()
    #expect(Command.waits { run.processes.isEmpty })
  }

  @Test(.enabled(if: Compiler.isThere), arguments: ["fork", "fork_spin", "daemon"])
  func `what a walker forks does not outlive the check`(deed: String) throws {
    let command = try Command()
    defer { command.clean() }
    let plugin = try command.buildEvilPlugin()
    let run = try command.start(
      ["check", "--plugin", plugin, "--system", "arm64-hyp", "--no-corpus", "--cases", "4"]
        + ["--stop-at-first"],
      environment: ["HOSTILE_DEED": deed]
    )
    #expect([0, 1, 2].contains(try run.outcome().status))
    // The guard sees the end of its host in its own time.
    #expect(Command.waits { run.processes.isEmpty })
  }
}
