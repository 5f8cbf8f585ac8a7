import Systems

extension CheckReport {
  /// The report as a person reads it, with how often everything occurred.
  public var text: String { text(counts: true) }

  /// The report as a person reads it at a terminal: what is wrong, what was never reached, and the table.
  public var brief: String { text(counts: false) }

  private func text(counts: Bool) -> String {
    var lines: [String] = []
    for result in results {
      for (number, violation) in result.violations.enumerated() {
        lines += violation.lines(
          title: "\(result.system)/\(result.subject), violation \(number + 1) of "
            + "\(result.violations.count)"
        )
        lines.append("")
      }
      lines += result.coverageLines(counts: counts)
      lines.append("")
    }
    if let coverage { lines += coverage.lines + [""] }
    lines += summaryTable
    return lines.joined(separator: "\n") + "\n"
  }

  private var summaryTable: [String] {
    var table = TextTable([
      "system", "subject", "verdict", "cases", "operations", "events", "ops/s", "seconds",
    ])
    for result in results {
      let speed = result.seconds > 0 ? Double(result.operations) / result.seconds : 0
      table.add([
        result.system, result.subject, result.verdictText, grouped(result.cases),
        grouped(result.operations), grouped(result.events), grouped(UInt64(speed)),
        rounded(result.seconds, digits: 1),
      ])
    }
    return table.lines
  }
}

extension SourceCoverage {
  /// How much was reached, and by function the lines that were not.
  var lines: [String] {
    let whole = functions.filter { $0.reached == $0.total }.count
    var lines = [
      "\(file): \(reached) of \(total) lines reached, \(whole) of \(functions.count) functions"
        + " whole; not reached:"
    ]
    for function in functions where !function.unreached.isEmpty {
      lines.append(
        "  \(function.function) (\(function.reached) of \(function.total) lines reached)"
      )
      for line in function.unreached {
        let number = String(line.line)
        let margin = String(repeating: " ", count: max(0, 6 - number.count))
        lines.append("  \(margin)\(number)  \(line.text)")
      }
    }
    return lines
  }
}

extension CheckReport.Result {
  /// The verdict, and how often it was earned.
  var verdictText: String {
    verdict == .violated ? "violated (\(violations.count))" : verdict.rawValue
  }

  /// What was tested, so that a passing run says what it covered; with `counts` how often.
  func coverageLines(counts hasCounts: Bool) -> [String] {
    var lines = [
      "\(system)/\(subject): seed \(seed), shard \(shard), cases up to \(caseLimit)"
        + " (\(ending)), \(grouped(audits)) audits"
    ]
    lines += loaded.map { "  loaded: \($0)" }
    lines += dialect.map { "  given the benefit of a dialect: \($0)" }
    lines += notJudged.map { "  not judged: \($0)" }
    lines += accepted.map {
      $0.count > 0
        ? "  accepted: \($0.fingerprint), \(grouped($0.count)) times (\($0.reason))"
        : "  accepted, and never seen: \($0.fingerprint) (\($0.reason))"
    }
    if let hindrance { lines.append("  FEW CASES: \(hindrance)") }
    lines += nondeterminism.map { "  NOT DETERMINISTIC: \($0)" }
    if hasCounts { lines += countLines }
    if !labelsNeverReached.isEmpty {
      lines.append("  never reached: \(labelsNeverReached.joined(separator: ", "))")
    }
    if !missing.isEmpty {
      lines.append(
        "  VACUOUS: a check has to reach \(missing.joined(separator: ", "));"
          + " give it more cases or time"
      )
    }
    return lines
  }

  /// How often each call ended how, and each label was reached.
  private var countLines: [String] {
    var byOperation: [(String, [String])] = []
    for entry in operationCounts {
      if byOperation.last?.0 != entry.operation { byOperation.append((entry.operation, [])) }
      byOperation[byOperation.count - 1].1.append("\(entry.result): \(grouped(entry.count))")
    }
    var lines = byOperation.map { operation, counts in
      "  \(operation)  \(counts.joined(separator: ", "))"
    }
    if !labelCounts.isEmpty {
      let counts = labelCounts.map { "\($0.label) \(grouped($0.count))" }
      lines.append("  \(labels): \(counts.joined(separator: ", "))")
    }
    return lines
  }
}

extension ViolationReport {
  /// The violation as a person reads it.
  public func lines(title: String) -> [String] {
    var lines = ["\(title): \(rule)", "  \(message)"]
    for other in also {
      lines += [
        "  also       \(other.rule): \(other.message)", "             (\(other.fingerprint))",
      ]
    }
    lines += ["", "  rule       \(statement)"]
    lines.append("             (\(reference))")
    lines.append("  with       \(configuration)")
    if let firstCase, let occurrences {
      lines.append("  found in   \(occurrences) cases, first in case \(firstCase)")
    }
    lines += [
      "",
      isCut == true
        ? "  sequence of calls, not shrunk to the end:"
        : "  shortest sequence of calls:",
    ]
    if calls.isEmpty { lines.append("    none: it is so before the first call") }
    for (number, call) in calls.enumerated() {
      lines.append("    \(number + 1)  \(call.text)")
    }
    if !history.isEmpty {
      let subject = entryAddress.map { "the entry at \($0)" } ?? inputAddress
      lines += ["", "  what happened\(subject.map { " to \($0)" } ?? ""):"]
      if omittedSteps > 0 { lines.append("    (\(omittedSteps) earlier steps left out)") }
      for step in history {
        lines.append("    call \(step.call)  #\(step.event)  \(step.text)")
      }
    }
    lines.append("")
    for section in sections {
      let parts = section.text.split(separator: "\n", omittingEmptySubsequences: false)
      if parts.count > 1 {
        lines += ["  \(section.title):"] + parts.map { $0.isEmpty ? "" : "    \($0)" }
      } else {
        let margin = String(repeating: " ", count: max(0, 9 - section.title.count))
        lines.append("  \(section.title)\(margin)  \(section.text)")
      }
    }
    lines += ["  known as   \(fingerprint)", "  replay     \(replay)"]
    return lines
  }
}
