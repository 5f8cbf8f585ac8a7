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
      let data = try InputFile.read(file.path)
      // What a full disk or a power cut has left of a file says nothing of any case.
      if data.isEmpty { continue }
      entries.append(try JSON.corpusEntry(data, path: file.path))
    }
    return entries
  }

  /// Writes an entry, whole, into a file that is named after what it shows, in the place of the entry
  /// that showed the same.
  /// - Returns: the file's path.
  @discardableResult
  public func add(_ entry: CorpusEntry) throws(Complaint) -> String {
    let readable = entry.fingerprint.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    let name = "\(entry.system)-\(entry.subject)-\(String(readable.prefix(80)))"
    let file = file(for: entry, named: name)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try WholeFile.write(try JSON.text(entry), to: file)
    } catch {
      let reason = (error as? WholeFile.Failure)?.reason ?? error.localizedDescription
      throw Complaint(
        .world,
        "\(file): the failure cannot be written down (\(reason)); choose another --corpus"
      )
    }
    return file
  }

  /// The first file of a name that there is not, or that shows the same: two fingerprints may have the
  /// same letters in the same places.
  private func file(for entry: CorpusEntry, named name: String) -> String {
    for number in 1... {
      let path = folder.appendingPathComponent(
        number == 1 ? "\(name).json" : "\(name)-\(number).json"
      )
      .path
      guard FileManager.default.fileExists(atPath: path) else { return path }
      let known = (try? InputFile.read(path)).flatMap { try? JSON.corpusEntry($0, path: path) }
      // What cannot be read shows nothing.
      guard let known else { return path }
      let isSame =
        (known.system, known.subject, known.fingerprint)
        == (entry.system, entry.subject, entry.fingerprint)
      if isSame { return path }
    }
    preconditionFailure("there are more files than numbers")
  }
}
