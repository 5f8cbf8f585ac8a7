import Foundation

#if canImport(Glibc)
import Glibc
#endif

extension Command {
  /// A run of the command that goes on beside its test.
  struct Started {
    let process: Process
    /// A text in the environment of the command and of whatever it starts.
    let mark: String
    fileprivate let output: URL
    fileprivate let errors: URL

    /// Sends a signal.
    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for its end, which has to come.
    func outcome() throws -> Outcome {
      let watchdog = DispatchWorkItem { send(SIGKILL) }
      DispatchQueue.global().asyncAfter(deadline: .now() + 120, execute: watchdog)
      process.waitUntilExit()
      watchdog.cancel()
      return Outcome(
        status: process.terminationStatus,
        output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
        errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self)
      )
    }

    /// Whether a signal is caught by it, or waited for.
    func answers(_ signal: Int32) -> Bool {
      let status = try? String(
        contentsOfFile: "/proc/\(process.processIdentifier)/status",
        encoding: .utf8
      )
      let sets = (status ?? "").split(separator: "\n").filter { $0.hasPrefix("SigBlk:") }
      return sets.contains { line in
        line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
          .map { $0 >> UInt64(signal - 1) & 1 != 0 } ?? false
      }
    }

    /// The processes that are there of the command and of what it started.
    var processes: [Int32] { Command.processes(marked: mark) }
  }

  /// Starts the command in the folder.
  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Started {
    let process = Process()
    process.executableURL = Command.products.appendingPathComponent("walkproof")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let mark = "WALKPROOF_TEST_RUN=\(UUID().uuidString)"
    let pair = mark.split(separator: "=").map(String.init)
    process.environment = ProcessInfo.processInfo.environment
      .merging(environment) { _, new in new }.merging([pair[0]: pair[1]]) { _, new in new }
    let (output, errors) = (
      folder.appendingPathComponent("out"), folder.appendingPathComponent("err")
    )
    for file in [output, errors] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return Started(process: process, mark: mark, output: output, errors: errors)
  }

  /// The processes with a text in their environment.
  static func processes(marked mark: String) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { number in
      FileManager.default.contents(atPath: "/proc/\(number)/environ")
        .map { String(decoding: $0, as: UTF8.self).contains(mark) } ?? false
    }
  }

  /// Looks until something is so; false where it never comes to that.
  static func waits(until isSo: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock().now + .seconds(100)
    while ContinuousClock().now < end {
      if try isSo() { return true }
      usleep(5000)
    }
    return false
  }

  /// The files of a corpus in the folder.
  var corpusFiles: [String] {
    let folder = folder.appendingPathComponent(".walkproof").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().map { "\(folder)/\($0)" }
  }

  /// Builds the plugin of evil deeds into the folder; its path.
  func buildEvilPlugin(named name: String = "evil.so") throws -> String {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let header = tests.appendingPathComponent("../../Sources/CWalkerPlugin/include").path
    let source = tests.appendingPathComponent("../Hostile/evil.c").path
    let path = folder.appendingPathComponent(name).path
    guard
      try Compiler.run(["-shared", "-fPIC", "-g", "-w", "-I\(header)", source, "-o", path]) == 0
    else { throw CocoaError(.featureUnsupported) }
    return path
  }
}
