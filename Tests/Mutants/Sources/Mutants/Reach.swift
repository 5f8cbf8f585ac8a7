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

  /// The subjects whose check comes to a mutant's place: those that everybody uses first, and of them
  /// those of its own system.
  func subjects(for number: Int, home: SystemName) -> [SubjectName] {
    let all = SubjectName.all.filter { checks[$0.description]?.contains(number) == true }
    return all.enumerated().sorted {
      let (a, b) = ($0.element.rank(home: home), $1.element.rank(home: home))
      return (a, $0.offset) < (b, $1.offset)
    }.map(\.element)
  }

  /// The jobs that come to a mutant's place, the cheapest first.
  func jobs(for number: Int) -> [Job] {
    let all = jobs.filter { $0.mutants.contains(number) }
    let used = all.filter { $0.subject == "built-in" }
    return (used.isEmpty ? all : used).sorted { ($0.questions, $0.name) < ($1.questions, $1.name) }
  }
}

/// What is read of a list of `prove --list`.
struct TheoremListing: Codable {
  struct Theorem: Codable { var theorem: String }
  var theorems: [Theorem]
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
