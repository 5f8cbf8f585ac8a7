import CWalkerPlugin
import Foundation
import Reports
import Symbolic
import Synchronization

/// Another solver, which is asked every question that Z3 was asked.
///
/// It runs as processes of its own, one for each thread that proves, and is told each question from the
/// start, so that nothing is carried over from one to the next.
final class SecondSolver: Sendable {
  /// What came of the questions.
  struct Opinion {
    /// How many were answered as Z3 answered them.
    var alikeCount = 0
    /// How many one of the two did not answer.
    var silentCount = 0
    /// Those that were answered otherwise.
    var disagreements: [SolverQuestion] = []
  }

  private struct State {
    var idle: [SolverProcess] = []
    var opinion = Opinion()
  }

  /// What the solver says of its version.
  let version: String
  private let path: String
  private let state = Mutex(State())

  /// How long it may think about a question; it is then counted as silent.
  private static let millisecondsPerQuestion = 60_000

  /// A solver by its name, which is looked for in `PATH`, or by its path.
  init(named name: String) throws(Complaint) {
    guard let path = SecondSolver.find(name) else {
      throw Complaint(
        .world,
        "--also: there is no program '\(name)'; apt-get install -y cvc5, or give its path"
      )
    }
    self.path = path
    walkproof_guard_start()
    guard let process = try? SolverProcess(path: path, arguments: ["--version"]),
      let line = process.readLine()
    else {
      throw Complaint(.world, "--also: '\(path)' cannot be run; give another solver's path")
    }
    version = line.replacingOccurrences(of: "This is ", with: "")
  }

  private static func find(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let candidates = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// What came of the questions so far.
  var opinion: Opinion { state.withLock { $0.opinion } }

  /// Asks a question; from several threads at once.
  func ask(_ question: SolverQuestion) {
    let answer = answer(to: question.text)
    state.withLock { state in
      guard let answer, let expected = question.isSatisfiable else {
        state.opinion.silentCount += 1
        return
      }
      if answer == expected {
        state.opinion.alikeCount += 1
      } else {
        state.opinion.disagreements.append(question)
      }
    }
  }

  /// Whether the solver finds everything that is asserted possible; nil where it does not say.
  private func answer(to text: String) -> Bool? {
    let idle = state.withLock { $0.idle.popLast() }
    let arguments = ["--lang=smt2", "--tlimit-per=\(SecondSolver.millisecondsPerQuestion)", "-"]
    guard let process = idle ?? (try? SolverProcess(path: path, arguments: arguments)) else {
      return nil
    }
    guard process.write("(reset)\n" + text), let line = process.readLine() else { return nil }
    state.withLock { $0.idle.append(process) }
    switch line {
    case "sat": return true
    case "unsat": return false
    default: return nil
    }
  }
}

/// A solver that is running and answers a line for each question.
private final class SolverProcess: @unchecked Sendable {
  // Used by one thread at a time: whoever took it from the idle ones.
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var unread = Data()

  init(path: String, arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit { process.terminate() }

  /// Whether everything could be written.
  func write(_ text: String) -> Bool {
    do {
      try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
      return true
    } catch {
      return false
    }
  }

  /// The next line that is not empty, without its end; nil if there is none any more.
  func readLine() -> String? {
    while true {
      if let end = unread.firstIndex(of: 0x0a) {
        let line = String(decoding: unread[..<end], as: UTF8.self)
        unread.removeSubrange(...end)
        if !line.isEmpty { return line }
        continue
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      unread.append(more)
    }
  }
}
