import Foundation
import Testing

/// The README says what is so.
@Suite struct ReadmeTests {
  static let text: String = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../README.md")
    return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  }()

  @Test func `the counterexample is printed just as it stands there`() throws {
    let token = try #require(
      ReadmeTests.text.split(separator: " ").first { $0.hasPrefix("case-1:") }?
        .split(separator: "\n").first
    )
    let replay = try Command.run("replay", String(token))
    #expect(replay.status == 1)
    // A replay has no place in a campaign, so the title and the count of cases differ.
    for line in replay.output.split(separator: "\n").dropFirst() {
      #expect(ReadmeTests.text.contains(line), "\(line)")
    }
  }

  @Test func `the commands that it lists are those there are`() throws {
    let help = try Command.run("--help").output
    for command in ["check", "compare", "explore", "prove", "replay", "list", "bench"] {
      #expect(ReadmeTests.text.contains("`walkproof \(command)`"))
      #expect(help.contains("  \(command) "))
    }
  }
}
