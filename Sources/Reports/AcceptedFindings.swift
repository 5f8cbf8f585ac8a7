import Foundation

/// Findings that a subject's maintainers know and accept, each with a reason.
///
/// A line is `SYSTEM FINGERPRINT # REASON`; empty lines and lines that begin with `#` say nothing.
public struct AcceptedFindings: Sendable, Equatable {
  /// One of them.
  public struct Entry: Sendable, Equatable {
    /// The system that it is a finding of.
    public let system: String
    /// Its fingerprint.
    public let fingerprint: String
    /// Why it is accepted.
    public let reason: String
  }

  /// All of them, in the order of the file.
  public let entries: [Entry]

  /// None.
  public init() { entries = [] }

  /// Reads a file.
  public init(path: String) throws(Complaint) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Complaint(.world, "\(path): cannot be read; check the path and its permissions")
    }
    var entries: [Entry] = []
    let lines = String(decoding: data, as: UTF8.self).split(
      separator: "\n",
      omittingEmptySubsequences: false
    )
    for (number, line) in lines.enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let entry = Entry(line) else {
        throw Complaint(
          .malformed,
          "\(path):\(number + 1): '\(line)' is not 'SYSTEM FINGERPRINT # REASON'"
        )
      }
      entries.append(entry)
    }
    self.entries = entries
  }

  /// The fingerprints accepted of a system.
  public func fingerprints(in system: String) -> Set<String> {
    Set(entries.filter { $0.system == system }.map(\.fingerprint))
  }
}

extension AcceptedFindings.Entry {
  fileprivate init?(_ line: String) {
    guard let mark = line.range(of: " # ", options: .backwards) else { return nil }
    let words = line[..<mark.lowerBound].split(separator: " ", maxSplits: 1)
    let reason = line[mark.upperBound...].trimmingCharacters(in: .whitespaces)
    guard words.count == 2, !reason.isEmpty else { return nil }
    system = String(words[0])
    fingerprint = words[1].trimmingCharacters(in: .whitespaces)
    self.reason = reason
  }
}
