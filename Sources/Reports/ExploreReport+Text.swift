extension ExploreReport {
  /// How many programs a subject has at most that are all told of, unless it is asked for.
  private static var toldCount: Int { 12 }

  /// The report as a person reads it, each combination of calls in it.
  public var text: String { text(tellsAll: true) }

  /// The same with no combination of many that is complete and breaks nothing.
  public var brief: String { text(tellsAll: false) }

  private func text(tellsAll: Bool) -> String {
    var lines: [String] = []
    for result in results {
      for (number, violation) in result.violations.enumerated() {
        let count = result.programs.count { $0.broken.contains(violation.fingerprint) }
        let among =
          result.programs.count > 1
          ? ", in \(count) of \(result.programs.count) combinations of calls" : ""
        lines += violation.lines(
          title: "\(result.system)/\(result.subject), violation \(number + 1) of "
            + "\(result.violations.count)\(among)"
        )
        lines.append("")
      }
      lines += result.lines(tellsAll: tellsAll || result.programs.count <= Self.toldCount)
      lines.append("")
    }
    lines += summaryTable
    return lines.joined(separator: "\n") + "\n"
  }

  private var summaryTable: [String] {
    var table = TextTable([
      "system", "subject", "verdict", "explored", "executions", "pruned", "blocked", "steps",
      "steps/s", "end states", "seconds",
    ])
    for result in results {
      func sum(_ count: (Program) -> Int) -> UInt64 {
        UInt64(result.programs.map(count).reduce(0, +))
      }
      let steps = sum(\.steps)
      let worked = result.programs.map(\.seconds).reduce(0, +)
      table.add([
        result.system, result.subject, result.verdictText,
        "\(result.programs.count { $0.isExhausted }) of \(result.programs.count)",
        grouped(sum(\.executions)), grouped(sum(\.pruned)), grouped(sum(\.blocked)),
        grouped(steps), grouped(worked > 0 ? UInt64(Double(steps) / worked) : 0),
        grouped(sum(\.endStates)), rounded(result.seconds, digits: 1),
      ])
    }
    return table.lines
  }
}

extension ExploreReport.Result {
  var verdictText: String {
    verdict == .violated ? "violated (\(violations.count))" : verdict.rawValue
  }

  func lines(tellsAll: Bool) -> [String] {
    let count = programs.count
    let exhausted = programs.count { $0.isExhausted }
    let scope = preemptions.map { "up to \($0) preemption\($0 == 1 ? "" : "s")" } ?? "complete"
    var lines = [
      "\(system)/\(subject): \(count) combination\(count == 1 ? "" : "s") of calls at once, "
        + (exhausted == count ? "" : "\(exhausted) of them ") + scope
        + (memory == "weak" ? ", memory weak" : "")
    ]
    lines += nondeterminism.map { "  NOT DETERMINISTIC: \($0)" }
    for program in programs where tellsAll || !program.isExhausted {
      lines.append("  \(program.title): \(program.scope)")
      lines.append("    \(program.counts)")
      if !program.broken.isEmpty {
        lines.append("    breaks \(program.broken.joined(separator: ", "))")
      }
    }
    return lines
  }
}

extension ExploreReport.Program {
  /// What was gone through, in a line.
  var counts: String {
    var text =
      "\(grouped(UInt64(executions))) executions explored, \(grouped(UInt64(pruned))) pruned, "
      + "\(grouped(UInt64(blocked))) blocked, "
    if cutOff > 0 { text += "\(grouped(UInt64(cutOff))) cut off, " }
    text +=
      "\(grouped(UInt64(repeated))) made twice alike; \(grouped(UInt64(steps))) steps"
    if seconds > 0 { text += ", \(grouped(UInt64(Double(steps) / seconds))) a second" }
    return text + "; \(grouped(UInt64(endStates))) distinct end state\(endStates == 1 ? "" : "s")"
  }
}
