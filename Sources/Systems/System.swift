public import Architecture
import Machines
public import Oracles
import Property

/// A family of subjects that are judged in the same way.
public struct System: Sendable {
  /// The change of an entry from one kind to another.
  public struct Transition: Sendable, Hashable, CustomStringConvertible {
    /// The kind before.
    public let old: EntryKind
    /// The kind after.
    public let new: EntryKind

    /// The two kinds, as `page -> invalid`.
    public var description: String { "\(old) -> \(new)" }
  }

  /// Operations of one kind that end with one result.
  public struct Outcome: Sendable, Hashable, CustomStringConvertible {
    /// The number of the kind among the system's operations.
    let operation: Int
    /// The kind's name.
    let name: String
    /// The result.
    let result: Errno

    /// The kind and the result, as `map = -ENOMEM`.
    public var description: String { "\(name) = \(result)" }
  }

  /// The name, as on the command line.
  public let name: String
  /// What it is, in a sentence.
  public let summary: String
  /// The names of its operations, in the order in which they are counted.
  public let operations: [String]
  /// The changes that a check has to have seen, or it has tested nothing.
  public let requiredTransitions: [Transition]
  /// The outcomes that a check has to have seen besides.
  public var requiredOutcomes: [Outcome] = []
  /// The rules that are applied to it, the oracles' first, then the models'.
  public let rules: [Rule]
  /// What can be checked, clean ones first.
  public let subjects: [Subject]

  /// Every system there is.
  public static let all: [System] = [.arm64Stage2, .arm64Hyp, .armUnmap, .powerRadix]

  /// The system with a name; nil for none.
  public static func named(_ name: String) -> System? { all.first { $0.name == name } }

  /// The subject with a name; nil for none.
  public func subject(named name: String) -> Subject? { subjects.first { $0.name == name } }

  /// The required changes that a check of a subject never saw.
  public func missingTransitions(
    _ statistics: CheckStatistics,
    of subject: Subject? = nil
  ) -> [Transition] {
    requiredTransitions.filter { subject?.unreachable.contains($0) != true }.filter {
      statistics.transitions[from: $0.old, to: $0.new] == 0
    }
  }

  /// The required outcomes that a check never saw.
  public func missingOutcomes(_ statistics: CheckStatistics) -> [Outcome] {
    requiredOutcomes.filter { statistics.count(ofOperation: $0.operation, result: $0.result) == 0 }
  }

  /// Every change that a check never saw, the required ones or not.
  public static func unseenTransitions(_ statistics: CheckStatistics) -> [Transition] {
    EntryKind.allCases.flatMap { old in
      EntryKind.allCases.map { Transition(old: old, new: $0) }
    }.filter { statistics.transitions[from: $0.old, to: $0.new] == 0 }
  }
}

extension Rule {
  /// Every rule there is, as the systems apply them, each once.
  public static let all: [Rule] = {
    var seen: Set<Rule> = []
    return System.all.flatMap(\.rules).filter { seen.insert($0).inserted }
  }()
}
