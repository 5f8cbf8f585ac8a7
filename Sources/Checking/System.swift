public import Machines

/// A family of subjects that are judged in the same way.
public struct System: Sendable {
  /// Operations of one kind that end with one result.
  public struct Outcome: Sendable, Hashable, CustomStringConvertible {
    /// The number of the kind among the system's operations.
    let operation: Int
    /// The kind's name.
    let name: String
    /// The result.
    let result: Errno

    /// Operations of a kind, by its number and its name, with a result.
    public init(operation: Int, name: String, result: Errno) {
      self.operation = operation
      self.name = name
      self.result = result
    }

    /// The kind and the result, as `map = -ENOMEM`.
    public var description: String { "\(name) = \(result)" }
  }

  /// The name, as on the command line.
  public let name: String
  /// The name that it shares with others, by which the command line knows them all; nil for none.
  public let family: String?
  /// What it is, in a sentence.
  public let summary: String
  /// The names of its operations, in the order in which they are counted.
  public let operations: [String]
  /// What its cases may come to, beside how their operations end.
  public let coverage: Coverage
  /// The outcomes that a check has to have seen, or it has tested nothing.
  public let requiredOutcomes: [Outcome]
  /// The rules that are applied to it, the oracles' first, then the models'.
  public let rules: [Rule]
  /// What can be checked, clean ones first.
  public let subjects: [Subject]

  /// A system by its parts.
  public init(
    name: String,
    family: String? = nil,
    summary: String,
    operations: [String],
    coverage: Coverage = .none,
    requiredOutcomes: [Outcome] = [],
    rules: [Rule],
    subjects: [Subject]
  ) {
    self.name = name
    self.family = family
    self.summary = summary
    self.operations = operations
    self.coverage = coverage
    self.requiredOutcomes = requiredOutcomes
    self.rules = rules
    self.subjects = subjects
  }

  /// Whether a name is its own or its family's.
  public func goes(by name: String) -> Bool { name == self.name || name == family }

  /// The subject with a name; nil for none.
  public func subject(named name: String) -> Subject? { subjects.first { $0.name == name } }

  /// What a check of a subject had to reach and never did.
  public func missing(_ statistics: CheckStatistics, of subject: Subject? = nil) -> [String] {
    let labels = coverage.required.filter { label in
      subject?.unreachable.contains(label) != true
        && coverage.labels.firstIndex(of: label).map(statistics.count(ofLabel:)) == 0
    }
    let outcomes = requiredOutcomes.filter {
      statistics.count(ofOperation: $0.operation, result: $0.result) == 0
    }
    return labels + outcomes.map(\.description)
  }
}

/// What the cases of a system may come to, in the system's own words.
public struct Coverage: Sendable {
  /// What the labels are: `entry transitions`.
  public let title: String
  /// The labels, in the order in which they are counted.
  public let labels: [String]
  /// Those that a check has to reach, or it has tested nothing.
  public let required: [String]

  /// Labels under a title.
  public init(_ title: String, labels: [String], required: [String]) {
    precondition(Set(labels).isSuperset(of: required), "labels \(required) of \(labels)")
    self.title = title
    self.labels = labels
    self.required = required
  }

  /// Nothing beside how operations end.
  public static let none = Coverage("", labels: [], required: [])
}
