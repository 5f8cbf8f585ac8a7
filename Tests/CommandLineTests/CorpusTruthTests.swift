import Foundation
import Testing

/// What a run says of known failures that it does not see again.
@Suite(.enabled(if: Compiler.isThere)) struct CorpusTruthTests {
  /// A folder with a corpus in which a plugin reports what there is not.
  private func withFinding(_ body: (Command, _ plugin: String) throws -> Void) throws {
    let command = try Command()
    defer { command.clean() }
    let plugin = command.folder.appendingPathComponent("plugin.so").path
    try Compiler.build("plugin.c", variant: "barrier-name", to: plugin)
    let found = try command.run(arguments(plugin, cases: 64))
    #expect(found.status == 1)
    try body(command, plugin)
  }

  private func arguments(_ plugin: String, cases: Int) -> [String] {
    ["check", "--system", "arm64-stage2", "--plugin", plugin, "--cases", "\(cases)"]
  }

  private func file(_ command: Command) throws -> URL {
    let folder = command.folder.appendingPathComponent(".walkproof")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return folder.appendingPathComponent(try #require(names.first))
  }

  @Test func `what no longer fails where it did is fixed since`() throws {
    try withFinding { command, plugin in
      try Compiler.build("plugin.c", variant: "clean", to: plugin)
      let outcome = try command.run(arguments(plugin, cases: 0))
      #expect(outcome.status == 2)
      #expect(
        outcome.errors.contains("arm64-stage2/plugin: fixed since: lost/it reported a barrier")
      )
    }
  }

  @Test func `what another plugin does not do was not fixed`() throws {
    try withFinding { command, plugin in
      let other = command.folder.appendingPathComponent("other.so").path
      try Compiler.build("plugin.c", variant: "clean", to: other)
      let outcome = try command.run(arguments(other, cases: 0))
      #expect(!outcome.errors.contains("fixed since"))
      #expect(outcome.errors.contains("not here, as it was in "), "\(outcome.errors)")
      #expect(outcome.errors.contains("plugin.so: lost/"), "\(outcome.errors)")
    }
  }

  @Test func `what was drawn from other granules is not replayed, nor is its token`() throws {
    try withFinding { command, plugin in
      let other = command.folder.appendingPathComponent("other.so").path
      try Compiler.build("plugin.c", variant: "sixteen", to: other)
      let outcome = try command.run(arguments(other, cases: 0))
      #expect(!outcome.errors.contains("fixed since"))
      #expect(outcome.errors.contains("not replayed, since it was found in 4K_"))
      let replay = try command.run(["replay", try file(command).path, "--plugin", other])
      #expect(replay.status == 64)
      #expect(replay.errors.contains("the case was drawn from 4K_"), "\(replay.errors)")
      #expect(try command.run(["replay", try file(command).path, "--plugin", plugin]).status == 1)
    }
  }

  @Test func `what is accepted was not fixed`() throws {
    try withFinding { command, plugin in
      let entry = try String(contentsOf: try file(command), encoding: .utf8)
      let line = try #require(entry.split(separator: "\n").first { $0.contains("fingerprint") })
      let fingerprint = line.split(separator: "\"")[3]
      try Data("arm64-stage2 \(fingerprint) # a test\n".utf8)
        .write(to: command.folder.appendingPathComponent("list"))
      let outcome = try command.run(arguments(plugin, cases: 0) + ["--accept", "list"])
      #expect(!outcome.errors.contains("fixed since"))
      #expect(outcome.errors.contains("arm64-stage2/plugin: accepted: lost/"), "\(outcome.errors)")
    }
  }

  @Test func `a file whose choices have come to mean another case is not called fixed`() throws {
    try withFinding { command, plugin in
      try Compiler.build("plugin.c", variant: "clean", to: plugin)
      let place = try file(command)
      let entry = try String(contentsOf: place, encoding: .utf8)
      try Data(entry.replacingOccurrences(of: "unmap(ipa", with: "unmap(address").utf8)
        .write(to: place)
      let outcome = try command.run(arguments(plugin, cases: 0))
      #expect(!outcome.errors.contains("fixed since"))
      #expect(outcome.errors.contains("its choices mean another case"), "\(outcome.errors)")
    }
  }

  @Test func `a token says what its choices were drawn from`() throws {
    try withFinding { command, plugin in
      let outcome = try command.run(arguments(plugin, cases: 0))
      #expect(outcome.output.contains("walkproof replay case-2:arm64-stage2:plugin:4K_"))
      let ours = try command.run(
        ["check", "--system", "arm64-stage2", "--subject", "end-wraps", "--cases", "200"]
      )
      #expect(ours.output.contains("walkproof replay case-1:arm64-stage2:end-wraps:"))
    }
  }
}
