import Foundation

/// Which mutants' places are come to by what.
struct Reach: Codable {
  /// A job of the prover.
  struct Job: Codable {
    /// What all its theorems' names contain, and no others'.
    var name: String
    var system: String
    var subject: String
    /// How many questions it asks the solver: what it costs, on every machine.
    var questions: Int
    /// How long it took, in seconds.
    var seconds: Double
    var mutants: Set<Int>
  }

  /// The build that it was found out with.
  var build: String
  var checks: [String: Set<Int>] = [:]
  var jobs: [Job] = []
  /// The subjects whose theorems are known.
  var proofs: Set<String> = []

  /// The subjects whose check comes to a mutant's place: those that everybody uses, and others only
  /// where none of these does.
  func subjects(for number: Int, home: SystemName) -> [SubjectName] {
    let all = SubjectName.all.filter { checks[$0.description]?.contains(number) == true }
    let used = all.filter { $0.subject == "built-in" }
    let own = (used.isEmpty ? all : used)
    return own.filter { $0.system == home.rawValue } + own.filter { $0.system != home.rawValue }
  }

  /// The jobs that come to a mutant's place, the cheapest first.
  func jobs(for number: Int) -> [Job] {
    let all = jobs.filter { $0.mutants.contains(number) }
    let used = all.filter { $0.subject == "built-in" }
    return (used.isEmpty ? all : used).sorted { ($0.questions, $0.name) < ($1.questions, $1.name) }
  }
}

extension Reach {
  /// Finds out what comes to which places; what is known of this build is not found out again.
  static func record(
    _ workspace: Workspace,
    of systems: Set<SystemName>,
    cases: Int,
    withProofs: Bool,
    _ screen: inout Screen
  ) async throws -> Reach {
    let command = WalkproofCommand(path: workspace.command)
    let attributes = try FileManager.default.attributesOfItem(atPath: command.path)
    let date = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    let build = "\(attributes[.size] ?? 0)-\(date)-\(cases)"
    let file = workspace.folder.appending(path: "reach.json")
    let sites = workspace.folder.appending(path: "sites").path
    var reach = Reach(build: build)
    if let data = try? Data(contentsOf: file),
      let known = try? JSONDecoder().decode(Reach.self, from: data), known.build == build
    {
      reach = known
    }
    for name in SubjectName.all where systems.contains(where: { $0.rawValue == name.system }) {
      if reach.checks[name.description] == nil {
        screen.tell("what \(name) comes to")
        let run = try await command.run(
          [
            "check", "--system", name.system, "--subject", name.subject, "--cases", "\(cases)",
            "--jobs", "1", "--no-corpus",
          ],
          sites: sites,
          seconds: 600
        )
        guard run.ending == .status(0) else {
          throw Problem("\(name) does not hold as it is:\n\(run.output)")
        }
        reach.checks[name.description] = try numbers(in: sites)
      }
      if withProofs, !reach.proofs.contains(name.description) {
        try await reach.recordProofs(of: name, command, sites, &screen)
        reach.proofs.insert(name.description)
      }
      try JSONEncoder().encode(reach).write(to: file)
    }
    return reach
  }

  private mutating func recordProofs(
    of name: SubjectName,
    _ command: WalkproofCommand,
    _ sites: String,
    _ screen: inout Screen
  ) async throws {
    // There are no theorems about this one.
    if name.system == SystemName.arm64Hyp.rawValue { return }
    let options = ["prove", "--system", name.system, "--subject", name.subject]
    let list = try await command.run(options + ["--list"], seconds: 60)
    var names: [String] = []
    for line in list.output.split(separator: "\n") {
      let theorem = line.prefix { $0 != ":" }
      let job = theorem.lastIndex(of: "/").map { String(theorem[...$0]) } ?? String(theorem)
      if !names.contains(job) { names.append(job) }
    }
    for job in names {
      screen.tell("what \(name) \(job) comes to")
      let run = try await command.run(
        options + ["--only", job, "--jobs", "1", "--format", "json"],
        sites: sites,
        seconds: 1200
      )
      let report = try JSONDecoder().decode(ProofOutput.self, from: Data(run.output.utf8))
      guard run.ending == .status(0) else {
        throw Problem("\(name) \(job) does not hold as it is:\n\(run.output)")
      }
      jobs.append(
        Job(
          name: job,
          system: name.system,
          subject: name.subject,
          questions: report.theorems.map(\.checks).max() ?? 0,
          seconds: report.theorems.map(\.seconds).max() ?? 0,
          mutants: try Reach.numbers(in: sites)
        )
      )
    }
  }

  private static func numbers(in path: String) throws -> Set<Int> {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return Set(text.split(separator: "\n").compactMap { Int($0) })
  }
}

/// What is read of a report of `prove`.
struct ProofOutput: Codable {
  struct Theorem: Codable {
    var theorem: String
    var verdict: String
    var checks: Int
    var seconds: Double
  }
  var theorems: [Theorem]
}

/// What is read of a report of `check`.
struct CheckOutput: Codable {
  struct Violation: Codable { var rule: String }
  struct Result: Codable { var violations: [Violation] }
  var results: [Result]
}
