public import Foundation

#if canImport(Glibc)
private import Glibc
#endif

/// Files that the command reads: small ones, and pipes from other programs.
public enum InputFile {
  /// More than any list, token or case of ours has, in bytes.
  private static let sizeLimit = 64 << 20

  /// What is in a file.
  ///
  /// Throws a complaint where it cannot be read, or is no such file.
  public static func read(_ path: String) throws(Complaint) -> Data {
    // A pipe that nobody writes to would otherwise be waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { close(descriptor) }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    var data = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return data }
      if count > 0 {
        data.append(contentsOf: buffer[..<count])
      } else if errno != EINTR {
        throw unreadable(path)
      }
      guard data.count <= sizeLimit else {
        throw Complaint(
          .malformed,
          "\(path): larger than any file of walkproof's; is it the right one?"
        )
      }
    }
  }

  private static func unreadable(_ path: String) -> Complaint {
    Complaint(
      .world,
      "\(path): cannot be read (\(String(cString: strerror(errno))));"
        + " check the path and its permissions"
    )
  }
}
