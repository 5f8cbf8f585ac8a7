import Foundation
import Mutation

/// A mutant and what became of it.
struct Result: Codable, Sendable {
  var id: String
  var system: String
  var kind: String
  var file: String
  var function: String
  var line: Int
  var lineText: String
  var before: String
  var after: String
  /// Absent where it was not asked for.
  var check: Verdict?
  var prove: Verdict?
  /// Why nobody can tell it, where it is so listed.
  var equivalence: String?

  init(_ mutant: Mutant) {
    id = mutant.id
    system = SystemName(file: mutant.file).rawValue
    kind = mutant.kind.rawValue
    file = mutant.file
    function = mutant.function
    line = mutant.line
    lineText = mutant.lineText
    before = mutant.before
    after = mutant.after
  }

  /// The verdict of one of the two ways to judge.
  func verdict(of way: Way) -> Verdict? { way == .check ? check : prove }

  /// What it is, in a line.
  var summary: String {
    let change = "\(Result.short(before)) -> \(after.isEmpty ? "nothing" : Result.short(after))"
    return "\(file):\(line): \(lineText)\n    \(kind): \(change)"
  }

  private static func short(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return line.count > 100 ? line.prefix(97) + "..." : line
  }
}

/// The two ways to judge a mutant.
enum Way: String, CaseIterable, Sendable {
  case check
  case prove
}

/// How many of some mutants came to what.
struct Tally: Codable, Equatable {
  var convicted = 0
  /// Not convicted, but told that nothing was shown.
  var vacuous = 0
  var survived = 0
  /// Survivors of which it is said why nobody can tell them.
  var listed = 0
  var unreached = 0

  mutating func count(_ verdict: Verdict, isListed: Bool) {
    switch verdict.kind {
    case .convicted: convicted += 1
    case .vacuous: vacuous += 1
    case .survived: if isListed { listed += 1 } else { survived += 1 }
    case .unreached: if isListed { listed += 1 } else { unreached += 1 }
    }
  }

  /// The share of those that were reached, and are not listed, of which something is told; 1 of none.
  var score: Double {
    let judged = convicted + vacuous + survived
    return judged == 0 ? 1 : Double(convicted + vacuous) / Double(judged)
  }

  var text: String {
    let percent = (score * 1000).rounded(.down) / 10
    return "\(percent) %: \(convicted) convicted, \(vacuous) vacuous, \(survived) survive, "
      + "\(listed) listed, \(unreached) not reached"
  }
}

/// What a run found.
struct Report {
  var results: [Result]
  var ways: [Way]

  /// How many mutants of each system came to what.
  func systems(_ way: Way) -> [(name: String, tally: Tally)] {
    SystemName.allCases.map { system in
      (system.rawValue, tally(way, results.filter { $0.system == system.rawValue }))
    }
  }

  /// How many of some mutants came to what.
  func tally(_ way: Way, _ some: [Result]) -> Tally {
    var tally = Tally()
    for result in some {
      if let verdict = result.verdict(of: way) {
        tally.count(verdict, isListed: result.equivalence != nil)
      }
    }
    return tally
  }

  /// How often each rule or theorem was what convicted, the most frequent first.
  func convictions(_ way: Way) -> [(name: String, count: Int)] {
    var counts: [String: Int] = [:]
    for name in results.compactMap({ $0.verdict(of: way) }).flatMap(\.by) {
      counts[name, default: 0] += 1
    }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
  }

  /// Those that nothing tells, and of which it is not said why.
  func open(_ way: Way, _ kind: Verdict.Kind) -> [Result] {
    results.filter { $0.verdict(of: way)?.kind == kind && $0.equivalence == nil }
  }

  /// What a person is told.
  var text: String {
    var lines: [String] = []
    for way in ways {
      lines += ["", "\(way.rawValue):"]
      for (name, tally) in systems(way) where tally != Tally() {
        lines.append("  \(name): \(tally.text)")
      }
      lines.append("  all: \(tally(way, results).text)")
      lines += ["", "convicted by:"]
      lines += convictions(way).map { "  \($0.count)  \($0.name)" }
      lines += list(way, .survived, "survivors:") + list(way, .unreached, "not reached:")
    }
    return lines.dropFirst().joined(separator: "\n") + "\n"
  }

  private func list(_ way: Way, _ kind: Verdict.Kind, _ title: String) -> [String] {
    let some = open(way, kind)
    return some.isEmpty ? [] : ["", title] + some.flatMap { ["  \($0.id)", "    \($0.summary)"] }
  }

  /// The matrix as Markdown: mutants by what convicts them.
  var markdown: String {
    var lines = ["# Mutants", ""]
    for way in ways {
      lines += ["## \(way.rawValue)", "", "| system | score |", "| --- | --- |"]
      lines += systems(way).filter { $0.tally != Tally() }.map {
        "| \($0.name) | \($0.tally.text) |"
      }
      lines += ["", "| mutant | verdict | by |", "| --- | --- | --- |"]
      for result in results {
        guard let verdict = result.verdict(of: way) else { continue }
        let name = result.equivalence == nil ? verdict.kind.rawValue : "listed"
        lines.append("| `\(result.id)` | \(name) | \(verdict.by.joined(separator: ", ")) |")
      }
      lines += ["", "### Survivors", ""]
      for result in open(way, .survived) + open(way, .unreached) {
        let kind = result.verdict(of: way)?.kind.rawValue ?? ""
        lines += ["- `\(result.id)` (\(kind))", "", "  ```", "  \(result.summary)", "  ```"]
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }
}
