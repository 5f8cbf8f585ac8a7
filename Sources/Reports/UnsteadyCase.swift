public import Checking
import Machines
public import Property
import Systems

/// A case that did not do the same twice.
struct UnsteadyCase {
  /// The index of the case.
  let caseIndex: UInt64
  /// What was different, in a line.
  let difference: String
  /// The choices of the case.
  let choices: [UInt64]

  init(_ found: Nondeterminism) {
    (caseIndex, difference, choices) = (found.caseIndex, found.difference, found.choices)
  }

  /// A failure that did not happen again.
  init(_ failure: Failure) {
    caseIndex = failure.caseIndex
    difference = "it failed, and not when it was replayed: \(failure.violation.summary)"
    choices = failure.choices
  }

  /// The case in a line.
  var text: String { "case \(caseIndex): \(difference)" }

  /// All of a subject's as one finding about it, with the calls of the first.
  static func report(
    _ cases: [UnsteadyCase],
    of subject: Subject,
    in system: System
  ) -> ViolationReport? {
    guard let first = cases.min(by: { $0.caseIndex < $1.caseIndex }),
      var report = ViolationReport(
        unsteady: first.difference,
        ReplayToken(system, subject, first.choices, .unsteady),
        of: subject
      )
    else { return nil }
    report.firstCase = first.caseIndex
    report.occurrences = UInt64(Set(cases.map(\.caseIndex)).count)
    return report
  }
}

extension ViolationReport {
  /// A case that did not do the same twice, in what; nil where the subject can make none of these choices.
  public init?(unsteady difference: String, _ token: ReplayToken, of subject: Subject) {
    guard let told = subject.retell(token.choices, in: token.setting) else { return nil }
    let finding = Finding(
      .unsteady,
      "what it does depends on more than the calls that are made: \(difference)"
    )
    self.init(Counterexample(finding, about: told), token: token, replay: subject.replay)
  }
}

extension ReplayToken {
  /// The token of a subject's case.
  init(
    _ system: System,
    _ subject: Subject,
    _ choices: [UInt64],
    _ kind: ReplayToken.Kind = .drawn
  ) {
    self.init(
      system: system.name,
      subject: subject.name,
      setting: subject.setting,
      choices: choices,
      kind: kind
    )
  }
}
