public import Foundation
public import Property

/// A folder of small JSON files, one a known failure, which are replayed before anything else.
public struct Corpus: Sendable {
  /// The folder.
  public let folder: URL

  /// The corpus in a folder, which need not exist yet.
  public init(path: String) { folder = URL(fileURLWithPath: path, isDirectory: true) }

  /// Every entry, in the order of the files' names; none if there is no folder.
  ///
  /// Throws a complaint where a file cannot be read or is malformed.
  public func entries() throws(Complaint) -> [CorpusEntry] {
    let manager = FileManager.default
    guard manager.fileExists(atPath: folder.path) else { return [] }
    let names: [String]
    do {
      names = try manager.contentsOfDirectory(atPath: folder.path)
    } catch {
      throw Complaint(.world, "\(folder.path): cannot be listed; check its permissions")
    }
    var entries: [CorpusEntry] = []
    for name in names.sorted() where name.hasSuffix(".json") {
      let file = folder.appendingPathComponent(name)
      guard let data = try? Data(contentsOf: file) else {
        throw Complaint(.world, "\(file.path): cannot be read; check its permissions")
      }
      entries.append(try JSON.corpusEntry(data, path: file.path))
    }
    return entries
  }

  /// Writes an entry into a file that is named after what it shows.
  /// - Returns: the file's path.
  @discardableResult
  public func add(_ entry: CorpusEntry) throws(Complaint) -> String {
    let readable = entry.fingerprint.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    let name = "\(entry.system)-\(entry.subject)-\(String(readable.prefix(80))).json"
    let file = folder.appendingPathComponent(name)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(try JSON.text(entry).utf8).write(to: file)
    } catch {
      throw Complaint(
        .world,
        "\(file.path): the failure cannot be written down; choose another --corpus"
      )
    }
    return file.path
  }
}
