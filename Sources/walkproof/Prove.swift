import ArgumentParser
import Checking
import Foundation
import Proofs
import Property
import Reports
import Synchronization
import Systems

/// Proves the theorems.
struct Prove: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prove the walkers' invariants with Z3, about the walkers' own source.",
    discussion: """
      Each theorem is shown on every path of the walker from arbitrary well-formed tables, within \
      its bounds. A line a theorem is printed as it is settled.
      """
  )

  @Option(
    help:
      "Only theorems about this system, one of several; all by default, and of a subject its own."
  )
  var system: [String] = []

  @Option(help: "The subject to prove things of: built-in, reference, seed or a museum variant.")
  var subject = "built-in"

  @Option(help: "Only theorems whose names contain this; of several, one of them.")
  var only: [String] = []

  @Flag(help: "End at the first violation.")
  var stopAtFirst = false

  @Option(help: "How many theorems to prove at a time, one a core by default.")
  var jobs: Int?

  @Option(help: "The seed of the solver's own choices.")
  var seed: UInt32 = 0

  @Option(help: "How much one question may cost, in Z3's own units.")
  var resourceLimit: UInt32 = 40_000_000

  @Option(help: "The folder that each question is written out to, as SMT-LIB 2.")
  var smt2: String?

  @Option(help: "Put each question before another solver too: cvc5, or a path to it.")
  var also: String?

  @Flag(help: "List the theorems instead of proving them.")
  var list = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be 1 to 1024.") }
    if resourceLimit == 0 { throw ValidationError("--resource-limit must be above 0.") }
  }

  func run() throws {
    // The theorems of a family are about all its systems.
    let systems = system.map { name in
      Catalogue.systems.contains(name) ? name : System.named(name)?.family ?? name
    }
    for system in systems where !Catalogue.systems.contains(system) {
      throw Complaint(
        .usage,
        "there are no theorems about a system '\(system)'; there are about "
          + Catalogue.systems.joined(separator: ", ")
      )
    }
    guard
      let (proofSubject, proofSystems) = Catalogue.subject(named: subject, among: systems)
    else {
      throw Complaint(
        .usage,
        "nothing can be proved of a subject '\(subject)'; 'walkproof list' shows those there are"
      )
    }
    let chosen = Catalogue.jobs(of: proofSystems).filter { job in
      only.isEmpty
        || job.theorems.contains { theorem in only.contains { theorem.name.contains($0) } }
    }
    if chosen.isEmpty {
      throw Complaint(
        .usage,
        "no theorem's name contains '\(only.joined(separator: "' or '"))'; see 'walkproof prove --list'"
      )
    }
    let sink = try ReportSink(path: output.output)
    if list {
      return try sink.write(listing(chosen.flatMap(\.theorems)))
    }
    if let problem = ProofOptions.solverProblem {
      throw Complaint(.world, "Z3 cannot be loaded (\(problem)); apt-get install -y libz3-dev")
    }
    var options = ProofOptions()
    options.subject = proofSubject
    options.solverSeed = seed
    options.resourceLimit = resourceLimit
    let folder = try smt2.map(QuestionFolder.init)
    let second = try also.map(SecondSolver.init)
    if folder != nil || second != nil {
      options.questionObserver = { question in
        folder?.write(question)
        second?.ask(question)
      }
    }
    if stopAtFirst { options.isEnough = { _ in true } }
    catchInterrupts()
    Signals.listen()
    let results = try prove(chosen, options, sink)
    var report = ProofReport(
      subject: subject,
      solver: ProofOptions.solverVersion,
      options: options,
      results: results
    )
    if let second {
      let opinion = second.opinion
      report.secondOpinion = ProofReport.SecondOpinion(
        solver: second.version,
        alike: opinion.alikeCount,
        silent: opinion.silentCount,
        disagreements: try opinion.disagreements.map { question in
          try (folder ?? QuestionFolder(path: "walkproof-disagreements")).write(question)
          return ProofReport.Disagreement(question)
        }
      )
    }
    switch output.format {
    case .text:
      let table = TheoremTable(results.map(TheoremTable.Row.init)).lines
      try sink.write(
        "\n" + table.map { $0 + "\n" }.joined() + "\n" + report.summary,
        hasFindings: results.contains(where: \.isViolated)
      )
    case .json:
      try sink.write(try JSON.text(report), hasFindings: results.contains(where: \.isViolated))
    }
    let isCut = interruptFlag.isRaised && report.status == .held
    try (isCut ? .undecided : report.status).end()
  }

  /// The theorems, none of them proved.
  private func listing(_ theorems: [Theorem]) throws -> String {
    switch output.format {
    case .text:
      let table = TheoremTable(theorems.map(TheoremTable.Row.init))
      return (table.lines + table.statements).map { $0 + "\n" }.joined()
    case .json: return try JSON.text(TheoremListing(theorems))
    }
  }

  /// Proves the jobs on several threads, and prints each result in the order of the jobs as soon as
  /// those before it are there.
  private func prove(
    _ chosen: [ProofJob],
    _ options: ProofOptions,
    _ sink: ReportSink
  ) throws -> [TheoremResult] {
    let prover = Prover(jobs: chosen, options: options, stopsAtFirst: stopAtFirst)
    guard prover.start(threads: jobs ?? ProcessInfo.processInfo.activeProcessorCount) else {
      throw Complaint(
        .world,
        "there is no room for a thread that proves; allow more memory and processes"
      )
    }
    var terminal = Terminal()
    var results: [TheoremResult] = []
    for number in chosen.indices {
      while true {
        if let found = prover.results(of: number) {
          terminal.clear()
          if output.format == .text {
            let lines = ProofReport.lines(found)
            try sink.write(
              lines.map { $0 + "\n" }.joined(),
              hasFindings: (results + found).contains(where: \.isViolated)
            )
          }
          results += found
          // Those before it in the list are there, so that no thread's luck decides what is told.
          if stopAtFirst, found.contains(where: \.isViolated) { return results }
          break
        }
        if interruptFlag.isRaised {
          // What others have settled out of its turn is settled all the same.
          return results + (number..<chosen.count).compactMap(prover.results).joined()
        }
        terminal.progress("\(number) of \(chosen.count): \(chosen[number].theorems[0].subject)")
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
    return results
  }
}

/// Threads that take jobs one after the other, each with a Z3 context of its own.
private final class Prover: Sendable {
  private struct State {
    var next = 0
    /// The first job that is not begun any more.
    var end: Int
    var results: [[TheoremResult]?]
  }

  private let jobs: [ProofJob]
  private let options: ProofOptions
  private let stopsAtFirst: Bool
  private let state: Mutex<State>

  init(jobs: [ProofJob], options: ProofOptions, stopsAtFirst: Bool) {
    self.jobs = jobs
    self.options = options
    self.stopsAtFirst = stopsAtFirst
    state = Mutex(State(end: jobs.count, results: Array(repeating: nil, count: jobs.count)))
  }

  /// Starts as many threads as can be had; false where there is none.
  func start(threads: Int) -> Bool {
    // Z3 recurses deeply into large terms.
    var count = 0
    while count < threads,
      WorkThread.start(
        stackSizeInBytes: 256 << 20,
        { [self] in work() }
      )
    { count += 1 }
    return count > 0
  }

  private func work() {
    while let number = take() {
      let clock = ContinuousClock()
      let start = clock.now
      var results = jobs[number].prove(options)
      // A solver that was interrupted has settled nothing.
      if interruptFlag.isRaised { return }
      let seconds = (clock.now - start).inSeconds
      for index in results.indices { results[index].seconds = seconds }
      let isLast = stopsAtFirst && results.contains(where: \.isViolated)
      state.withLock { [results] in
        $0.results[number] = results
        if isLast { $0.end = min($0.end, number) }
      }
    }
  }

  private func take() -> Int? {
    state.withLock { state in
      guard state.next < state.end, !interruptFlag.isRaised else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  func results(of number: Int) -> [TheoremResult]? { state.withLock { $0.results[number] } }
}

extension TheoremResult {
  /// Whether the theorem is false.
  fileprivate var isViolated: Bool {
    if case .violated = verdict { return true }
    return false
  }
}
