import ArgumentParser
import CWalkerPlugin
import Foundation
import Machines
import Reports

/// The command.
@main
struct Walkproof: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "walkproof",
    abstract: "Checks page-table walkers against reference models, and proves their invariants.",
    discussion: """
      With no options, `walkproof check` checks every walker that should hold for about 30 seconds.

      Exit status:
      \(ExitStatus.allCases.map { "  \($0.rawValue)\t\($0.meaning)" }.joined(separator: "\n"))
      """,
    subcommands: [
      Worker.self, Check.self, Compare.self, Explore.self, Prove.self, Replay.self, List.self,
      Bench.self,
    ]
  )

  static func main() {
    Signals.prepare()
    Shortage.ends { what in
      Terminal.complain(what)
      leave(ExitStatus.world.rawValue)
    }
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      leave(end(error))
    }
    leave(ExitStatus.held.rawValue)
  }

  /// Ends the process and whatever it has started, without waiting for threads that are still at work.
  private static func leave(_ status: Int32) -> Never {
    walkproof_workers_end()
    fflush(nil)
    _exit(status)
  }

  /// Tells a person of an error, and says how the command ends.
  private static func end(_ error: any Error) -> Int32 {
    if let complaint = error as? Complaint {
      Terminal.complain(complaint.description)
      return complaint.status.rawValue
    }
    if let status = error as? ExitCode { return status.rawValue }
    if exitCode(for: error) == .success {
      do throws(Complaint) {
        try ReportSink(path: nil).write(fullMessage(for: error) + "\n")
      } catch {
        return end(error)
      }
      return ExitStatus.held.rawValue
    }
    if exitCode(for: error) == .validationFailure {
      let message = message(for: error).split(separator: "\n").first ?? "it makes no sense"
      Terminal.complain(
        "\(message.hasSuffix(".") ? message.dropLast() : message); see '\(helpCommand)'"
      )
      return ExitStatus.usage.rawValue
    }
    Terminal.complain("\(error); this is a fault of walkproof")
    return ExitStatus.internalFault.rawValue
  }
}

extension Walkproof {
  /// What shows the options of the command that was typed.
  private static var helpCommand: String {
    let names = configuration.subcommands.map { "\($0)".lowercased() }
    let name = CommandLine.arguments.dropFirst().first { names.contains($0) }
    return "walkproof \(name.map { "\($0) " } ?? "")--help"
  }
}

extension ExitStatus {
  /// Ends the command with this status, unless everything held.
  func end() throws {
    if self != .held { throw ExitCode(rawValue) }
  }
}
