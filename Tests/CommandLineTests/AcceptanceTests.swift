import Foundation
import Testing

/// What the options say that go with a subject of one's own.
@Suite struct AcceptanceTests {
  @Test func `a list of accepted findings that is malformed is named with its line`() throws {
    let command = try Command()
    defer { command.clean() }
    let file = command.folder.appendingPathComponent("list")
    try Data("# a comment\n\narm64-stage2 no-break\n".utf8).write(to: file)
    let outcome = try command.run(["check", "--accept", "list", "--cases", "1"])
    #expect(outcome.status == 65)
    #expect(outcome.errors.contains("list:3: "))
    let missing = try command.run(["check", "--accept", "none", "--cases", "1"])
    #expect(missing.status == 74)
    let ours = try command.run(["check", "--accept", "builtin", "--cases", "1"])
    #expect(ours.status == 64)
    #expect(ours.errors.contains("--accept builtin is about a --linux-tree"))
  }

  @Test func `what is accepted is counted and does not fail, and the rest does`() throws {
    let command = try Command()
    defer { command.clean() }
    let all = try command.run([
      "check", "--system", "arm64-stage2", "--subject", "no-break", "--cases", "300",
      "--no-corpus",
    ])
    #expect(all.status == 1)
    let known = all.output.split(separator: "\n").compactMap { line in
      line.hasPrefix("  known as   ") ? line.dropFirst("  known as   ".count) : nil
    }
    let first = try #require(known.first)
    let file = command.folder.appendingPathComponent("list")
    try Data("arm64-stage2 \(first) # a test\narm64-stage2 never # unseen\n".utf8).write(to: file)
    let rest = try command.run([
      "check", "--system", "arm64-stage2", "--subject", "no-break", "--cases", "300",
      "--no-corpus", "--accept", "list",
    ])
    #expect(rest.output.contains("  accepted: \(first), "))
    #expect(rest.output.contains("  accepted, and never seen: never (unseen)"))
    #expect(!rest.output.contains("  known as   \(first)\n"))
  }

  /// How a list is written: with the line ends and marks of other systems, in one byte or two.
  static let writings: [(name: String, data: @Sendable (String) -> Data)] = [
    ("CRLF", { Data($0.replacingOccurrences(of: "\n", with: "\r\n").utf8) }),
    ("CR", { Data($0.replacingOccurrences(of: "\n", with: "\r").utf8) }),
    ("a mark", { Data([0xef, 0xbb, 0xbf]) + Data($0.utf8) }),
    ("16 bits", { Data([0xff, 0xfe]) + ($0.data(using: .utf16LittleEndian) ?? Data()) }),
  ]

  @Test(arguments: writings.indices)
  func `a list accepts the same however its lines end and it begins`(index: Int) throws {
    let command = try Command()
    defer { command.clean() }
    let text = "# a comment\narm64-stage2 never # unseen\n\narm64-hyp nowhere # neither\n"
    let (name, data) = AcceptanceTests.writings[index]
    try data(text).write(to: command.folder.appendingPathComponent("list"))
    let outcome = try command.run([
      "check", "--system", "arm64-stage2", "--subject", "built-in", "--cases", "1", "--no-corpus",
      "--accept", "list",
    ])
    #expect(outcome.output.contains("  accepted, and never seen: never (unseen)\n"), "\(name)")
  }

  @Test func `a list that names no system or is no text is refused`() throws {
    let command = try Command()
    defer { command.clean() }
    let file = command.folder.appendingPathComponent("list")
    for (data, words) in [
      (Data("arm64-stag2 never # unseen\n".utf8), "list:1: there is no system 'arm64-stag2'"),
      (Data([0x61, 0xff, 0x62]), "list: not a text in UTF-8"),
    ] {
      try data.write(to: file)
      let outcome = try command.run(["check", "--accept", "list", "--cases", "1"])
      #expect(outcome.status == 65)
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
  }
}
