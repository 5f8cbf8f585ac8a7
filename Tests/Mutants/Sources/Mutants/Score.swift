import Foundation
import Mutation

/// The score, as it was last measured.
struct Score: Codable {
  /// How many cases each mutant was checked with.
  var cases: Int
  /// How many mutants were tried, always the same; nil for all.
  var sample: Int?
  /// By system, then by way.
  var systems: [String: [String: Tally]] = [:]
  /// What the walkers' files were, by a digest each.
  var files: [String: String] = [:]

  static func read(_ file: URL) -> Score? {
    (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Score.self, from: $0) }
  }

  func write(_ file: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try (try encoder.encode(self) + Data("\n".utf8)).write(to: file)
  }
}

/// Which mutants are tried.
struct Selection {
  var systems: Set<String> = []
  var files: [String] = []
  var ids: Set<String> = []
  /// The files that have changed since the score was measured; nil for any.
  var changed: Set<String>?
  /// How many, spread over the systems; nil for all.
  var sample: Int?
  /// How many of those that would be taken first are left out.
  var skip = 0

  func choose(_ all: [Mutant]) -> [Mutant] {
    let chosen = all.filter { mutant in
      (systems.isEmpty || systems.contains(SystemName(file: mutant.file).rawValue))
        && (files.isEmpty || files.contains { mutant.file.contains($0) })
        && (self.ids.isEmpty || self.ids.contains(mutant.id))
        && changed?.contains(mutant.file) != false
    }
    guard let sample else { return chosen }
    // The order by digest is as good as chance, and stays the same.
    var queues = SystemName.allCases.map { system in
      chosen.filter { SystemName(file: $0.file) == system }
        .map { (key: Digest.text(of: [$0.id]), mutant: $0) }.sorted { $0.key > $1.key }
    }
    var taken: [Mutant] = []
    let end = skip + sample
    while taken.count < end, queues.contains(where: { !$0.isEmpty }) {
      for index in queues.indices where taken.count < end {
        if let next = queues[index].popLast() { taken.append(next.mutant) }
      }
    }
    let names = Set(taken.dropFirst(skip).map(\.id))
    return chosen.filter { names.contains($0.id) }
  }
}
