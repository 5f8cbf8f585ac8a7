import Foundation

/// The built command, run as a person would.
struct Command {
  /// What a run of the command gave.
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String

    /// The lines on standard error.
    var errorLines: [Substring] { errors.split(separator: "\n") }
  }

  /// The folder that the tests were built into, where the command is too.
  static let products = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// A folder for one test, which starts empty.
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("walkproof-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Takes the folder away.
  func clean() { try? FileManager.default.removeItem(at: folder) }

  /// Runs the command to its end, in the folder.
  ///
  /// `environment` is added to this process's; `interruptAfter` sends an interrupt after so many
  /// seconds; `shell` is what a shell does first that then becomes the command.
  func run(
    _ arguments: [String],
    outputPath: String? = nil,
    environment: [String: String] = [:],
    interruptAfter: Double? = nil,
    shell: String? = nil
  ) throws -> Outcome {
    let process = Process()
    let walkproof = Command.products.appendingPathComponent("walkproof")
    process.executableURL = shell == nil ? walkproof : URL(fileURLWithPath: "/bin/sh")
    process.arguments =
      (shell.map { ["-c", $0 + #"; exec "$0" "$@""#, walkproof.path] } ?? []) + arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    let (output, errors) = (
      folder.appendingPathComponent("out"), folder.appendingPathComponent("err")
    )
    for file in [output, errors] { try Data().write(to: file) }
    let sink = outputPath.map { URL(fileURLWithPath: $0) } ?? output
    process.standardOutput = try FileHandle(forWritingTo: sink)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    if let interruptAfter {
      Thread.sleep(forTimeInterval: interruptAfter)
      process.interrupt()
    }
    // A command that hangs fails its test instead of holding up all others.
    let watchdog = DispatchWorkItem { process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + 120, execute: watchdog)
    process.waitUntilExit()
    watchdog.cancel()
    return Outcome(
      status: process.terminationStatus,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self)
    )
  }

  /// Runs the command in a folder of its own, which is gone afterwards.
  static func run(_ arguments: String...) throws -> Outcome {
    let command = try Command()
    defer { command.clean() }
    return try command.run(arguments)
  }
}
