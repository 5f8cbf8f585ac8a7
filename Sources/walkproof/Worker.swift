import ArgumentParser
import Systems

/// Runs a plugin for another process; nothing that a person types.
struct Worker: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a plugin for a check.",
    shouldDisplay: false
  )

  @Argument var plugin: String
  @Argument var file: Int32

  func run() throws {
    throw ExitCode(Plugin.serve(path: plugin, file: file))
  }
}
