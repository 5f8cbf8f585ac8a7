import Foundation
import Testing

@Suite struct ListTests {
  /// A rule, as it is listed in JSON.
  private struct Entry: Decodable {
    var system: String
    var rule: String
    var statement: String
    var reference: String
    var oracle: String
  }

  private func entries(_ arguments: [String] = []) throws -> [Entry] {
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run(["list", "--rules", "--format", "json"] + arguments)
    #expect(outcome.status == 0)
    return try JSONDecoder().decode([Entry].self, from: Data(outcome.output.utf8))
  }

  @Test func `the rules of every system are listed, the models' own among them`() throws {
    let entries = try entries()
    let systems = [
      "arm64-stage2", "arm64-hyp", "arm-unmap", "power-radix-process", "power-radix-partition",
      "pfn-cache", "arm64-stage2-threads", "power-radix-threads", "shared-buffer",
    ]
    #expect(Set(entries.map(\.system)) == Set(systems))
    for (system, rule, oracle) in [
      ("arm64-stage2", "stale-table", "TLBCoherence"),
      ("arm64-stage2", "wrong-entry", "ReferenceModel"),
      ("arm64-hyp", "context-not-synchronised", "BarrierDiscipline"),
      ("arm-unmap", "yield-amiss", "ArmUnmapModel"),
      ("power-radix-partition", "stale-table", "RadixCoherence"),
      ("power-radix-partition", "lost-write", "PartitionModel"),
      ("power-radix-partition", "bitmap-bounds", "PretendHost"),
      ("pfn-cache", "freed-page-accessed", "PfnCacheModel"),
      ("pfn-cache", "data-race", "DataRaces"),
      ("arm64-stage2-threads", "made-before-invalidated", "TableSharing"),
      ("arm64-stage2-threads", "no-order", "SharedStage2Model"),
      ("power-radix-threads", "given-up-page-mapped", "RadixSharing"),
      ("power-radix-threads", "no-progress", "SharedPartitionModel"),
      ("shared-buffer", "access-before-fence", "SharedBufferModel"),
      ("shared-buffer", "sleep-not-permitted", "SleepContext"),
    ] {
      let listed = entries.filter { ($0.system, $0.rule) == (system, rule) }
      #expect(listed.map(\.oracle) == [oracle], "\(system) \(rule)")
    }
    // A hypervisor cleans nothing, and a guest's tables are walked by no CPU of its host's.
    let hyp = Set(entries.filter { $0.system == "arm64-hyp" }.map(\.rule))
    #expect(!hyp.contains("not-cleaned-before-install") && hyp.contains("needless-clean"))
    #expect(entries.allSatisfy { !$0.statement.isEmpty && !$0.reference.isEmpty })
  }

  @Test func `one system's rules are told in words, with where they are from`() throws {
    let outcome = try Command.run("list", "--rules", "--system", "power-radix-partition")
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("power-radix-partition: ") == true)
    #expect(lines.filter { !$0.hasPrefix(" ") }.count == 1)
    let start = try #require(lines.firstIndex { $0.hasPrefix("    stale-change: ") })
    #expect(
      lines[..<start].last { $0.hasPrefix("  ") && !$0.hasPrefix("   ") } == "  RadixCoherence"
    )
    #expect(lines[start + 1].hasPrefix("      Reference: Power ISA 3.0B, Book III"))
    #expect(
      try entries(["--system", "power-radix-partition"]).count
        == lines.filter { $0.contains("Reference: ") }.count
    )
  }

  @Test func `a family's name is that of all its systems`() throws {
    let listed = Set(try entries(["--system", "power-radix"]).map(\.system))
    #expect(listed == ["power-radix-process", "power-radix-partition"])
  }

  @Test func `without --rules the subjects are listed`() throws {
    let outcome = try Command.run("list", "--system", "arm64-hyp")
    #expect(outcome.output.contains("  built-in "))
    #expect(!outcome.output.contains("Reference: "))
  }
}
