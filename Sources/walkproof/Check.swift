import ArgumentParser
import Checking
import Foundation
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

  @Option(help: "The folder of known failures.")
  var corpus = ".walkproof"

  @OptionGroup var acceptance: AcceptanceOptions

  @Flag(help: "Neither read nor write the corpus.")
  var noCorpus = false

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
    let accepted = try acceptance.findings(of: selection.external)
    let external = try selection.external.load()
    let chosen = try selection.selection(external)
    let sink = try ReportSink(path: output.output)
    let folder = noCorpus ? nil : Corpus(path: corpus)
    let known = try folder?.entries() ?? []
    for entry in known { _ = try System.ofCase(in: entry.system) }
    catchInterrupts()
    var terminal = Terminal()
    var report = CheckReport(results: [])
    var corpusComplaint: Complaint?
    for (system, subject) in chosen where !interruptFlag.isRaised {
      if stopAtFirst, report.status == .violated { break }
      var result = check(
        subject,
        of: system,
        among: chosen.count,
        accepting: accepted,
        &terminal
      )
      replay(known, of: system, subject, accepting: accepted, into: &result, &terminal)
      // What is accepted is passed over in a replay only where it is accepted there too.
      if let path = acceptance.accept {
        for index in result.violations.indices {
          result.violations[index].replay += " --accept \(path)"
        }
      }
      if let folder {
        do {
          try keep(result, of: subject, in: folder)
        } catch let complaint as Complaint {
          corpusComplaint = complaint
        }
      }
      report.results.append(result)
    }
    terminal.clear()
    if selection.external.uncovered { report.coverage = external?.coverage() }
    switch output.format {
    case .text: try sink.write(verbose || !sink.isTerminal ? report.text : report.brief)
    case .json: try sink.write(try JSON.text(report))
    }
    if report.status == .held, let corpusComplaint { throw corpusComplaint }
    corpusComplaint.map { Terminal.complain($0.description) }
    let isCut = interruptFlag.isRaised && report.results.count < chosen.count
    try (isCut && report.status == .held ? .undecided : report.status).end()
  }

  /// Runs one subject's campaign.
  private func check(
    _ subject: Subject,
    of system: System,
    among count: Int,
    accepting accepted: AcceptedFindings,
    _ terminal: inout Terminal
  ) -> CheckReport.Result {
    let clock = ContinuousClock()
    let start = clock.now
    let limit = budget.seconds(each: count, isNamed: selection.isNamed)
    let campaign = subject.campaign(
      budget.plan(failureLimit: stopAtFirst ? 1 : failures),
      jobs: budget.threadCount,
      accepting: accepted.fingerprints(in: system),
      interrupt: interruptFlag
    )
    var screen = terminal
    var result = campaign.search(
      shouldStop: { limit.map { (clock.now - start).inSeconds >= $0 } ?? false },
      progress: { progress in
        let elapsed = (clock.now - start).inSeconds
        let left = limit.map { ", \(Int(max(0, $0 - elapsed).rounded(.up))) s left" } ?? ""
        screen.progress(
          "\(system.name)/\(subject.name): \(progress.casesRun) cases, "
            + "\(progress.failures) failures\(left)"
        )
      }
    )
    let seconds = (clock.now - start).inSeconds
    if !result.failures.isEmpty, !stopAtFirst {
      screen.progress("\(system.name)/\(subject.name): shrinking \(result.failures.count) failures")
      campaign.shrinkFailures(of: &result)
    }
    terminal = screen
    return CheckReport.Result(
      system: system,
      subject: subject,
      campaign: result,
      accepting: accepted,
      seconds: seconds
    )
  }

  /// Replays the known failures of a subject, and adds those that still fail.
  private func replay(
    _ known: [CorpusEntry],
    of system: System,
    _ subject: Subject,
    accepting accepted: AcceptedFindings,
    into result: inout CheckReport.Result,
    _ terminal: inout Terminal
  ) {
    for entry in known where entry.system == system.name && entry.subject == subject.name {
      let told = subject.retell(
        entry.choices,
        accepting: accepted.fingerprints(in: system),
        in: entry.setting
      )
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
      guard !result.violations.contains(where: { $0.fingerprint == violation.fingerprint }) else {
        continue
      }
      result.violations.append(violation)
      result.verdict = .violated
    }
  }

  /// Why a known failure is none here; `meaning` is its case in words, nil where the subject cannot make it.
  private func fate(of entry: CorpusEntry, _ subject: Subject, _ meaning: [String]?) -> String {
    guard let meaning else {
      return "not replayed, since it was found in \(entry.setting) and this is \(subject.setting)"
    }
    // What a failing case ends with, one that holds goes on behind.
    guard meaning.starts(with: entry.meaning) else {
      return "not replayed, since its choices mean another case to this program"
    }
    if subject.retell(entry.choices, in: entry.setting)?.counterexample != nil { return "accepted" }
    if entry.meaning.isEmpty { return "not seen, in a case that may be another one than it was" }
    return entry.origin == subject.origin
      ? "fixed since" : "not here, as it was in \(entry.origin)"
  }

  /// Writes the failures of a result down.
  private func keep(
    _ result: CheckReport.Result,
    of subject: Subject,
    in folder: Corpus
  ) throws {
    for violation in result.violations {
      guard let firstCase = violation.firstCase,
        let token = try? ReplayToken(parsing: violation.token),
        let seed = UInt64(result.seed)
      else { continue }
      try folder.add(
        CorpusEntry(
          system: result.system,
          subject: result.subject,
          seed: Seed(seed),
          caseIndex: firstCase,
          choices: token.choices,
          fingerprint: violation.fingerprint,
          setting: token.setting,
          origin: subject.origin,
          meaning: subject.retell(token.choices, in: token.setting)?.meaning ?? []
        )
      )
    }
  }
}

extension Duration {
  /// The duration in seconds.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
