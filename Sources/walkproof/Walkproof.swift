import ArgumentParser
import Foundation
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
      Worker.self, Check.self, Compare.self, Prove.self, Replay.self, List.self, Bench.self,
    ]
  )

  static func main() {
    // A reader that has gone shows as a failed write, which has a line and a status of its own.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Foundation.exit(end(error))
    }
  }

  /// Tells a person of an error, and says how the command ends.
  private static func end(_ error: any Error) -> Int32 {
    if let complaint = error as? Complaint {
      Terminal.complain(complaint.description)
      return complaint.status.rawValue
    }
    if let status = error as? ExitCode { return status.rawValue }
    let message = fullMessage(for: error)
    if exitCode(for: error) == .success {
      print(message)
      return ExitStatus.held.rawValue
    }
    if exitCode(for: error) == .validationFailure {
      try? FileHandle.standardError.write(contentsOf: Data((message + "\n").utf8))
      return ExitStatus.usage.rawValue
    }
    Terminal.complain("\(error); this is a fault of walkproof")
    return ExitStatus.internalFault.rawValue
  }
}

extension ExitStatus {
  /// Ends the command with this status, unless everything held.
  func end() throws {
    if self != .held { throw ExitCode(rawValue) }
  }
}
