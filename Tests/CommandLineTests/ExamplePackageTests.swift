import Foundation
import Testing

/// The package in `Tests/ExamplePackage`, as somebody with a walker of their own would write it.
@Suite struct ExamplePackageTests {
  @Test func `a package that depends on this one checks its walkers in its own tests`() throws {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../ExamplePackage").standardizedFileURL
    let command = try Command()
    defer { command.clean() }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "swift", "test", "--package-path", package.path, "--scratch-path",
      command.folder.appendingPathComponent("build").path,
    ]
    let log = command.folder.appendingPathComponent("log")
    try Data().write(to: log)
    process.standardOutput = try FileHandle(forWritingTo: log)
    process.standardError = process.standardOutput
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.contains("Test run with 2 tests"), "\(text)")
  }
}
