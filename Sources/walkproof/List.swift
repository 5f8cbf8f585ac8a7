import ArgumentParser
import Foundation
import Oracles
import Reports
import Systems

/// Shows what there is.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the systems and their subjects, or the rules that they are judged by."
  )

  @Option(help: "The system to show; all by default.")
  var system: String?

  @Flag(help: "Show the rules: what each demands, where it is from, and which oracle applies it.")
  var rules = false

  @OptionGroup var output: OutputOptions

  private struct SubjectEntry: Encodable {
    var system: String
    var subject: String
    var role: String
    var summary: String
  }

  private struct RuleEntry: Encodable {
    var system: String
    var rule: String
    var statement: String
    var reference: String
    var oracle: String
  }

  func run() throws {
    let systems = System.all.filter { system == nil || $0.name == system }
    if systems.isEmpty {
      let names = System.all.map(\.name).joined(separator: ", ")
      throw Complaint(.usage, "there is no system '\(system ?? "")'; there are \(names)")
    }
    let sink = try ReportSink(path: output.output)
    switch (output.format, rules) {
    case (.json, false): try sink.write(try JSON.text(systems.flatMap(subjectEntries)))
    case (.json, true): try sink.write(try JSON.text(systems.flatMap(ruleEntries)))
    case (_, false): try sink.write(systems.map(subjectText).joined(separator: "\n"))
    case (_, true): try sink.write(systems.map(ruleText).joined(separator: "\n"))
    }
  }

  private func subjectEntries(_ system: System) -> [SubjectEntry] {
    system.subjects.map {
      SubjectEntry(
        system: system.name,
        subject: $0.name,
        role: $0.role.rawValue,
        summary: $0.summary
      )
    }
  }

  private func ruleEntries(_ system: System) -> [RuleEntry] {
    system.rules.map {
      RuleEntry(
        system: system.name,
        rule: $0.name,
        statement: $0.statement,
        reference: $0.reference,
        oracle: $0.oracle
      )
    }
  }

  private func subjectText(_ system: System) -> String {
    let width = system.subjects.map(\.name.count).max() ?? 0
    var lines = ["\(system.name): \(system.summary)"]
    for subject in system.subjects {
      let padding = String(repeating: " ", count: width - subject.name.count)
      let role = subject.role.rawValue
      lines.append(
        "  \(subject.name)\(padding)  \(role)\(String(repeating: " ", count: 7 - role.count))  "
          + subject.summary
      )
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func ruleText(_ system: System) -> String {
    var lines = ["\(system.name): \(system.summary)"]
    var oracle = ""
    for rule in system.rules {
      if rule.oracle != oracle { lines.append("  \(rule.oracle)") }
      oracle = rule.oracle
      lines += ["    \(rule.name): \(rule.statement)", "      Reference: \(rule.reference)."]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
