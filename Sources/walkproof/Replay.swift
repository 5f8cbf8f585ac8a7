import ArgumentParser
import Checking
import Foundation
import Machines
import Plugins
import Property
import Reports
import Systems

/// Runs one case again.
struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run one case again, from its token or from a file of the corpus, and show it."
  )

  @Argument(help: "A token, as 'check' or 'explore' prints it, or the path of a corpus file.")
  var `case`: String

  @OptionGroup var external: ExternalOptions
  @OptionGroup var acceptance: AcceptanceOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let token = try token()
    let system = try System.ofCase(in: token.system)
    let subject = try subject(of: token, in: system)
    let accepted = try acceptance.findings(of: external).fingerprints(in: system)
    let sink = try ReportSink(path: output.output)
    guard let violation = try violation(of: token, subject, accepted) else {
      let name = "\(system.name)/\(subject.name)"
      let isUnsteady = token.kind == .unsteady
      let fate =
        isUnsteady
        ? "the case held \(Subject.repeatCount) times, the same each time; when it was found it was not"
        : "the case holds; nothing is violated"
      try sink.write(output.format == .json ? "null\n" : "\(name): \(fate)\n")
      // What comes and goes is not known to be gone.
      try (isUnsteady ? ExitStatus.undecided : .held).end()
      return
    }
    switch output.format {
    case .text:
      let lines = violation.lines(title: "\(system.name)/\(subject.name)")
      try sink.write(lines.joined(separator: "\n") + "\n", hasFindings: true)
    case .json: try sink.write(try JSON.text(violation), hasFindings: true)
    }
    try ExitStatus.violated.end()
  }

  /// What is wrong with the case; nil where it holds.
  private func violation(
    of token: ReplayToken,
    _ subject: Subject,
    _ accepted: Set<String>
  ) throws(Complaint) -> ViolationReport? {
    let counterexample = try counterexample(of: token, subject, accepted)
    if token.kind == .unsteady, !accepted.contains(Rule.unsteady.name),
      let difference = subject.difference(
        amongRunsOf: token.choices,
        accepting: accepted,
        in: token.setting
      )
    {
      return ViolationReport(unsteady: difference, token, of: subject)
    }
    return counterexample.map { ViolationReport($0, token: token, replay: subject.replay) }
  }

  /// The case in words; nil where it holds.
  private func counterexample(
    of token: ReplayToken,
    _ subject: Subject,
    _ accepted: Set<String>
  ) throws(Complaint) -> Counterexample? {
    if let told = subject.retell(token, accepting: accepted) { return told.counterexample }
    if token.kind == .explored {
      throw Complaint(
        .malformed,
        "the case is of calls that \(token.system)/\(token.subject) has not; see"
          + " 'walkproof explore --list-calls', and explore again"
      )
    }
    throw Complaint(
      .usage,
      "the case was drawn from \(token.setting), and this has \(subject.setting); replay it with"
        + " what it was found in"
    )
  }

  /// The subject that a case is of: one of ours, or one that the command line loads.
  private func subject(of token: ReplayToken, in system: System) throws(Complaint) -> Subject {
    if let found = system.subject(named: token.subject) { return found }
    guard ExternalSubject.names.contains(token.subject) else {
      throw Complaint(
        .malformed,
        "the case is of the subject '\(token.subject)', which \(system.name) has not;"
          + " see 'walkproof list'"
      )
    }
    guard let loaded = try external.load()?.subject(in: system), loaded.name == token.subject
    else {
      throw Complaint(
        .usage,
        "the case is of a \(token.subject): say of which, with --\(token.subject)"
      )
    }
    return loaded
  }

  /// The case, from a file if there is one of that name, else from the text itself.
  private func token() throws(Complaint) -> ReplayToken {
    // A damaged token may hold anything, but it begins as a token does.
    let looksLikeFile =
      !ReplayToken.Kind.allCases.contains { `case`.hasPrefix($0.rawValue) }
      && (`case`.hasSuffix(".json") || `case`.contains("/"))
    if looksLikeFile || FileManager.default.fileExists(atPath: `case`) {
      return try JSON.corpusEntry(InputFile.read(`case`), path: `case`).token
    }
    do {
      return try ReplayToken(parsing: `case`)
    } catch {
      throw Complaint(.malformed, "\(error); paste the whole token that 'check' printed")
    }
  }
}

extension System {
  /// The system that a token or a file of the corpus names.
  static func ofCase(in name: String) throws(Complaint) -> System {
    if let system = named(name) { return system }
    let heirs = all(named: name).map(\.name).joined(separator: " and ")
    let what = heirs.isEmpty ? "which there is not" : "which has become \(heirs)"
    throw Complaint(
      .malformed,
      "the case is of the system '\(name)', \(what); see 'walkproof list', and check again"
    )
  }
}
