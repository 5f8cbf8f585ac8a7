public import Checking
public import Property

/// The findings of `compare`, as data.
///
/// The property names are the keys of its JSON form.
public struct CompareReport: Codable, Sendable, Equatable {
  /// A difference, with the shortest calls that show it.
  public struct Difference: Codable, Sendable, Equatable {
    /// What differs.
    public var what: String
    /// The configuration in words.
    public var configuration: String
    /// The calls; in the last one the subjects differ.
    public var calls: [String]
    /// What the first subject did.
    public var first: String
    /// What the second did.
    public var second: String
    /// How many cases differed so.
    public var occurrences: UInt64
  }

  /// What one operation costs, a call on average.
  public struct Cost: Codable, Sendable, Equatable {
    /// The operation.
    public var operation: String
    /// How many calls both made.
    public var calls: UInt64
    /// What is counted.
    public var what: String
    /// The first subject's, a call.
    public var first: Double
    /// The second's, a call.
    public var second: Double
    /// The second's in parts of the first's; absent where that is nothing.
    public var ratio: Double?
  }

  /// Two subjects in one system.
  public struct Result: Codable, Sendable, Equatable {
    /// The system.
    public var system: String
    /// The first subject.
    public var first: String
    /// The second.
    public var second: String
    /// How many cases were run.
    public var cases: UInt64
    /// The seed of the cases.
    public var seed: String
    /// The calls that only the first has, which neither was asked for.
    public var onlyFirst: [String]
    /// The calls that only the second has, which neither was asked for.
    public var onlySecond: [String]
    /// Where they differ.
    public var differences: [Difference]
    /// What their calls cost.
    public var costs: [Cost]
  }

  /// The systems compared.
  public var results: [Result] = []

  /// The report of nothing.
  public init() {}

  /// How the command ends.
  public var status: ExitStatus {
    if results.contains(where: { !$0.differences.isEmpty }) { return .violated }
    return results.allSatisfy { $0.cases == 0 } ? .undecided : .held
  }
}

extension CompareReport.Result {
  /// What a campaign over a pair came to.
  public init(
    system: System,
    first: String,
    second: String,
    pair: SubjectPair,
    campaign: CampaignResult<CallCosts>
  ) {
    self.system = system.name
    self.first = first
    self.second = second
    cases = campaign.casesRun
    seed = campaign.seed.description
    let unshared = pair.unshared(in: system)
    onlyFirst = unshared.filter(\.isFirst).map(\.operation)
    onlySecond = unshared.filter { !$0.isFirst }.map(\.operation)
    differences = campaign.failures.compactMap { failure in
      pair.difference(replaying: failure.simplest).map {
        CompareReport.Difference(
          what: $0.what,
          configuration: $0.configuration,
          calls: $0.calls,
          first: $0.first,
          second: $0.second,
          occurrences: failure.occurrences
        )
      }
    }
    let statistics = campaign.statistics
    costs = system.operations.enumerated().flatMap { number, name in
      let calls = statistics.callCount(ofOperation: number)
      return CallCosts.Kind.allCases.compactMap { kind -> CompareReport.Cost? in
        let counts = (0..<2).map { statistics.count(kind, ofOperation: number, subject: $0) }
        guard calls > 0, counts != [0, 0] else { return nil }
        let (a, b) = (Double(counts[0]) / Double(calls), Double(counts[1]) / Double(calls))
        return CompareReport.Cost(
          operation: name,
          calls: calls,
          what: kind.name,
          first: a,
          second: b,
          ratio: counts[0] == 0 ? nil : b / a
        )
      }
    }
  }
}

extension CompareReport {
  /// The report as a person reads it at a terminal.
  public var text: String {
    var lines: [String] = []
    for result in results {
      for (number, difference) in result.differences.enumerated() {
        lines.append(
          "\(result.system), difference \(number + 1) of \(result.differences.count):"
            + " \(difference.what)"
        )
        lines.append("  with       \(difference.configuration)")
        lines.append("  found in   \(difference.occurrences) cases")
        lines += ["", "  shortest sequence of calls:"]
        for (number, call) in difference.calls.enumerated() {
          lines.append("    \(number + 1)  \(call)")
        }
        lines += [
          "", "  \(result.first)", "    \(difference.first)", "  \(result.second)",
          "    \(difference.second)", "",
        ]
      }
      lines.append("\(result.system): \(grouped(result.cases)) cases, seed \(result.seed)")
      lines += ["  a: \(result.first)", "  b: \(result.second)"]
      lines += result.unsharedLines.map { "  \($0)" } + [""]
      var table = TextTable(["operation", "what, a call", "a", "b", "b/a"])
      for cost in result.costs { table.add(cost.cells) }
      lines += table.lines
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  /// The report as Markdown, for a patch's cover letter.
  public var markdown: String {
    var lines: [String] = []
    for result in results {
      lines += [
        "**\(result.system)**, a: `\(result.first)`, b: `\(result.second)`,"
          + " \(grouped(result.cases)) cases",
        "",
      ]
      lines += result.unsharedLines.map { "- \($0)" }
      for difference in result.differences {
        lines.append(
          "- \(difference.what): `\(difference.calls.joined(separator: "; "))`"
            + " (a: \(difference.first); b: \(difference.second))"
        )
      }
      if !result.differences.isEmpty || !result.unsharedLines.isEmpty { lines.append("") }
      lines += [
        "| operation | what, a call | a | b | b/a |", "| --- | --- | ---: | ---: | ---: |",
      ]
      lines += result.costs.map { "| \($0.cells.joined(separator: " | ")) |" }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }
}

extension CompareReport.Result {
  /// The calls that only one of the two has, a line for each.
  fileprivate var unsharedLines: [String] {
    [("a", onlyFirst), ("b", onlySecond)].filter { !$0.1.isEmpty }.map { name, calls in
      "only \(name) has: \(calls.joined(separator: ", ")); neither was asked for them"
    }
  }
}

extension CompareReport.Cost {
  fileprivate var cells: [String] {
    [
      operation, what, rounded(first, digits: 2), rounded(second, digits: 2),
      ratio.map { rounded($0, digits: 2) } ?? "-",
    ]
  }
}
