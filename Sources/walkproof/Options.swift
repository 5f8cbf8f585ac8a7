import ArgumentParser
import Checking
import Foundation
import Plugins
import Property
import Reports
import Systems

/// The form of a report.
enum Format: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
}

/// The form of results that are also put into pages and letters.
enum ComparisonFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
  case markdown
}

/// Where and in what form results go.

struct OutputOptions: ParsableArguments {
  @Option(help: "The form of the results: text or json.")
  var format = Format.text

  @Option(help: "The file that the results go to instead of standard output.")
  var output: String?
}

/// Where what is found is kept.
struct CorpusOptions: ParsableArguments {
  @Option(help: "The folder of known failures.")
  var corpus = ".walkproof"

  @Flag(help: "Neither read nor write the corpus.")
  var noCorpus = false

  /// The folder, nil for none.
  var folder: Corpus? { noCorpus ? nil : Corpus(path: corpus) }

  /// What is in it, of systems that there are.
  func entries() throws(Complaint) -> [CorpusEntry] {
    let entries = try folder?.entries() ?? []
    for entry in entries { _ = try System.ofCase(in: entry.system) }
    return entries
  }
}

/// What is checked.
struct SelectionOptions: ParsableArguments {
  @Option(help: "The system to check, one of several; see 'walkproof list'. All by default.")
  var system: [String] = []

  @Option(
    help:
      "The subject to check, one of several; see 'walkproof list'. All that should hold by default."
  )
  var subject: [String] = []

  @OptionGroup var external: ExternalOptions

  /// Whether it is said which subject is meant.
  var isNamed: Bool { !subject.isEmpty || external.isGiven }

  /// The systems and subjects named, or all that should hold; `found` is what `external` loads.
  func selection(
    _ found: ExternalSubject?
  ) throws(Complaint) -> [(system: System, subject: Subject)] {
    let systems = try System.selection(system)
    if let found {
      if !subject.isEmpty {
        throw Complaint(
          .usage,
          "--subject names one of ours; leave it out beside a subject of yours"
        )
      }
      let chosen = systems.compactMap { system in
        found.subject(in: system).map { (system: system, subject: $0) }
      }
      guard !chosen.isEmpty else {
        let names = System.all.filter { found.subject(in: $0) != nil }.map(\.name)
        throw Complaint(
          .usage,
          "\(found.origin) is of \(names.joined(separator: " and ")), and not of '\(system.joined(separator: "' or '"))'"
        )
      }
      return chosen
    }
    if subject.isEmpty {
      return systems.flatMap { system in
        system.subjects.filter { $0.role == .clean }.map { (system, $0) }
      }
    }
    for name in subject where !systems.contains(where: { $0.subject(named: name) != nil }) {
      let place = system.isEmpty ? "" : " in the system '\(system.joined(separator: "' or '"))'"
      throw Complaint(
        .usage,
        "there is no subject '\(name)'\(place); 'walkproof list' shows those there are"
      )
    }
    return systems.flatMap { system in
      system.subjects.filter { subject.contains($0.name) }.map { (system, $0) }
    }
  }
}

extension System {
  /// The systems that go by these names, in the order of `all`; all for none.
  static func selection(_ names: [String]) throws(Complaint) -> [System] {
    for name in names where all(named: name).isEmpty {
      let known = all.map(\.name).joined(separator: ", ")
      throw Complaint(.usage, "there is no system '\(name)'; there are \(known)")
    }
    let chosen = Set(names.flatMap { all(named: $0).map(\.name) })
    return names.isEmpty ? all : all.filter { chosen.contains($0.name) }
  }
}

/// What is known and accepted.
struct AcceptanceOptions: ParsableArguments {
  @Option(
    help:
      """
      A file of findings that are known and accepted, a line each: SYSTEM FINGERPRINT # REASON; or \
      'builtin', for what is known of the release of a --linux-tree.
      """
  )
  var accept: String?

  /// The findings; none where no file is given.
  func findings(of external: ExternalOptions) throws(Complaint) -> AcceptedFindings {
    guard let accept else { return AcceptedFindings() }
    if accept == "builtin" {
      guard let tree = external.linuxTree else {
        throw Complaint(.usage, "--accept builtin is about a --linux-tree")
      }
      let list: AcceptedList
      do {
        list = try AcceptedList(forLinuxTree: tree)
      } catch {
        throw Complaint(error.isOfWorld ? .world : .noSubject, error.description)
      }
      return try AcceptedFindings(list.text, of: accept)
    }
    let findings = try AcceptedFindings(path: accept)
    return external.isGiven ? try findings.naming(placesIn: accept) : findings
  }
}

/// The seed of a campaign: a number, or one drawn from the clock.
struct SeedArgument: ExpressibleByArgument {
  let seed: Seed

  init(_ seed: Seed) { self.seed = seed }

  init?(argument: String) {
    if argument == "random" {
      seed = Seed(DispatchTime.now().uptimeNanoseconds & 0xffff_ffff)
    } else if let value = UInt64(argument) {
      seed = Seed(value)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { seed.description }
}

/// The share of a campaign that this process runs, as `2/5`.
struct ShardArgument: ExpressibleByArgument {
  let shard: Shard

  init(shard: Shard) { self.shard = shard }

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = UInt64(parts[0]), let count = UInt64(parts[1]), index >= 1,
      let shard = Shard(index: index - 1, of: count)
    else { return nil }
    self.shard = shard
  }

  var defaultValueDescription: String { "\(shard.index + 1)/\(shard.count)" }
}

/// How much is tried.
struct BudgetOptions: ParsableArguments {
  @Option(help: "The seed of all cases, a number or 'random'.")
  var seed = SeedArgument(1)

  @Option(help: "How many cases each subject is tried with, over all shards.")
  var cases: UInt64?

  @Option(
    help:
      """
      How many seconds everything may take, all subjects and shrinking included (30; for a named \
      subject 10, and what a tree's build takes).
      """
  )
  var time: Double?

  @Option(help: "How many threads to use, one a core by default; no verdict depends on it.")
  var jobs: Int?

  /// How many threads to use.
  var threadCount: Int { jobs ?? ProcessInfo.processInfo.activeProcessorCount }

  @Option(help: "Which share of the cases to run, as 2/5.")
  var shard = ShardArgument(shard: .whole)

  func validate() throws {
    if let time, !(time > 0 && time < 1e9) {
      throw ValidationError("--time must be above 0 and below 1e9 seconds.")
    }
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be 1 to 1024.") }
    if let cases, cases >= 1 << 48 { throw ValidationError("--cases must be below 2^48.") }
  }

  /// The plan of each subject's campaign.
  func plan(failureLimit: Int?) -> CampaignPlan {
    var plan = CampaignPlan(seed: seed.seed, cases: 0..<(cases ?? 1 << 48))
    plan.shard = shard.shard
    plan.failureLimit = failureLimit
    plan.shrinkBudget = 4000
    return plan
  }

  /// How many seconds all subjects are tried for together; nil for no limit but the cases.
  func seconds(isNamed: Bool) -> Double? {
    time ?? (cases == nil ? (isNamed ? 10 : 30) : nil)
  }
}
