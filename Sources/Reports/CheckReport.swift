public import Checking
import Machines
public import Property
public import Systems

/// The findings of `check`, as data.
///
/// The property names are the keys of its JSON form.
public struct CheckReport: Codable, Sendable, Equatable {
  /// The version of the JSON form.
  public static let formatVersion = 2

  /// What a subject came to.
  public enum Verdict: String, Codable, Sendable {
    /// Nothing was found.
    case holds
    /// Something was found.
    case violated
    /// Nothing was found, but something that had to be reached was not.
    case vacuous
    /// Nothing was found, and the check was interrupted.
    case undecided
    /// A case did not do the same twice: a fault of walkproof or of the subject.
    case nondeterministic
  }

  /// How often one operation ended in one result.
  public struct OperationCount: Codable, Sendable, Equatable {
    /// The operation.
    public var operation: String
    /// The result, as Linux spells it; `other` for the rest.
    public var result: String
    /// How often.
    public var count: UInt64
  }

  /// How often one of the system's labels was reached.
  public struct LabelCount: Codable, Sendable, Equatable {
    /// The label, as `page -> block`.
    public var label: String
    /// How often.
    public var count: UInt64
  }

  /// A finding that is known and accepted.
  public struct AcceptedFinding: Codable, Sendable, Equatable {
    /// Its fingerprint.
    public var fingerprint: String
    /// Why it is accepted.
    public var reason: String
    /// How often it occurred; 0 if it no longer does.
    public var count: UInt64
  }

  /// What was found of one subject.
  public struct Result: Codable, Sendable, Equatable {
    /// The system.
    public var system: String
    /// The subject.
    public var subject: String
    /// What it came to.
    public var verdict: Verdict
    /// The seed of its cases.
    public var seed: String
    /// The shard, as `1/1`.
    public var shard: String
    /// One more than the last case index covered: `--cases` with this number covers the same.
    public var caseLimit: UInt64
    /// How many cases were run.
    public var cases: UInt64
    /// How many operations they had.
    public var operations: UInt64
    /// How many events the judges saw.
    public var events: UInt64
    /// How many full audits were made.
    public var audits: UInt64
    /// How long it took, in seconds; the only field that differs from run to run.
    public var seconds: Double
    /// Why it ended: completed, stopped, interrupted or failureLimit.
    public var ending: String
    /// What was loaded, each with the name that it has for itself; empty for what is in this package.
    public var loaded: [String]
    /// What the subject cannot do or keep, and so was not judged.
    public var notJudged: [String]
    /// Where the subject differs from others of its kind without being wrong.
    public var dialect: [String]
    /// What was found and is accepted, and what was accepted and not found.
    public var accepted: [AcceptedFinding]
    /// Operations by kind and result, those that occurred.
    public var operationCounts: [OperationCount]
    /// What the system's labels are, as `entry transitions`.
    public var labels: String
    /// The labels that were reached.
    public var labelCounts: [LabelCount]
    /// The labels that never were.
    public var labelsNeverReached: [String]
    /// The labels and outcomes that were not reached, and without which the check tested nothing.
    public var missing: [String]
    /// What was found, a shortest counterexample each.
    public var violations: [ViolationReport]
    /// Cases that did not do the same twice.
    public var nondeterminism: [String]
    /// Why there are far fewer cases than there should be; nil where there are not.
    public var hindrance: String?
  }

  /// The version of this form.
  public var formatVersion = CheckReport.formatVersion
  /// The subjects, in the order in which they were checked.
  public var results: [Result]
  /// Which lines of a tree's own code were reached, where that was asked for.
  public var coverage: SourceCoverage?

  /// The report of these results.
  public init(results: [Result]) { self.results = results }

  /// How the command ends.
  public var status: ExitStatus {
    let verdicts = Set(results.map(\.verdict))
    if verdicts.contains(.violated) { return .violated }
    if verdicts.contains(.nondeterministic) { return .internalFault }
    // A check of nothing tells nothing.
    if results.isEmpty { return .undecided }
    return verdicts.contains(.vacuous) || verdicts.contains(.undecided) ? .undecided : .held
  }
}

/// One violation with its shortest counterexample, as data.
public struct ViolationReport: Codable, Sendable, Equatable {
  /// A call of the counterexample.
  public struct Call: Codable, Sendable, Equatable {
    /// The call as it would be written.
    public var text: String
    /// How many events it took.
    public var events: Int
  }

  /// What one side makes of what is concerned.
  public struct Section: Codable, Sendable, Equatable {
    /// Whose account it is.
    public var title: String
    /// The account.
    public var text: String
  }

  /// Something that touched the entry concerned.
  public struct Step: Codable, Sendable, Equatable {
    /// The number of the call, from 1.
    public var call: Int
    /// The number of the event, from 1.
    public var event: Int
    /// The event in words.
    public var text: String
  }

  /// Something else that the last call of the counterexample broke.
  public struct Other: Codable, Sendable, Equatable {
    /// The name of the rule.
    public var rule: String
    /// What happened.
    public var message: String
    /// The same for every instance of the same fault.
    public var fingerprint: String
  }

  /// The name of the rule.
  public var rule: String
  /// The rule, in a sentence.
  public var statement: String
  /// Where the rule comes from.
  public var reference: String
  /// What happened.
  public var message: String
  /// The same for every instance of the same fault.
  public var fingerprint: String
  /// What else the same call broke, what explains more before what explains less.
  public var also: [Other]
  /// The first case that failed so; nil for a replay.
  public var firstCase: UInt64?
  /// How many cases failed so.
  public var occurrences: UInt64?
  /// True where the shortest calls that show it were not looked for to the end.
  public var isCut: Bool?
  /// The token by which `replay` shows it again.
  public var token: String
  /// The command that shows it again.
  public var replay: String
  /// The configuration in words.
  public var configuration: String
  /// The calls.
  public var calls: [Call]
  /// What happened to the entry concerned, in order.
  public var history: [Step]
  /// How many steps of the history were left out.
  public var omittedSteps: Int
  /// The physical address of the entry concerned, in hexadecimal.
  public var entryAddress: String?
  /// The input address concerned, in hexadecimal.
  public var inputAddress: String?
  /// What each side makes of what is concerned, at the end.
  public var sections: [Section]

  /// A counterexample with the token that replays it.
  public init(
    _ counterexample: Counterexample,
    token: ReplayToken,
    replay: ReplayForm = .command(options: ""),
    failure: Failure? = nil
  ) {
    let finding = counterexample.finding
    rule = finding.rule.name
    statement = finding.rule.statement
    reference = finding.rule.reference
    message = finding.message
    fingerprint = finding.fingerprint
    also = finding.others.map {
      Other(rule: $0.rule.name, message: $0.message, fingerprint: $0.fingerprint)
    }
    firstCase = failure?.caseIndex
    occurrences = failure?.occurrences
    let endings: [ShrinkEnding?] = [.minimal, .outOfBudget]
    let isWhole = failure.map { endings.contains($0.shrunk?.ending) } ?? true
    isCut = isWhole ? nil : true
    self.token = token.text
    self.replay = replay.text(token: token.text)
    configuration = counterexample.configuration
    calls = counterexample.calls.map { Call(text: $0.text, events: $0.eventCount) }
    history = counterexample.history.map {
      Step(call: $0.call + 1, event: $0.ordinal, text: $0.text)
    }
    omittedSteps = counterexample.omittedSteps
    entryAddress = finding.entryAddress.map { "0x" + String($0, radix: 16) }
    inputAddress = finding.inputAddress.map { "0x" + String($0, radix: 16) }
    sections = counterexample.sections.map { Section(title: $0.title, text: $0.text) }
  }
}

extension CheckReport.Result {
  /// What a campaign over a subject came to.
  public init(
    system: System,
    subject: Subject,
    campaign: CampaignResult<CheckStatistics>,
    accepting acceptance: AcceptedFindings = AcceptedFindings(),
    seconds: Double
  ) {
    let statistics = campaign.statistics
    self.system = system.name
    self.subject = subject.name
    seed = campaign.seed.description
    shard = "\(campaign.shard.index + 1)/\(campaign.shard.count)"
    caseLimit = campaign.covered.upperBound
    cases = campaign.casesRun
    operations = statistics.operationCount
    events = statistics.events
    audits = statistics.audits
    self.seconds = seconds
    ending = campaign.ending.rawValue
    loaded = subject.loaded
    notJudged = subject.notJudged
    dialect = subject.dialect
    accepted = acceptance.entries.filter { system.goes(by: $0.system) }.map {
      CheckReport.AcceptedFinding(
        fingerprint: $0.fingerprint,
        reason: $0.reason,
        count: statistics.accepted[$0.fingerprint] ?? 0
      )
    }
    let fingerprints = acceptance.fingerprints(in: system)
    operationCounts = system.operations.enumerated().flatMap { kind, name in
      zip(
        CheckStatistics.results.map(\.description) + ["other"],
        statistics.counts(ofOperation: kind)
      )
      .filter { $0.1 > 0 }
      .map { CheckReport.OperationCount(operation: name, result: $0.0, count: $0.1) }
    }
    labels = system.coverage.title
    let counts = system.coverage.labels.enumerated().map { number, label in
      CheckReport.LabelCount(label: label, count: statistics.count(ofLabel: number))
    }
    labelCounts = counts.filter { $0.count > 0 }
    labelsNeverReached = counts.filter { $0.count == 0 }.map(\.label)
    missing = system.missing(statistics, of: subject)
    var unsteady = campaign.nondeterminism.map { UnsteadyCase($0) }
    violations = campaign.failures.compactMap { failure in
      let told = subject.counterexample(replaying: failure.simplest, accepting: fingerprints)
      guard let told else {
        // A failure that its own choices do not reproduce is as bad as one that comes and goes.
        unsteady.append(UnsteadyCase(failure))
        return nil
      }
      return ViolationReport(
        told,
        token: ReplayToken(system, subject, failure.simplest),
        replay: subject.replay,
        failure: failure
      )
    }
    // What is ours does the same twice, or is at fault itself; what is somebody's own is found out.
    nondeterminism = subject.role == .external ? [] : unsteady.map(\.text)
    if subject.role == .external, !fingerprints.contains(Rule.unsteady.name),
      let found = UnsteadyCase.report(unsteady, of: subject, in: system)
    {
      violations.append(found)
    }
    verdict =
      !nondeterminism.isEmpty
      ? .nondeterministic
      : !violations.isEmpty
        ? .violated
        : ending == CampaignEnding.interrupted.rawValue
          ? .undecided : missing.isEmpty ? .holds : .vacuous
  }
}
