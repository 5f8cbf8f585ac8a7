public import Machines

/// One thing that is wrong with a subject, as a person is told of it.
public struct Finding: Sendable, Hashable {
  /// The rule that is broken.
  public var rule: Rule
  /// What happened.
  public var message: String
  /// The same for every instance of the same fault.
  public var fingerprint: String
  /// The physical address of the descriptor concerned.
  public var entryAddress: UInt64?
  /// The input address concerned.
  public var inputAddress: UInt64?
  /// The level of the descriptor concerned.
  public var level: Int?
  /// The number of the event at which it was seen; as late as can be where it was seen in no event.
  public var eventOrdinal: Int
  /// What else the same operation broke, what explains more before what explains less.
  public var others: [Finding] = []

  /// What a model or a session saw; `cause` ends the fingerprint, which begins with the rule's name.
  public init(
    _ rule: Rule,
    _ message: String,
    cause: String = "",
    entryAddress: UInt64? = nil,
    inputAddress: UInt64? = nil,
    level: Int? = nil,
    eventOrdinal: Int = .max
  ) {
    self.rule = rule
    self.message = message
    fingerprint = rule.name + cause
    self.entryAddress = entryAddress
    self.inputAddress = inputAddress
    self.level = level
    self.eventOrdinal = eventOrdinal
  }
}

extension Finding {
  /// All that one operation broke as one finding: what explains the others, with the others in it.
  ///
  /// By rank, then by the number of the event at which each was seen, then as they were given. Each
  /// fingerprint once.
  public static func combined(_ findings: [Finding], rank: (Rule) -> Int) -> Finding? {
    var seen: Set<String> = []
    let ordered = findings.filter { seen.insert($0.fingerprint).inserted }.enumerated().sorted {
      let (a, b) = ($0.element, $1.element)
      return (rank(a.rule), a.eventOrdinal, $0.offset) < (rank(b.rule), b.eventOrdinal, $1.offset)
    }
    guard var first = ordered.first?.element else { return nil }
    first.others = ordered.dropFirst().map(\.element)
    return first
  }
}
