import Foundation

/// The survivors that nobody who calls a walker can tell, each with the reason.
///
/// A line each: the mutant's name, blanks, and a sentence. Lines that begin with `#` are read by people. Where the
/// sentence begins with `[callers]` a theorem may tell, which takes a call by itself, from any memory.
struct Equivalents {
  private static let ofCallers = "[callers] "

  private(set) var reasons: [String: String] = [:]

  init(_ text: String) throws {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty && !line.hasPrefix("#") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else {
        throw Problem("equivalent.txt:\(index + 1): a name and a reason, with a blank between them")
      }
      guard reasons.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
        throw Problem("equivalent.txt:\(index + 1): listed twice")
      }
    }
  }

  /// What is wrong with the list, in the light of all mutants and of what became of some.
  func problems(known: Set<String>, _ results: [Result]) -> [String] {
    let gone = reasons.keys.filter { !known.contains($0) }.sorted().map {
      "\($0) is listed as equivalent, and there is no such mutant"
    }
    let told = results.flatMap { result -> [String] in
      guard let reason = reasons[result.id] else { return [] }
      let ways = Way.allCases.filter { $0 == .check || !reason.hasPrefix(Self.ofCallers) }
      return ways.compactMap { way -> String? in
        guard let verdict = result.verdict(of: way), verdict.kind == .convicted else { return nil }
        return "\(result.id) is listed as equivalent, and \(way.rawValue) convicts it: "
          + verdict.by.joined(separator: ", ")
      }
    }
    return gone + told
  }
}
