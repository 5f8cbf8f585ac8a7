import ArgumentParser
import Checking
import Foundation
import Machines
import Plugins
import Property
import Reports
import Systems

/// Checks subjects by randomised generation.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check walkers against the reference model and every oracle, on random cases.",
    discussion: """
      A failure is shrunk to the shortest sequence of calls, printed with the command that replays \
      it, and written into the corpus, which every later run replays first.
      """
  )

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var budget: BudgetOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var corpus: CorpusOptions
  @OptionGroup var acceptance: AcceptanceOptions

  @Option(help: "How many different failures of a subject end its check.")
  var failures = 16

  @Flag(help: "End at the first violation, and do not shrink it.")
  var stopAtFirst = false

  @Flag(help: "Say on a terminal too how often each call ended how, as in files and pipes.")
  var verbose = false

  func validate() throws {
    if failures < 1 { throw ValidationError("--failures must be at least 1.") }
  }

  func run() throws {
    let start = ContinuousClock().now
    let accepted = try acceptance.findings(of: selection.external)
    let sink = try ReportSink(path: output.output)
    let folder = corpus.folder
    let known = try corpus.entries()
    let external = try selection.external.load()
    let chosen = try selection.selection(external)
    catchInterrupts()
    let time = CommandTime(budget, isNamed: selection.isNamed, since: start)
    var terminal = Terminal()
    var report = CheckReport(results: [])
    var corpusComplaint: Complaint?
    for (number, (system, subject)) in chosen.enumerated() where !interruptFlag.isRaised {
      if stopAtFirst, report.status == .violated { break }
      let limit = time.limit(among: chosen.count - number, shrinks: !stopAtFirst)
      let fingerprints = accepted.fingerprints(in: system)
      let again = replay(known, of: system, subject, accepting: fingerprints, limit, &terminal)
      let keeper = FindingKeeper(
        folder,
        system,
        subject,
        seed: budget.seed.seed,
        known: Set(again.map(\.fingerprint))
      )
      var result = check(
        subject,
        of: system,
        limit,
        accepting: accepted,
        keeper,
        &terminal
      )
      for violation in again
      where !result.violations.contains(where: { $0.fingerprint == violation.fingerprint }) {
        result.violations.append(violation)
        result.verdict = .violated
      }
      // What is accepted is passed over in a replay only where it is accepted there too.
      if let path = acceptance.accept {
        for index in result.violations.indices {
          result.violations[index].replay += " --accept \(ShellWord.quoted(path))"
        }
      }
      keeper.keep(result.violations)
      corpusComplaint = corpusComplaint ?? keeper.complaint
      report.results.append(result)
    }
    terminal.clear()
    if selection.external.uncovered { report.coverage = external?.coverage() }
    let hasFindings = report.status == .violated
    corpusComplaint.map { if report.status != .held { Terminal.complain($0.description) } }
    switch output.format {
    case .text:
      let text = verbose || !sink.isTerminal ? report.text : report.brief
      try sink.write(text, hasFindings: hasFindings)
    case .json: try sink.write(try JSON.text(report), hasFindings: hasFindings)
    }
    if report.status == .held, let corpusComplaint { throw corpusComplaint }
    let isCut = interruptFlag.isRaised && report.results.count < chosen.count
    try (isCut && report.status == .held ? .undecided : report.status).end()
  }

  /// Runs one subject's campaign.
  private func check(
    _ subject: Subject,
    of system: System,
    _ limit: TimeLimit,
    accepting accepted: AcceptedFindings,
    _ keeper: FindingKeeper,
    _ terminal: inout Terminal
  ) -> CheckReport.Result {
    let clock = ContinuousClock()
    let start = clock.now
    let share = ProcessorShare()
    var plan = budget.plan(failureLimit: stopAtFirst ? 1 : failures)
    // A schedule shrinks with its calls.
    if subject.exploration != nil { plan.shrinkBudget *= 5 }
    let fingerprints = accepted.fingerprints(in: system)
    let campaign = subject.campaign(
      plan,
      jobs: budget.threadCount,
      accepting: fingerprints,
      interrupt: interruptFlag,
      watch: CampaignWatch(
        isOver: { limit.isOver },
        found: { failure in
          limit.noteFound()
          keeper.keep(failure)
        },
        differed: { unsteady in
          if !fingerprints.contains(Rule.unsteady.name) { keeper.keep(unsteady) }
        }
      )
    )
    var screen = terminal
    var result = campaign.search(
      progress: { progress in
        let left = limit.secondsLeft.map { ", \(Int($0.rounded(.up))) s left" } ?? ""
        screen.progress(
          "\(system.name)/\(subject.name): \(progress.casesRun) cases, "
            + "\(progress.failures) failures\(left)"
        )
      }
    )
    let seconds = (clock.now - start).inSeconds
    let hindrance =
      result.ending == .stopped
      ? share.hindrance(cases: result.casesRun, threads: budget.threadCount) : nil
    if !result.failures.isEmpty, !stopAtFirst {
      screen.progress("\(system.name)/\(subject.name): shrinking \(result.failures.count) failures")
      limit.beginShrinking()
      campaign.shrinkFailures(of: &result)
    }
    terminal = screen
    var report = CheckReport.Result(
      system: system,
      subject: subject,
      campaign: result,
      accepting: accepted,
      seconds: seconds
    )
    report.hindrance = hindrance
    return report
  }

  /// Replays the known failures of a subject; those that still fail.
  private func replay(
    _ known: [CorpusEntry],
    of system: System,
    _ subject: Subject,
    accepting fingerprints: Set<String>,
    _ limit: TimeLimit,
    _ terminal: inout Terminal
  ) -> [ViolationReport] {
    var violations: [ViolationReport] = []
    for entry in known where entry.system == system.name && entry.subject == subject.name {
      if limit.isOver || interruptFlag.isRaised {
        terminal.note(
          "\(system.name)/\(subject.name): not all known failures were replayed in time"
        )
        break
      }
      let told = subject.retell(entry.token, accepting: fingerprints)
      let difference =
        entry.kind == .unsteady && !fingerprints.contains(entry.fingerprint)
        ? subject.difference(
          amongRunsOf: entry.choices,
          accepting: fingerprints,
          in: entry.setting
        ) : nil
      if let difference,
        let found = ViolationReport(unsteady: difference, entry.token, of: subject)
      {
        violations.append(found)
        continue
      }
      guard let counterexample = told?.counterexample else {
        let fate = fate(of: entry, subject, told?.meaning)
        terminal.note("\(system.name)/\(subject.name): \(fate): \(entry.fingerprint)")
        continue
      }
      let violation = ViolationReport(
        counterexample,
        token: entry.token,
        replay: subject.replay
      )
      guard !violations.contains(where: { $0.fingerprint == violation.fingerprint }) else {
        continue
      }
      violations.append(violation)
    }
    return violations
  }

  /// Why a known failure is none here; `meaning` is its case in words, nil where the subject cannot make it.
  private func fate(of entry: CorpusEntry, _ subject: Subject, _ meaning: [String]?) -> String {
    guard let meaning else {
      return entry.kind == .explored
        ? "not replayed, since it is of calls that there are no more"
        : "not replayed, since it was found in \(entry.setting) and this is \(subject.setting)"
    }
    // What a failing case ends with, one that holds goes on behind.
    guard meaning.starts(with: entry.meaning) else {
      return "not replayed, since its choices mean another case to this program"
    }
    if subject.retell(entry.token)?.counterexample != nil { return "accepted" }
    if entry.kind == .unsteady { return "not seen this time, and it may come again" }
    if entry.meaning.isEmpty { return "not seen, in a case that may be another one than it was" }
    return entry.origin == subject.origin
      ? "fixed since" : "not here, as it was in \(entry.origin)"
  }
}

extension Duration {
  /// The duration in seconds.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
