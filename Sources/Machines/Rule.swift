/// A rule, by which an oracle or a model judges.
///
/// Declared beside what applies it, and called by no other name elsewhere. `System.rules` says which of
/// them a system applies, `Rule.all` in `Systems` is the list of all. A class, so that what may be a
/// finding is small: every entry of every audit is one that is not.
public final class Rule: Sendable, Hashable {
  /// The name in reports and fingerprints, which does not change.
  ///
  /// Two architectures, or two models, may demand different things by one name.
  public let name: String
  /// What the rule demands, in a sentence.
  public let statement: String
  /// Where the rule comes from.
  public let reference: String
  /// What applies it: the judge's type, or the model.
  public let oracle: String

  /// A rule; where nothing else is said it is the API's own.
  public init(
    _ name: String,
    _ statement: String,
    reference: String = "the calls' own contract",
    oracle: String
  ) {
    self.name = name
    self.statement = statement
    self.reference = reference
    self.oracle = oracle
  }

  /// Whether both demand the same by the same name.
  public static func == (a: Rule, b: Rule) -> Bool {
    a === b
      || (a.name, a.statement, a.reference, a.oracle)
        == (b.name, b.statement, b.reference, b.oracle)
  }

  /// Rules of one name mostly are one.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
