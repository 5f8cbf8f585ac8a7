import Foundation
import Testing

/// What the plugin contract says, line by line: what is at odds with it is found, what it permits is not.
@Suite(.enabled(if: Compiler.isThere)) struct PluginContractTests {
  /// Checks a variant of the fixture.
  private func check(
    _ variant: String,
    system: String = "arm64-stage2",
    _ options: String...
  ) throws -> Command.Outcome {
    let command = try Command()
    defer { command.clean() }
    let plugin = command.folder.appendingPathComponent("plugin.so").path
    try Compiler.build("plugin.c", variant: variant, to: plugin)
    return try command.run(
      ["check", "--system", system, "--plugin", plugin, "--no-corpus", "--jobs", "2"]
        + ["--cases", "64"] + options
    )
  }

  static let faults: [(variant: String, words: String)] = [
    ("status-113", "it ended its own process"),
    ("scribbled-count", "it changed a page's count by something else than get and put"),
    ("stray-store", "it stored to a page that was never allocated, and did not report it"),
    ("near-stray-store", "it stored to a page that was never allocated, and did not report it"),
    ("freed-store", "it stored to a page that it had freed, and did not report it"),
    ("barrier-name", "it reported a barrier by a name that no barrier has"),
    ("barrier-nameless", "it reported a barrier by a name that no barrier has"),
    ("event-kind", "it reported an event of a kind that there is not"),
    ("dies-of-nofwb", "killed by SIGABRT"),
    ("root-level", "root() says another level"),
    ("root-bits", "root() says another number of input bits"),
    ("root-size", "root() says another size"),
    ("root-address", "root() does not name what init allocated first"),
    ("root-of-nothing", "it makes a table where there is no memory for one"),
    ("small-root", "tables aligned to their total size are needed"),
    ("link-relaxed", ": plain-link"),
  ]

  @Test(arguments: faults.indices)
  func `what is at odds with the contract is found`(index: Int) throws {
    let (variant, words) = PluginContractTests.faults[index]
    let outcome = try check(variant)
    #expect(outcome.status == 1, "\(variant): \(outcome.errors)")
    #expect(outcome.output.contains(words), "\(variant): \(outcome.output)")
  }

  static let permitted = [
    "stores-in-init", "barrier-sy", "refused-size", "frees-tables", "refuses-nofwb",
  ]

  @Test(arguments: permitted)
  func `what the contract permits is no finding`(variant: String) throws {
    let outcome = try check(variant)
    #expect(outcome.status == 2, "without a map nothing is ever there: \(outcome.output)")
    #expect(!outcome.output.contains("known as"), "\(variant): \(outcome.output)")
  }

  @Test(arguments: ["link-released", "link-fenced", "link-dmb"])
  func `a table that is linked after a fence or by a release is no plain link`(
    variant: String
  ) throws {
    let outcome = try check(variant)
    #expect(!outcome.output.contains("plain-link"), "\(outcome.output)")
    #expect(outcome.output.contains("known as"), "and yet an unmap that links is wrong")
  }

  @Test func `calls that a hypervisor's plugin has not are not made`() throws {
    let outcome = try check("clean", system: "arm64-hyp")
    #expect(outcome.status == 2)
    for call in ["hyp_map", "get_leaf"] {
      #expect(outcome.output.contains("  not judged: \(call): it has none"), "\(outcome.output)")
    }
    #expect(!outcome.output.contains("known as"))
  }

  @Test func `after an accepted wrong root a case goes no further`() throws {
    let command = try Command()
    defer { command.clean() }
    let plugin = command.folder.appendingPathComponent("plugin.so").path
    try Compiler.build("plugin.c", variant: "small-root", to: plugin)
    let arguments = [
      "check", "--system", "arm64-stage2", "--plugin", plugin, "--no-corpus", "--cases", "64",
    ]
    let known = try command.run(arguments).output.split(separator: "\n").compactMap { line in
      line.hasPrefix("  known as   ") ? line.dropFirst("  known as   ".count) : nil
    }
    #expect(known.allSatisfy { $0.hasPrefix("root-mismatch/made") }, "\(known)")
    let list = known.map { "arm64-stage2 \($0) # a test\n" }.joined()
    try Data(list.utf8).write(to: command.folder.appendingPathComponent("list"))
    let rest = try command.run(arguments + ["--accept", "list"])
    #expect(rest.status == 2)
    #expect(rest.output.contains("  accepted: root-mismatch/made"), "\(rest.output)")
    #expect(!rest.output.contains("known as"), "\(rest.output)")
  }

  @Test func `warnings with words of their own are told apart by them`() throws {
    let outcome = try check("warns-twice")
    for words in ["the low one", "the high one"] {
      #expect(outcome.output.contains("the walker warned: WARN_ON at line 7, \(words)\n"))
      #expect(outcome.output.contains("known as   unexpected-warning in unmap"))
      #expect(outcome.output.contains("'\(words)'"), "\(outcome.output)")
    }
  }

  @Test func `a plugin's own name is in the report`() throws {
    #expect(try check("clean").output.contains("\n  loaded: clean, 4K\n"))
    #expect(try check("clean", "--format", "json").output.contains("\"clean, 4K\""))
  }

  @Test func `a shrunk sequence has no call that the plugin lacks`() throws {
    let outcome = try check("second-unmap", "--format", "json")
    let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let results = try #require((report as? [String: Any])?["results"] as? [[String: Any]])
    let violations = try #require(results[0]["violations"] as? [[String: Any]])
    let calls = try #require(violations.first?["calls"] as? [[String: Any]])
    #expect(calls.count == 2)
    #expect(calls.allSatisfy { ($0["text"] as? String)?.hasPrefix("unmap(") == true }, "\(calls)")
  }

  @Test func `a plugin that does not do the same twice is a finding, and no fault of ours`() throws
  {
    let outcome = try check("unsteady")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains(": not-deterministic\n"), "\(outcome.output)")
    #expect(outcome.output.contains("unmap returned -EPERM"), "\(outcome.output)")
    #expect(outcome.output.contains("\n    1  unmap("), "with the calls of its case")
    #expect(!outcome.output.contains("NOT DETERMINISTIC"))
  }

  static let refusals: [(variant: String, words: String)] = [
    ("last-level", "its last_level is not 3, where pages are: 2"),
    ("block-level", "its min_block_level is not its granule's"),
  ]

  @Test(arguments: refusals.indices)
  func `what a plugin says of its levels has to be so`(index: Int) throws {
    let (variant, words) = PluginContractTests.refusals[index]
    let outcome = try check(variant)
    #expect(outcome.status == 125)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test func `a plugin linked with the sanitizer's runtime is told how to link it`() throws {
    let command = try Command()
    defer { command.clean() }
    let plugin = command.folder.appendingPathComponent("plugin.so").path
    try Compiler.build("plugin.c", variant: "clean", to: plugin, "-DLINKED=\"libtsan.so.2\"")
    let outcome = try command.run(["check", "--plugin", plugin, "--no-corpus", "--cases", "1"])
    #expect(outcome.status == 125)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("give -fsanitize=thread where the walker is compiled"))
  }

  @Test func `a check of nothing is a mistake, and is told which systems there are`() throws {
    let outcome = try check("clean", system: "power-radix")
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("is of arm64-stage2 and arm64-hyp, and not of 'power-radix'"))
  }
}
