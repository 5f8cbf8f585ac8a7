import ArgumentParser
import Foundation
import Mutation

/// The command.
@main
struct Mutants: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutants",
    abstract: "Measures what walkproof's checks and theorems are worth.",
    discussion: """
      Every small fault that a developer could make is put into a copy of the walkers, all in one \
      build behind a switch; each is then checked and proved until something convicts it. What \
      survives is either equivalent, and listed in equivalent.txt with the reason, or a gap.
      """
  )

  @Option(help: "Only mutants of this system's walkers; may be given several times.")
  var system: [String] = []

  @Option(help: "Only mutants of files whose paths contain this; may be given several times.")
  var file: [String] = []

  @Option(help: "Only the mutant of this name; may be given several times.")
  var mutant: [String] = []

  @Flag(help: "Only mutants of files that have changed since the score was measured.")
  var changed = false

  @Option(help: "Only so many, always the same, spread over the systems.")
  var sample: Int?

  @Option(
    help:
      "Leave out so many that a sample begins with: for one that nobody has read the survivors of."
  )
  var skip = 0

  @Option(help: "Only check, or only prove.")
  var only: Way?

  @Option(help: "How many cases a mutant is checked with.")
  var cases = 20_000

  @Option(help: "How many questions of the theorems a mutant is put to.")
  var questions = 4_000

  @Option(help: "How many mutants to run at a time, one a core by default.")
  var jobs: Int?

  @Option(help: "The file for the matrix: JSON, or Markdown where its name ends in .md.")
  var output: String?

  @Option(help: "The score in percent below which the command fails.")
  var threshold: Double?

  @Flag(help: "Write the score down, and what the walkers' files are; for runs of all systems.")
  var keep = false

  @Flag(help: "List the mutants instead of running them.")
  var list = false

  @Flag(help: "Run everything again, whatever is known of this build.")
  var fresh = false

  @Option(help: "The repository, from here on.")
  var repository = "."

  func validate() throws {
    for name in system where SystemName(rawValue: name) == nil {
      throw ValidationError("there is no system '\(name)'")
    }
    if let sample, sample < 1 { throw ValidationError("--sample must be at least 1") }
    if skip < 0 || skip > 0 && sample == nil {
      throw ValidationError("--skip must be at least 0, and needs --sample")
    }
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1") }
    if keep, changed || skip > 0 || !(system + file + mutant).isEmpty {
      throw ValidationError("--keep is for runs of all systems and files")
    }
  }

  func run() async throws {
    do {
      try await measure()
    } catch let problem as Problem {
      throw ValidationError(problem.description)
    }
  }

  private func measure() async throws {
    let workspace = Workspace(repository: URL(fileURLWithPath: repository).standardizedFileURL)
    let tool = workspace.repository.appending(path: "Tests/Mutants")
    let scoreFile = tool.appending(path: "score.json")
    var screen = Screen()
    let walkers = try workspace.mutated()
    let digests = try Dictionary(
      uniqueKeysWithValues: workspace.walkers().map { ($0.path, Digest.text(of: [$0.source])) }
    )
    let every = walkers.keys.sorted().flatMap { walkers[$0]?.mutants ?? [] }
    let equivalents = try Equivalents(
      (try? String(contentsOf: tool.appending(path: "equivalent.txt"), encoding: .utf8)) ?? ""
    )
    let chosen = selection(digests, Score.read(scoreFile)).choose(every)
    if list {
      let known = workspace.uncompiled()
      for mutant in chosen where !known.contains(mutant.id) {
        print("\(mutant.id)\n    \(Result(mutant).summary)")
      }
      return
    }
    let dropped = try await workspace.build(walkers, &screen)
    let all = every.filter { !dropped.contains($0.id) }
    let ways = only.map { [$0] } ?? Way.allCases
    let reach = try await Reach.record(
      workspace,
      of: Set(chosen.flatMap { SystemName.around(file: $0.file) }),
      cases: cases,
      ways: ways,
      jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount,
      &screen
    )
    let trial = Trial(
      command: WalkproofCommand(path: workspace.command),
      reach: reach,
      cases: cases,
      listed: Set(equivalents.reasons.keys),
      questionLimit: questions
    )
    var memory = try Memory(workspace, trial, isFresh: fresh)
    var results = try await trial.run(
      chosen.filter { !dropped.contains($0.id) },
      ways,
      jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount,
      &memory,
      &screen
    )
    for index in results.indices {
      results[index].equivalence = equivalents.reasons[results[index].id]
    }
    let report = Report(results: results, ways: ways)
    screen.clear()
    print(report.text, terminator: "")
    if let output { try write(report, output) }
    if keep { try score(report, digests, ways).write(scoreFile) }
    let problems = equivalents.problems(known: Set(all.map(\.id)), results)
    for problem in problems { screen.note("error: \(problem)") }
    let isLow = ways.contains { report.tally($0, results).score * 100 < threshold ?? 0 }
    if isLow { screen.note("error: the score is below \(threshold ?? 0) %") }
    if isLow || !problems.isEmpty { throw ExitCode(1) }
  }

  private func selection(_ digests: [String: String], _ score: Score?) -> Selection {
    var selection = Selection(
      systems: Set(system),
      files: file,
      ids: Set(mutant),
      sample: sample,
      skip: skip
    )
    if changed {
      selection.changed = Set(digests.filter { score?.files[$0.key] != $0.value }.map(\.key))
    }
    return selection
  }

  private func score(_ report: Report, _ digests: [String: String], _ ways: [Way]) -> Score {
    var score = Score(cases: cases, sample: sample, files: digests)
    for way in ways {
      for (name, tally) in report.systems(way) {
        score.systems[name, default: [:]][way.rawValue] = tally
      }
    }
    return score
  }

  private func write(_ report: Report, _ path: String) throws {
    let file = URL(fileURLWithPath: path)
    if path.hasSuffix(".md") {
      try Data(report.markdown.utf8).write(to: file)
    } else {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(report.results).write(to: file)
    }
  }
}

extension Way: ExpressibleByArgument {}
