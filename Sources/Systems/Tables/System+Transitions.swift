public import Architecture
public import Checking
import Oracles

extension System {
  /// The change of an entry from one kind to another.
  public struct Transition: Sendable, Hashable, CustomStringConvertible {
    /// The kind before.
    public let old: EntryKind
    /// The kind after.
    public let new: EntryKind

    /// The two kinds, as `page -> invalid`.
    public var description: String { "\(old) -> \(new)" }

    /// Every change, in the order in which they are counted.
    static let all = EntryKind.allCases.flatMap { old in
      EntryKind.allCases.map { Transition(old: old, new: $0) }
    }
  }
}

extension Set<System.Transition> {
  /// Their labels.
  var labels: Set<String> { Set<String>(map(\.description)) }
}

extension Coverage {
  /// How entries of tables change; the changes that a check has to have seen.
  static func transitions(_ required: [(EntryKind, EntryKind)]) -> Coverage {
    Coverage(
      "entry transitions",
      labels: System.Transition.all.map(\.description),
      required: required.map { System.Transition(old: $0.0, new: $0.1).description }
    )
  }
}

extension CheckStatistics {
  /// Adds how entries changed.
  mutating func count(_ transitions: TransitionMatrix) {
    count(labels: System.Transition.all.map { UInt64(transitions[from: $0.old, to: $0.new]) })
  }
}
