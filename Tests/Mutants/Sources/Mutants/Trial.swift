import Foundation
import Mutation

/// Runs mutants, and says what convicts each.
struct Trial: Sendable {
  let command: WalkproofCommand
  let reach: Reach
  /// How many cases each is checked with that is not listed as equivalent.
  let cases: Int
  /// Those that are listed as equivalent.
  let listed: Set<String>
  /// How many questions each may cost, as the theorems cost them without it.
  let questionLimit: Int

  /// How many cases a mutant is checked with: a fifth where nothing is expected to be found.
  func cases(of mutant: Mutant) -> Int {
    listed.contains(mutant.id) ? max(1, cases / 5) : cases
  }

  /// What the checks of the subjects that come to a mutant's place make of it.
  func check(_ mutant: Mutant) async throws -> Verdict {
    let cases = cases(of: mutant)
    var verdict = try await check(mutant, cases: cases)
    verdict.cases = cases
    return verdict
  }

  private func check(_ mutant: Mutant, cases: Int) async throws -> Verdict {
    let home = SystemName(file: mutant.file)
    var verdict = Verdict.unreached
    for name in reach.subjects(for: mutant.number, home: home) {
      let run = try await command.run(
        [
          "check", "--system", name.system, "--subject", name.subject, "--cases", "\(cases)",
          "--seed", "1", "--jobs", "1", "--no-corpus", "--stop-at-first", "--format", "json",
        ],
        mutant: mutant.number,
        seconds: 10 + cases / 1000
      )
      let place = name.description
      switch run.ending {
      case .hang: return Verdict(kind: .convicted, by: ["hang"], place: place)
      case .crash: return Verdict(kind: .convicted, by: ["crash"], place: place)
      case .status(1):
        let report = try JSONDecoder().decode(CheckOutput.self, from: Data(run.output.utf8))
        let rules = Set(report.results.flatMap(\.violations).map(\.rule))
        return Verdict(kind: .convicted, by: rules.sorted(), place: place)
      case .status(70): return Verdict(kind: .convicted, by: ["fault"], place: place)
      case .status(2), .status(64): verdict = Verdict(kind: .vacuous, place: place)
      case .status:
        if verdict.kind == .unreached { verdict = Verdict(kind: .survived, place: place) }
      }
    }
    return verdict
  }

  /// What the theorems that come to a mutant's place make of it, the cheapest first.
  func prove(_ mutant: Mutant) async throws -> Verdict {
    var verdict = Verdict.unreached
    var questions = 0
    for job in reach.jobs(for: mutant.number) {
      // The first is asked in any case, and what is left out does not depend on the machine.
      guard questions == 0 || questions + job.questions <= questionLimit else { break }
      questions += job.questions
      let run = try await command.run(
        [
          "prove", "--system", job.system, "--subject", job.subject, "--only", job.name, "--jobs",
          "1", "--stop-at-first", "--format", "json",
        ],
        mutant: mutant.number,
        seconds: 60 + 10 * Int(job.seconds)
      )
      switch run.ending {
      case .hang: return Verdict(kind: .convicted, by: ["hang"], place: job.name)
      case .crash: return Verdict(kind: .convicted, by: ["crash"], place: job.name)
      case .status(70): return Verdict(kind: .convicted, by: ["fault"], place: job.name)
      case .status(0):
        if verdict.kind == .unreached { verdict = Verdict(kind: .survived, place: job.name) }
      case .status(64):
        // The theorem is not there: which there are follows from what the walker says of itself.
        return Verdict(kind: .vacuous, by: ["\(job.name) missing"], place: job.name)
      case .status(let status):
        let report = try JSONDecoder().decode(ProofOutput.self, from: Data(run.output.utf8))
        let violated = report.theorems.filter { $0.verdict == "violated" }.map(\.theorem)
        if status == 1 || !violated.isEmpty {
          return Verdict(kind: .convicted, by: violated, place: job.name)
        }
        let open = report.theorems.filter { $0.verdict != "proved" && $0.verdict != "holds" }
        verdict = Verdict(kind: .vacuous, by: open.map(\.theorem), place: job.name)
      }
    }
    return verdict
  }
}
