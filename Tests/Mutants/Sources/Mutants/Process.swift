import Foundation
import Subprocess

/// How a run of the command ended.
struct Run {
  /// What it came to.
  enum Ending: Equatable {
    /// It ended with this status.
    case status(Int32)
    /// It took more time than it was given.
    case hang
    /// It was ended by a signal.
    case crash
  }

  var ending: Ending
  var output: String
}

/// The built command of the copy.
struct WalkproofCommand: Sendable {
  let path: String

  /// Runs the command with a mutant switched on, for so many seconds of a processor at most.
  func run(
    _ arguments: [String],
    mutant: Int = 0,
    sites: String? = nil,
    seconds: Int
  ) async throws -> Run {
    var environment: [Environment.Key: String?] = [:]
    environment[Switch.variable] = "\(mutant)"
    if let sites { environment[Switch.sitesVariable] = sites }
    // The limit is of processor time, so that a busy machine changes no verdict. A mutant that fills
    // the memory is ended as well.
    let shell = "ulimit -c 0; ulimit -t \(seconds); ulimit -v 16000000; exec \"$0\" \"$@\""
    let result = try await Subprocess.run(
      .name("sh"),
      arguments: Arguments(["-c", shell, path] + arguments),
      environment: .inherit.updating(environment),
      output: .string(limit: 1 << 26),
      error: .string(limit: 1 << 26)
    )
    let ending: Run.Ending
    switch result.terminationStatus {
    case .exited(let status): ending = .status(status)
    case .signaled(let signal): ending = [SIGXCPU, SIGKILL].contains(signal) ? .hang : .crash
    }
    // A mutant may take away what is asked for by name.
    let known: [Int32] = mutant == 0 ? [0, 1, 2, 70] : [0, 1, 2, 64, 70]
    if case .status(let status) = ending, !known.contains(status) {
      throw Problem("\(arguments.joined(separator: " ")): \(result.standardError)")
    }
    return Run(ending: ending, output: result.standardOutput)
  }
}
