import Foundation
import Testing

/// `compare`: two subjects on the same calls.
@Suite struct CompareTests {
  @Test func `subjects that do the same differ in their costs only`() throws {
    let outcome = try Command.run(
      "compare",
      "--subject",
      "built-in",
      "--subject",
      "reference",
      "--cases",
      "200"
    )
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("arm64-stage2: 200 cases"))
    #expect(outcome.output.contains("arm64-hyp: 200 cases"))
    #expect(outcome.output.contains("TLBI by address"))
    #expect(!outcome.output.contains("difference"))
  }

  @Test func `radix subjects are compared by what they report and translate`() throws {
    func run(_ subject: String) throws -> Command.Outcome {
      try Command.run(
        "compare",
        "--system",
        "power-radix",
        "--subject",
        "built-in",
        "--subject",
        subject,
        "--cases",
        "400"
      )
    }
    let same = try run("reference")
    #expect(same.status == 0, "\(same.output)\(same.errors)")
    #expect(same.output.contains("harvest "), "a harvest's costs are told: \(same.output)")
    #expect(same.output.contains("xlate, 2M"))
    let other = try run("huge-leaf-exceeds-memslot")
    #expect(other.status == 1)
    #expect(other.output.contains("translation after access"), "\(other.output)")
    let lost = try run("dirty-size-units")
    #expect(lost.output.contains("report of harvest"), "\(lost.output)")
  }

  @Test func `a fault is a difference, in the shortest calls that show it`() throws {
    let outcome = try Command.run(
      "compare",
      "--system",
      "arm64-stage2",
      "--subject",
      "built-in",
      "--subject",
      "end-wraps",
      "--cases",
      "300"
    )
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("arm64-stage2, difference 1 of "))
    #expect(outcome.output.contains("    -ERANGE\n  end-wraps\n    0\n"))
    #expect(!outcome.output.contains("\n    2  "), "one call is enough: \(outcome.output)")
  }

  @Test func `a translation that differs is found where every result is the same`() throws {
    let outcome = try Command.run(
      "compare",
      "--system",
      "arm64-stage2",
      "--subject",
      "built-in",
      "--subject",
      "walk-unaligned-step",
      "--cases",
      "500"
    )
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("translation after "), "\(outcome.output)")
  }

  @Test func `the number of threads changes nothing, and Markdown is a table`() throws {
    func run(_ jobs: String) throws -> Command.Outcome {
      try Command.run(
        "compare",
        "--subject",
        "built-in",
        "--subject",
        "reference",
        "--cases",
        "128",
        "--jobs",
        jobs,
        "--format",
        "markdown"
      )
    }
    let (one, two) = (try run("1"), try run("2"))
    #expect(one.output == two.output)
    #expect(one.output.contains("| operation | what, a call | a | b | b/a |"))
  }

  @Test func `it takes two subjects that have something in common`() throws {
    #expect(try Command.run("compare", "--subject", "built-in").status == 64)
    let strangers = try Command.run("compare", "--subject", "built-in", "--subject", "nobody")
    #expect(strangers.status == 64)
    #expect(strangers.errors.contains("there is no subject 'nobody'"))
    let apart = try Command.run("compare", "--subject", "hyp-remap-any", "--subject", "no-break")
    #expect(apart.status == 64)
    #expect(apart.errors.contains("there is no system that both"))
  }

  @Test func `the JSON has what the text has`() throws {
    let outcome = try Command.run(
      "compare",
      "--subject",
      "built-in",
      "--subject",
      "end-wraps",
      "--cases",
      "100",
      "--format",
      "json"
    )
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    )
    let results = try #require(report["results"] as? [[String: Any]])
    #expect(!results.isEmpty)
    #expect((results[0]["differences"] as? [Any])?.isEmpty == false)
    #expect((results[0]["costs"] as? [Any])?.isEmpty == false)
  }

  @Test func `the older walkers do the same, and the one in runs with fewer invalidations`() throws
  {
    let outcome = try Command.run(
      "compare",
      "--system",
      "arm-unmap",
      "--subject",
      "built-in",
      "--subject",
      "nested-fixed",
      "--cases",
      "200"
    )
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("unmap_range"))
    #expect(outcome.output.contains("TLBI by address"))
  }
}
