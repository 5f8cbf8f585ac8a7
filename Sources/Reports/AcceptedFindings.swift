public import Checking
import Foundation
import Systems

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
    /// The number of its line, from 1.
    public let line: Int
  }

  /// All of them, in the order of the file.
  public let entries: [Entry]

  /// None.
  public init() { entries = [] }

  /// Reads a file.
  public init(path: String) throws(Complaint) {
    let data = try InputFile.read(path)
    // Editors of other systems begin a text with a mark, or write it in 16 bits.
    let isWide = data.starts(with: [0xff, 0xfe]) || data.starts(with: [0xfe, 0xff])
    guard let text = String(data: data, encoding: isWide ? .utf16 : .utf8) else {
      throw Complaint(.malformed, "\(path): not a text in UTF-8")
    }
    try self.init(text, of: path)
  }

  /// Reads a text.
  ///
  /// - Parameters:
  ///   - text: The lines.
  ///   - path: What they are called in a complaint.
  /// - Throws: `Complaint` with the number of a line that is malformed.
  public init(_ text: String, of path: String) throws(Complaint) {
    var entries: [Entry] = []
    let lines = (text.hasPrefix("\u{feff}") ? text.dropFirst() : text[...])
      .split(omittingEmptySubsequences: false) { $0.isNewline }
    for (number, line) in lines.enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let entry = Entry(line, number: number + 1) else {
        throw Complaint(
          .malformed,
          "\(path):\(number + 1): '\(line)' is not 'SYSTEM FINGERPRINT # REASON'"
        )
      }
      guard !System.all(named: entry.system).isEmpty else {
        let names = System.all.map(\.name).joined(separator: ", ")
        throw Complaint(
          .malformed,
          "\(path):\(number + 1): there is no system '\(entry.system)'; there are \(names)"
        )
      }
      entries.append(entry)
    }
    self.entries = entries
  }

  /// The same for a walker in C, whose fingerprints say in which call and by which function; lines of
  /// before they did are refused, since each of them silences more than one fault.
  public func naming(placesIn path: String) throws(Complaint) -> AcceptedFindings {
    guard let entry = entries.first(where: { !$0.fingerprint.contains(" in ") }) else {
      return self
    }
    throw Complaint(
      .malformed,
      "\(path):\(entry.line): '\(entry.fingerprint)' names no call; run the check without --accept"
        + " and write down the lines 'known as' that are to be accepted"
    )
  }

  /// The fingerprints accepted of a system, by its name or its family's.
  public func fingerprints(in system: System) -> Set<String> {
    Set(entries.filter { system.goes(by: $0.system) }.map(\.fingerprint))
  }
}

extension AcceptedFindings.Entry {
  fileprivate init?(_ line: String, number: Int) {
    guard let mark = line.range(of: " # ", options: .backwards) else { return nil }
    let words = line[..<mark.lowerBound].split(separator: " ", maxSplits: 1)
    let reason = line[mark.upperBound...].trimmingCharacters(in: .whitespaces)
    guard words.count == 2, !reason.isEmpty else { return nil }
    system = String(words[0])
    fingerprint = words[1].trimmingCharacters(in: .whitespaces)
    self.reason = reason
    self.line = number
  }
}
