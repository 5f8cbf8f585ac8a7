import ArgumentParser
import Checking
import Foundation
import Plugins
import Property
import Reports
import Systems

/// Compares two subjects on the same calls.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the same calls on two subjects: where they differ, and what each call costs.",
    discussion: """
      Name two of --linux-tree, --plugin and --subject; trees come before plugins, and plugins before \
      subjects of ours. Each difference is shrunk to the shortest calls that show it.
      """
  )

  @Option(help: "The top folder of a Linux tree.")
  var linuxTree: [String] = []

  @Option(help: "A shared object behind the plugin contract.")
  var plugin: [String] = []

  @Option(help: "One of our own subjects; see 'walkproof list'.")
  var subject: [String] = []

  @Option(help: "The granules to build trees for: 4K, 16K or 64K; all by default.")
  var granule: [GranuleArgument] = []

  @Option(help: "The system to compare in, one of several; all that both are of by default.")
  var system: [String] = []

  @OptionGroup var budget: BudgetOptions

  @Option(help: "How many different differences end the comparison.")
  var differences = 16

  @Option(help: "The form of the results: text, json or markdown.")
  var format = ComparisonFormat.text

  @Option(help: "The file that the results go to instead of standard output.")
  var output: String?

  func validate() throws {
    if linuxTree.count + plugin.count + subject.count != 2 {
      throw ValidationError("Name two subjects, with --linux-tree, --plugin and --subject.")
    }
    if differences < 1 { throw ValidationError("--differences must be at least 1.") }
  }

  func run() throws {
    let start = ContinuousClock().now
    let sides = try sides()
    let sink = try ReportSink(path: output)
    catchInterrupts()
    var terminal = Terminal()
    var report = CompareReport()
    let pairs = try systems(sides)
    if pairs.isEmpty {
      throw Complaint(
        .usage,
        "there is no system that both \(sides[0].name) and \(sides[1].name) are of"
      )
    }
    let time = CommandTime(budget, isNamed: true, since: start)
    for (number, (system, pair)) in pairs.enumerated() where !interruptFlag.isRaised {
      let limit = time.limit(among: pairs.count - number)
      let campaign = compare(pair, in: system, limit, &terminal)
      report.results.append(
        CompareReport.Result(
          system: system,
          first: sides[0].name,
          second: sides[1].name,
          pair: pair,
          campaign: campaign
        )
      )
    }
    terminal.clear()
    let hasFindings = report.status == .violated
    switch format {
    case .text: try sink.write(report.text, hasFindings: hasFindings)
    case .markdown: try sink.write(report.markdown, hasFindings: hasFindings)
    case .json: try sink.write(try JSON.text(report), hasFindings: hasFindings)
    }
    try (interruptFlag.isRaised && report.status == .held ? .undecided : report.status).end()
  }

  /// A subject by the name that it was given, and what it is in each system.
  private typealias Side = (name: String, subject: (System) -> Subject?)

  private func sides() throws(Complaint) -> [Side] {
    var sides: [Side] = []
    for path in linuxTree {
      let loaded = try ExternalOptions.load(
        linuxTree: path,
        granules: granule.map(\.granule)
      )
      sides.append((path, { loaded.subject(in: $0) }))
    }
    for path in plugin {
      let loaded = try ExternalOptions.load(plugins: [path])
      sides.append((path, { loaded.subject(in: $0) }))
    }
    for name in subject {
      guard System.all.contains(where: { $0.subject(named: name) != nil }) else {
        throw Complaint(
          .usage,
          "there is no subject '\(name)'; 'walkproof list' shows those there are"
        )
      }
      sides.append((name, { $0.subject(named: name) }))
    }
    return sides
  }

  private func systems(_ sides: [Side]) throws(Complaint) -> [(System, SubjectPair)] {
    try System.selection(system).compactMap { system in
      guard let first = sides[0].subject(system), let second = sides[1].subject(system),
        let pair = SubjectPair(first, second)
      else { return nil }
      return (system, pair)
    }
  }

  private func compare(
    _ pair: SubjectPair,
    in system: System,
    _ limit: TimeLimit,
    _ terminal: inout Terminal
  ) -> CampaignResult<CallCosts> {
    let campaign = pair.campaign(
      budget.plan(failureLimit: differences),
      jobs: budget.threadCount,
      interrupt: interruptFlag,
      watch: CampaignWatch(isOver: { limit.isOver }, found: { _ in limit.noteFound() })
    )
    var screen = terminal
    var result = campaign.search(
      progress: { progress in
        screen.progress(
          "\(system.name): \(progress.casesRun) cases, \(progress.failures) differences"
        )
      }
    )
    if !result.failures.isEmpty {
      screen.progress("\(system.name): shrinking \(result.failures.count) differences")
      limit.beginShrinking()
      campaign.shrinkFailures(of: &result)
    }
    terminal = screen
    return result
  }
}
