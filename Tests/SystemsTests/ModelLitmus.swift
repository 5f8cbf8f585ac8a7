import Checking
import Foundation
import Machines
import Oracles
import Testing

@testable import Systems

/// A model's or a session's rule and its litmus: a case that it convicts, and a near miss.
struct ModelLitmus: Sendable {
  let rule: Rule
  /// The rule that a case is found to break, with the fault in it or without; nil for none.
  let found: @Sendable (_ hasFault: Bool) -> Rule?

  init(_ rule: Rule, _ found: @escaping @Sendable (_ hasFault: Bool) -> Rule?) {
    self.rule = rule
    self.found = found
  }
}

@Suite struct ModelLitmusTests {
  private static let all =
    ModelLitmus.arm + ModelLitmus.walks + ModelLitmus.leaves + ModelLitmus.logs
    + ModelLitmus.hosts + ModelLitmus.caches + ModelLitmus.sharedTables
    + ModelLitmus.sharedPartitions + ModelLitmus.buffers
    + ModelLitmus.external

  @Test(arguments: all.indices)
  func `a model's rule convicts its case and not the near miss`(index: Int) {
    let litmus = ModelLitmusTests.all[index]
    #expect(litmus.found(true) == litmus.rule, "\(litmus.rule.name)")
    #expect(litmus.found(false) == nil, "\(litmus.rule.name)")
  }

  @Test func `every rule of the list has a litmus pair, a judge's or a model's`() {
    // Those of the judges are in `OraclesTests` and `SchedulesTests`, with a test like this.
    let judges = Set(Judges.rules + RadixJudges.rules + ThreadJudges.rules)
    #expect(judges.isSubset(of: Rule.all))
    #expect(Set(ModelLitmusTests.all.map(\.rule)) == Set(Rule.all).subtracting(judges))
  }

  /// The package's own Swift files, by their paths.
  private static func sources() throws -> [(name: String, text: String)] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../..").standardized
    return try ["Sources", "Models"].flatMap { folder in
      let base = root.appendingPathComponent(folder)
      let paths = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
      return try (paths ?? []).filter { $0.hasSuffix(".swift") }.map { path in
        let file = base.appendingPathComponent(path)
        let name = file.deletingPathExtension().lastPathComponent
        return (name, try String(contentsOf: file, encoding: .utf8))
      }
    }
  }

  @Test func `every rule that is declared is in the list, and says what it demands`() throws {
    let lines = try ModelLitmusTests.sources().flatMap { $0.text.split(separator: "\n") }
    #expect(lines.filter { $0.hasSuffix("= Rule(") }.count == Rule.all.count)
    #expect(System.all.allSatisfy { Set($0.rules).count == $0.rules.count })
    for rule in Rule.all {
      #expect(rule.statement.first?.isLowercase == true && !rule.statement.hasSuffix("."))
      #expect(!rule.name.contains(" ") && !rule.reference.isEmpty)
    }
  }

  @Test func `the oracle of a rule is a file of that name`() throws {
    // As in Judges+Audit.
    let names = try ModelLitmusTests.sources().flatMap { $0.name.split(separator: "+") }
    let known = Set(names.map(String.init))
    // What a call returns and what the tables say is each model's own to tell.
    for rule in Rule.all where !Finding.modelRules.contains(rule) {
      #expect(known.contains(rule.oracle), "\(rule.name): \(rule.oracle)")
    }
  }
}
