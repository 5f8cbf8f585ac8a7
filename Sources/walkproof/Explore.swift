import ArgumentParser
import Checking
import Foundation
import Property
import Reports
import Systems

/// Goes through every schedule of a few calls.
struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Go through every schedule that can matter of a few calls that threads make at once.",
    discussion: """
      The calls of a thread are separated by ';', threads by '|': --calls 'activate; access | \
      invalidate'. Without --calls all combinations of one call a thread are explored, from every \
      state. What is reported as complete leaves no schedule out, but for orders of steps that no \
      thread can tell apart; a run in which threads wait for each other for ever is a finding. \
      One execution in a hundred is made twice, and has to do the same. What is found is written \
      into the corpus, which every later 'check' replays first.
      """
  )

  @Option(help: "The system to explore, one of several; all that have threads by default.")
  var system: [String] = []

  @Option(
    help:
      "The subject to explore, one of several; see 'walkproof list'. All that should hold by default."
  )
  var subject: [String] = []

  @Option(help: "What the threads call, as 'a | b; c'; --list-calls shows what there is.")
  var calls: String?

  @Option(help: "The state that the threads begin in, one of several; all by default.")
  var state: [String] = []

  @Option(help: "How many threads make one call each, at most, where --calls names none (2).")
  var threads: Int?

  @Option(help: "How often threads may be preempted in an execution; no bound by default.")
  var preemptions: Int?

  @Flag(help: "Let loads return older writes, as the kernel's memory model permits.")
  var weak = false

  @Option(help: "How many executions each combination of calls may take; no bound by default.")
  var executions: Int?

  @Option(help: "How many seconds to explore for, all combinations together.")
  var time: Double = 120

  @Option(help: "How many combinations to explore at once, one a core by default.")
  var jobs: Int?

  @Flag(help: "Show the calls that threads can make, and the states that they can begin in.")
  var listCalls = false

  @Flag(help: "Tell on a terminal too of every combination of calls, as in files and pipes.")
  var verbose = false

  @OptionGroup var output: OutputOptions
  @OptionGroup var corpus: CorpusOptions

  func validate() throws {
    if !(time > 0 && time < 1e9) { throw ValidationError("--time must be above 0.") }
    if let executions, executions < 1 {
      throw ValidationError("--executions must be at least 1.")
    }
    if let preemptions, !(0...1000).contains(preemptions) {
      throw ValidationError("--preemptions must be 0 to 1000.")
    }
    if let threads, !(1...6).contains(threads) {
      throw ValidationError("--threads must be 1 to 6.")
    }
    if calls != nil, threads != nil {
      throw ValidationError("--calls says what each thread does; leave --threads out beside it.")
    }
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be 1 to 1024.") }
  }

  func run() throws {
    let chosen = try subjects()
    let sink = try ReportSink(path: output.output)
    if listCalls {
      let list = CallList(chosen.map { ($0.system, $0.exploration) })
      try sink.write(output.format == .json ? try JSON.text(list) : list.text)
      return
    }
    if calls != nil || !state.isEmpty, Set(chosen.map(\.system.name)).count > 1 {
      throw Complaint(
        .usage,
        "calls and states are a system's own: say of which of them, with --system"
      )
    }
    var programs: [[ExploredProgram]] = []
    for choice in chosen { programs.append(try self.programs(choice.exploration, choice.system)) }
    catchInterrupts()
    var terminal = Terminal()
    var report = ExploreReport()
    var corpusComplaint: Complaint?
    let clock = ContinuousClock()
    let end = clock.now + .seconds(time)
    for (number, choice) in chosen.enumerated() where !interruptFlag.isRaised {
      let start = clock.now
      let share = (end - start) / (chosen.count - number)
      let pool = ExplorationPool(choice.exploration, programs[number], limits, until: start + share)
      let name = "\(choice.system.name)/\(choice.subject.name)"
      // What is found takes the place of what showed the same.
      let keeper = FindingKeeper(corpus.folder, choice.system, choice.subject, seed: Seed(0))
      pool.run(
        jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount,
        progress: { done in
          terminal.progress("\(name): \(done) of \(programs[number].count) combinations of calls")
        },
        found: { violation in
          let token = ReplayToken(of: violation, in: choice.system, choice.subject)
          keeper.keep(violation.fingerprint, token)
          terminal.note("found \(violation.fingerprint): walkproof replay \(token)")
        }
      )
      let result = ExploreReport.Result(
        system: choice.system,
        subject: choice.subject,
        choice.exploration,
        limits,
        pool.results,
        seconds: (clock.now - start).inSeconds
      )
      keeper.keep(result.violations)
      corpusComplaint = corpusComplaint ?? keeper.complaint
      report.results.append(result)
    }
    terminal.clear()
    let hasFindings = report.status == .violated
    // What could not be kept was found, and is told all the same.
    corpusComplaint.map { Terminal.complain($0.description) }
    switch output.format {
    case .text:
      let text = verbose || !sink.isTerminal ? report.text : report.brief
      try sink.write(text, hasFindings: hasFindings)
    case .json: try sink.write(try JSON.text(report), hasFindings: hasFindings)
    }
    let isCut = interruptFlag.isRaised && report.results.count < chosen.count
    try (isCut && report.status == .held ? .undecided : report.status).end()
  }

  private var limits: ExplorationLimits {
    var limits = ExplorationLimits()
    limits.preemptionLimit = preemptions
    limits.runLimit = executions ?? .max
    limits.isWeak = weak
    return limits
  }

  private typealias Choice = (system: System, subject: Subject, exploration: SubjectExploration)

  /// What is to be explored.
  private func subjects() throws(Complaint) -> [Choice] {
    var choices: [Choice] = []
    let systems = try System.selection(system)
    for system in systems {
      for candidate in system.subjects {
        let isMeant =
          subject.isEmpty ? candidate.role == .clean : subject.contains(candidate.name)
        if isMeant, let exploration = candidate.exploration {
          choices.append((system, candidate, exploration))
        }
      }
    }
    for name in subject where !systems.contains(where: { $0.subject(named: name) != nil }) {
      throw Complaint(
        .usage,
        "there is no subject '\(name)'; 'walkproof list' shows those there are"
      )
    }
    guard choices.isEmpty else { return choices }
    let explored = System.all.filter { $0.subjects.contains { $0.exploration != nil } }.map(\.name)
    if systems.contains(where: { explored.contains($0.name) }) {
      throw Complaint(
        .usage,
        "of \(subject.joined(separator: ", ")) cases are checked, and no schedules explored;"
          + " say another --subject"
      )
    }
    throw Complaint(
      .usage,
      "there is nothing to explore in that: it has no threads; of the systems these have:"
        + " \(explored.joined(separator: ", "))"
    )
  }

  /// What is explored of a subject.
  private func programs(
    _ exploration: SubjectExploration,
    _ system: System
  ) throws(Complaint) -> [ExploredProgram] {
    var states: [Int] = []
    for name in state {
      states.append(try number(of: name, in: exploration.states, "state", system))
    }
    if states.isEmpty { states = Array(exploration.states.indices) }
    guard let calls else {
      let counts = (threads ?? 2) > 1 ? 2...(threads ?? 2) : 1...1
      return ExploredProgram.all(
        threadCounts: counts,
        callCount: exploration.calls.count,
        states: states
      )
      .filter { exploration.refusal(of: $0) == nil }
    }
    var threads: [[Int]] = []
    for text in calls.split(separator: "|", omittingEmptySubsequences: false) {
      var numbers: [Int] = []
      for word in text.split(separator: ";", omittingEmptySubsequences: false) {
        let name = word.trimmingCharacters(in: .whitespaces)
        numbers.append(try number(of: name, in: exploration.calls, "call", system))
      }
      threads.append(numbers)
    }
    guard threads.count <= 6 else {
      throw Complaint(.usage, "--calls has \(threads.count) threads; there may be 6")
    }
    let programs = states.map { ExploredProgram(state: $0, threads: threads) }
    let permitted = programs.filter { exploration.refusal(of: $0) == nil }
    if permitted.isEmpty, let refusal = programs.first.flatMap(exploration.refusal) {
      throw Complaint(.usage, "--calls '\(calls)' may not be made: \(refusal)")
    }
    return permitted
  }

  private func number(
    of name: String,
    in list: [SubjectExploration.Named],
    _ kind: String,
    _ system: System
  ) throws(Complaint) -> Int {
    if let index = list.firstIndex(where: { $0.name == name }) { return index }
    let names = list.map(\.name).joined(separator: ", ")
    throw Complaint(.usage, "there is no \(kind) '\(name)' in \(system.name); there are \(names)")
  }
}
