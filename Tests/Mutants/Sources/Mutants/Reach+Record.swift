import Foundation

extension Reach {
  /// Something that is run to see which places it comes to.
  private enum Task: Sendable {
    case check(SubjectName)
    case job(SubjectName, String)
  }

  /// What a task came to.
  private struct Found: Sendable {
    var task: Task
    var mutants: Set<Int>
    var questions = 0
    var seconds = 0.0
  }

  /// Finds out what comes to which places; what is known of this build is not found out again.
  static func record(
    _ workspace: Workspace,
    of systems: Set<SystemName>,
    cases: Int,
    ways: [Way],
    jobs: Int,
    _ screen: inout Screen
  ) async throws -> Reach {
    let recorder = Recorder(
      command: WalkproofCommand(path: workspace.command),
      folder: workspace.folder,
      cases: cases
    )
    let file = workspace.folder.appending(path: "reach.json")
    var reach = Reach(build: try workspace.build + "-\(cases)")
    if let data = try? Data(contentsOf: file),
      let known = try? JSONDecoder().decode(Reach.self, from: data), known.build == reach.build
    {
      reach = known
    }
    var tasks: [Task] = []
    for name in SubjectName.all where systems.contains(where: { $0.rawValue == name.system }) {
      if ways.contains(.check), reach.checks[name.description] == nil { tasks.append(.check(name)) }
      // Of what walkers are compared with not everything is claimed.
      guard ways.contains(.prove), name.subject == "built-in" else { continue }
      let known = Set(reach.jobs(of: name).map(\.name))
      tasks += try await recorder.jobs(of: name).filter { !known.contains($0) }.map {
        .job(name, $0)
      }
    }
    try await withThrowingTaskGroup(of: Found.self) { group in
      var (next, running, done) = (0, 0, 0)
      while next < tasks.count || running > 0 {
        while running < jobs, next < tasks.count {
          let (task, number) = (tasks[next], next)
          group.addTask { try await recorder.run(task, number) }
          next += 1
          running += 1
        }
        guard let found = try await group.next() else { break }
        running -= 1
        done += 1
        reach.add(found)
        screen.tell("what \(done) of \(tasks.count) checks and theorems come to")
        try JSONEncoder().encode(reach).write(to: file)
      }
    }
    return reach
  }

  private func jobs(of name: SubjectName) -> [Job] {
    jobs.filter { $0.system == name.system && $0.subject == name.subject }
  }

  private mutating func add(_ found: Found) {
    switch found.task {
    case .check(let name): checks[name.description] = found.mutants
    case .job(let name, let job):
      jobs.append(
        Job(
          name: job,
          system: name.system,
          subject: name.subject,
          questions: found.questions,
          seconds: found.seconds,
          mutants: found.mutants
        )
      )
    }
  }

  /// Runs what shows which places are come to.
  private struct Recorder: Sendable {
    let command: WalkproofCommand
    let folder: URL
    let cases: Int

    /// The jobs that prove the theorems about a subject, by what their names begin with; none where
    /// nothing can be proved of it.
    func jobs(of name: SubjectName) async throws -> [String] {
      let arguments = options(name) + ["--list", "--format", "json"]
      guard let list = try? await command.run(arguments, seconds: 60), list.ending == .status(0)
      else { return [] }
      let listing = try JSONDecoder().decode(TheoremListing.self, from: Data(list.output.utf8))
      var names: [String] = []
      for theorem in listing.theorems.map(\.theorem) {
        let job = theorem.lastIndex(of: "/").map { String(theorem[...$0]) } ?? theorem
        if names.last != job { names.append(job) }
      }
      return names
    }

    private func options(_ name: SubjectName) -> [String] {
      ["prove", "--system", name.system, "--subject", name.subject]
    }

    func run(_ task: Task, _ number: Int) async throws -> Found {
      let sites = folder.appending(path: "sites-\(number)")
      defer { try? FileManager.default.removeItem(at: sites) }
      let arguments: [String]
      switch task {
      case .check(let name):
        arguments = [
          "check", "--system", name.system, "--subject", name.subject, "--cases", "\(cases)",
          "--jobs", "1", "--no-corpus",
        ]
      case .job(let name, let job):
        arguments = options(name) + ["--only", job, "--jobs", "1", "--format", "json"]
      }
      let run = try await command.run(arguments, sites: sites.path, seconds: 1200)
      guard run.ending == .status(0) else {
        let text = arguments.joined(separator: " ")
        throw Problem("\(text): does not hold as it is:\n\(run.output)")
      }
      let places = try Data(contentsOf: sites)
      var found = Found(
        task: task,
        mutants: Set(places.indices.filter { places[$0] != 0 })
      )
      if case .job = task {
        let report = try JSONDecoder().decode(ProofOutput.self, from: Data(run.output.utf8))
        found.questions = report.theorems.map(\.checks).max() ?? 0
        found.seconds = report.theorems.map(\.seconds).max() ?? 0
      }
      return found
    }
  }
}

extension Workspace {
  /// Names what was built: another build has another name.
  var build: String {
    get throws {
      let attributes = try FileManager.default.attributesOfItem(atPath: command)
      let date = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      return "\(attributes[.size] ?? 0)-\(date)"
    }
  }
}
