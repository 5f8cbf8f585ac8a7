import Foundation
import Mutation

/// What was found of mutants in the same build, so that a run that was ended can go on.
struct Memory {
  private var verdicts: [String: Verdict] = [:]
  private let build: String
  private let file: URL
  private var unwritten = 0

  init(_ workspace: Workspace, _ trial: Trial, isFresh: Bool) throws {
    build = try workspace.build + "-\(trial.questionLimit)"
    file = workspace.folder.appending(path: "verdicts.json")
    if !isFresh, let data = try? Data(contentsOf: file),
      let known = try? JSONDecoder().decode([String: [String: Verdict]].self, from: data)
    {
      verdicts = known[build] ?? [:]
    }
  }

  subscript(way: Way, id: String) -> Verdict? { verdicts["\(way.rawValue) \(id)"] }

  mutating func note(_ verdict: Verdict, _ way: Way, _ id: String) throws {
    verdicts["\(way.rawValue) \(id)"] = verdict
    unwritten += 1
    if unwritten >= 20 { try write() }
  }

  mutating func write() throws {
    unwritten = 0
    try JSONEncoder().encode([build: verdicts]).write(to: file)
  }
}

extension Trial {
  /// Runs mutants, several at a time.
  /// - Returns: What became of them, in their order.
  func run(
    _ mutants: [Mutant],
    _ ways: [Way],
    jobs: Int,
    _ memory: inout Memory,
    _ screen: inout Screen
  ) async throws -> [Result] {
    var results = mutants.map(Result.init)
    let all = ways.flatMap { way in mutants.indices.map { (way: way, index: $0) } }
    var (next, done, open) = (0, 0, 0)
    try await withThrowingTaskGroup(of: (Way, Int, Verdict).self) { group in
      var running = 0
      while next < all.count || running > 0 {
        while running < jobs, next < all.count {
          let (way, index) = all[next]
          let mutant = mutants[index]
          next += 1
          if let known = memory[way, mutant.id], known.holds(forCases: cases(of: mutant)) {
            results[index].set(known, way)
            done += 1
            continue
          }
          running += 1
          group.addTask { (way, index, try await self.judge(mutant, way)) }
        }
        guard let (way, index, verdict) = try await group.next() else { continue }
        running -= 1
        done += 1
        if verdict.kind == .survived { open += 1 }
        results[index].set(verdict, way)
        try memory.note(verdict, way, mutants[index].id)
        screen.tell("\(done) of \(all.count), \(open) survive: \(mutants[index].id)")
      }
    }
    try memory.write()
    return results
  }

  private func judge(_ mutant: Mutant, _ way: Way) async throws -> Verdict {
    way == .check ? try await check(mutant) : try await prove(mutant)
  }
}

extension Result {
  mutating func set(_ verdict: Verdict, _ way: Way) {
    if way == .check { check = verdict } else { prove = verdict }
  }
}
