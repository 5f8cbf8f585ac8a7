/// The theorems about one system, or about a family of systems that is proved together.
///
/// Each is declared in its system's folder and named once in `Catalogue.all`.
struct SystemTheorems: Sendable {
  /// The system's name, or the family's.
  let system: String
  /// The jobs that prove them, in a fixed order; the longest come first.
  let jobs: @Sendable () -> [ProofJob]
  /// What they may be proved of besides the built-in walkers, by the subject's name; nil for no such
  /// subject.
  let subject: @Sendable (String) -> ProofSubject?
}
