public import Foundation
public import Property

/// The JSON form of reports and corpus entries: sorted keys, indented, one trailing newline.
public enum JSON {
  /// A value as JSON.
  public static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  /// A corpus entry from the contents of a file.
  ///
  /// Throws a complaint that names `path` and what is wrong with it.
  public static func corpusEntry(_ data: Data, path: String) throws(Complaint) -> CorpusEntry {
    if data.isEmpty {
      throw Complaint(.malformed, "\(path): it is empty; a run was cut off when it wrote it")
    }
    do {
      return try JSONDecoder().decode(CorpusEntry.self, from: data)
    } catch let error as CorpusEntryError {
      throw Complaint(.malformed, "\(path): \(error)")
    } catch let error as DecodingError {
      throw Complaint(.malformed, "\(path): \(reason(error)); it was written by no walkproof")
    } catch {
      throw Complaint(.malformed, "\(path): not readable as JSON")
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "the key '\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "'\(path(context))' is not what it should be"
    case .dataCorrupted(let context) where context.codingPath.isEmpty: "not well-formed JSON"
    case .dataCorrupted(let context): "'\(path(context))': \(context.debugDescription)"
    @unknown default: "not well-formed"
    }
  }

  private static func path(_ context: DecodingError.Context) -> String {
    context.codingPath.map(\.stringValue).joined(separator: ".")
  }
}
