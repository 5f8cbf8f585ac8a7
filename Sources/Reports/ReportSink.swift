import Foundation

#if canImport(Glibc)
private import Glibc
#endif

/// Where a report goes: standard output, or a file.
///
/// A file stays as it is until there is something to put in its place, and is then whole at any moment;
/// one that can be seen to be no place for a report costs no run.
public final class ReportSink {
  /// The file; nil for standard output.
  private let path: String?
  /// All that was written.
  private var written = ""

  /// Whether a person looks at it as it is written.
  public var isTerminal: Bool { path == nil && isatty(STDOUT_FILENO) == 1 }

  /// A sink to `path`; nil or `-` is standard output.
  public init(path: String?) throws(Complaint) {
    self.path = path == "-" ? nil : path
    if let path = self.path, let obstacle = WholeFile.obstacle(to: path) {
      throw Complaint(
        .world,
        "\(path): cannot be written (\(obstacle.reason)); choose another --output"
      )
    }
  }

  /// Writes text, whole.
  ///
  /// - Parameters:
  ///   - text: What is added to the report.
  ///   - hasFindings: Whether there is anything in the report that must not be lost: where it cannot be
  ///     written, it is then kept in a file that the complaint names.
  /// - Throws: A complaint where it could not be written where it should be.
  public func write(_ text: String, hasFindings: Bool = false) throws(Complaint) {
    let text = Visible.text(text)
    written += text
    do throws(WholeFile.Failure) {
      if let path {
        try WholeFile.write(written, to: path)
      } else {
        try WholeFile.writeAll(text, to: STDOUT_FILENO)
      }
    } catch {
      let place = path ?? "standard output"
      var words = "\(place): the report cannot be written (\(error.reason));"
      if hasFindings, let kept = keep() {
        words += " it is in \(kept)"
      } else {
        words += " is the disk full or the reader gone?"
        if hasFindings || path != nil {
          try? WholeFile.writeAll(written, to: STDERR_FILENO)
        }
      }
      throw Complaint(.world, words)
    }
  }

  /// Puts the report where there is room for it, and says where; nil where there is none.
  private func keep() -> String? {
    for folder in [".", NSTemporaryDirectory()] {
      let path = URL(fileURLWithPath: folder).appendingPathComponent("walkproof-report-\(getpid())")
        .path
      do throws(WholeFile.Failure) {
        try WholeFile.write(written, to: path)
        return path
      } catch {}
    }
    return nil
  }
}
