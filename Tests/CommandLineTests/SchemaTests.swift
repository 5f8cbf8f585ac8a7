import Foundation
import Testing

/// Every key of every JSON report stands in the page that documents them, and nothing else does.
@Suite struct SchemaTests {
  /// The keys in the page's tables.
  static func documentedKeys() throws -> Set<String> {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Reports/README.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    return Set(
      text.split(separator: "\n").compactMap { line in
        guard line.hasPrefix("| `"), let end = line.dropFirst(3).firstIndex(of: "`") else {
          return nil
        }
        return String(line[line.index(line.startIndex, offsetBy: 3)..<end])
      }
    )
  }

  /// The keys of a JSON value, at every depth.
  static func keys(of value: Any) -> Set<String> {
    if let object = value as? [String: Any] {
      return object.values.reduce(into: Set(object.keys)) { $0.formUnion(keys(of: $1)) }
    }
    return (value as? [Any] ?? []).reduce(into: []) { $0.formUnion(keys(of: $1)) }
  }

  @Test func `every key of a report is documented, and every documented key occurs`() throws {
    let command = try Command()
    defer { command.clean() }
    var found: Set<String> = []
    for arguments in [
      ["check", "--subject", "seed", "--cases", "150"], ["list"],
      ["list", "--rules"],
      ["explore", "--system", "pfn-cache", "--list-calls"],
      [
        "explore", "--system", "pfn-cache", "--subject", "invalidate-skips-placeholder", "--calls",
        "activate | invalidate", "--preemptions", "2",
      ],
      ["compare", "--subject", "built-in", "--subject", "end-wraps", "--cases", "100"],
      ["prove", "--subject", "break-not-invalidated", "--only", "unmap.1-page.64K"],
    ] {
      let outcome = try command.run(arguments + ["--format", "json"])
      let value = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      found.formUnion(SchemaTests.keys(of: value))
    }
    let documented = try SchemaTests.documentedKeys()
    #expect(found.subtracting(documented).isEmpty, "keys that the page does not explain")
    // Benchmarks take too long in a debug build for a test, nothing here stays undecided, and a second
    // solver is a test of its own (`ProveTests`).
    let unseen: Set<String> = [
      "reason", "isCut", "hindrance",
      "rows", "name", "unit", "median", "lowest", "highest", "runs", "goal", "checksum",
      "ratios", "ours", "theirs", "compiler",
      "secondOpinion", "alike", "silent", "disagreements", "question", "answer",
    ]
    #expect(documented.subtracting(found).subtracting(unseen).isEmpty, "keys that never occur")
  }
}
