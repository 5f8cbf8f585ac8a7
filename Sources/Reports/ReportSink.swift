import Foundation

#if canImport(Glibc)
private import Glibc
#endif

/// Where a report goes: standard output, or a file that is opened before the work begins, so that
/// one that cannot be written costs no run.
public struct ReportSink {
  private let handle: FileHandle
  private let name: String

  /// Whether a person looks at it as it is written.
  public var isTerminal: Bool { isatty(handle.fileDescriptor) == 1 }

  /// Opens `path`; nil or `-` is standard output.
  public init(path: String?) throws(Complaint) {
    guard let path, path != "-" else {
      handle = .standardOutput
      name = "standard output"
      return
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw Complaint(.world, "\(path): cannot be written (\(reason)); choose another --output")
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    name = path
  }

  /// Writes text, whole.
  ///
  /// What cannot be written to a file goes to standard error instead, so that nothing found is lost.
  public func write(_ text: String) throws(Complaint) {
    do {
      try handle.write(contentsOf: Data(text.utf8))
      try handle.synchronizeIfFile()
    } catch {
      if name != "standard output" {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
      }
      throw Complaint(
        .world,
        "\(name): the report cannot be written; is the disk full or the reader gone?"
      )
    }
  }
}

extension FileHandle {
  /// Makes sure of the data on a disk; a pipe or a terminal has none.
  fileprivate func synchronizeIfFile() throws {
    var status = stat()
    guard fstat(fileDescriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    try synchronize()
  }
}
