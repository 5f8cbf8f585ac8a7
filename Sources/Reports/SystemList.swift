public import Checking
import Machines

/// Systems, and what is told of them.
public struct SystemList: Sendable {
  /// A subject of a system.
  public struct SubjectEntry: Encodable, Sendable {
    var system: String
    var subject: String
    var role: String
    var summary: String
  }

  /// A rule of a system.
  public struct RuleEntry: Encodable, Sendable {
    var system: String
    var rule: String
    var statement: String
    var reference: String
    var oracle: String
  }

  private let systems: [System]

  /// The list of these systems.
  public init(_ systems: [System]) { self.systems = systems }

  /// The subjects of each system.
  public var subjects: [SubjectEntry] {
    systems.flatMap { system in
      system.subjects.map {
        SubjectEntry(
          system: system.name,
          subject: $0.name,
          role: $0.role.rawValue,
          summary: $0.summary
        )
      }
    }
  }

  /// The rules of each system.
  public var rules: [RuleEntry] {
    systems.flatMap { system in
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
  }

  /// The subjects as a person reads them.
  public var subjectText: String { systems.map(subjectText).joined(separator: "\n") }

  /// The rules as a person reads them.
  public var ruleText: String { systems.map(ruleText).joined(separator: "\n") }

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
