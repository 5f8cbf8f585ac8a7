/// How the command ends, as its callers see it.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Everything held and nothing was vacuous.
  case held = 0
  /// A property was violated.
  case violated = 1
  /// Nothing was violated, but something was not decided or not tested.
  case undecided = 2
  /// The command line makes no sense.
  case usage = 64
  /// An input file or token is malformed.
  case malformed = 65
  /// A fault of our own, nondeterminism included.
  case internalFault = 70
  /// The world: disk, pipe, permissions, a missing library.
  case world = 74
  /// The subject could not be built or loaded; `git bisect run` skips such a commit.
  case noSubject = 125

  /// What it means, in a few words.
  public var meaning: String {
    switch self {
    case .held: "everything held and nothing was vacuous"
    case .violated: "a property was violated"
    case .undecided: "undecided, vacuous or interrupted"
    case .usage: "usage"
    case .malformed: "malformed input"
    case .internalFault: "a fault of walkproof itself, nondeterminism included"
    case .world: "the disk, a pipe, permissions or a missing library"
    case .noSubject: "the subject could not be built or loaded"
    }
  }
}

/// A failure with the one line that a person is told of it.
public struct Complaint: Error, Sendable, CustomStringConvertible {
  /// How the command ends.
  public let status: ExitStatus
  /// What was wrong, where, and what to do.
  public let description: String

  /// The complaint with this line.
  public init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}
