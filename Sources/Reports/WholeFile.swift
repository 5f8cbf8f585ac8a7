import Foundation

#if canImport(Glibc)
private import Glibc
#endif

/// Files that are there whole or not at all, whatever becomes of the program or the disk meanwhile.
enum WholeFile {
  /// Why a file could not be written, in the system's words.
  struct Failure: Error {
    let reason: String

    /// What the last call of the system failed with.
    static var latest: Failure { Failure(reason: String(cString: strerror(errno))) }
  }

  /// Puts a text in the place of a file.
  ///
  /// It is written beside it and renamed. Where that is not permitted, in a folder of somebody else's,
  /// and where the path is of no plain file, it is written into what is there.
  static func write(_ text: String, to path: String) throws(Failure) {
    let target = resolved(path)
    var status = stat()
    let isThere = stat(target, &status) == 0
    if isThere, status.st_mode & S_IFMT != S_IFREG { return try overwrite(target, text) }
    let part = "\(target).part-\(getpid())"
    let mode = isThere ? status.st_mode & 0o777 : 0o644
    let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else {
      let failure = Failure.latest
      guard isThere, [EACCES, EPERM, EROFS].contains(errno) else { throw failure }
      return try overwrite(target, text)
    }
    if isThere { fchmod(descriptor, mode) }
    do throws(Failure) {
      try writeAll(text, to: descriptor)
      // A file that is renamed before its data is on the disk is an empty one after a power cut.
      guard fsync(descriptor) == 0 else { throw .latest }
    } catch {
      close(descriptor)
      unlink(part)
      throw error
    }
    guard close(descriptor) == 0 else {
      let failure = Failure.latest
      unlink(part)
      throw failure
    }
    guard rename(part, target) != 0 else { return }
    let failure = Failure.latest
    unlink(part)
    // A file that something is mounted on cannot be replaced.
    guard isThere else { throw failure }
    try overwrite(target, text)
  }

  /// Why nothing could be written to a path, as far as that can be told without doing so; nil where it
  /// seems possible.
  static func obstacle(to path: String) -> Failure? {
    let target = resolved(path)
    var status = stat()
    if stat(target, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { return Failure(reason: "it is a folder") }
      return access(target, W_OK) == 0 ? nil : .latest
    }
    guard errno == ENOENT else { return .latest }
    let folder = target.utf8.lastIndex(of: UInt8(ascii: "/")).map { target[...$0] } ?? "."
    return access(String(folder), W_OK | X_OK) == 0 ? nil : .latest
  }

  /// Writes text to a descriptor, all of it.
  static func writeAll(_ text: String, to descriptor: Int32) throws(Failure) {
    var rest = ArraySlice(text.utf8)
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        // A pipe that its reader has made so.
        var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&room, 1, 1000)
      } else if errno != EINTR {
        throw .latest
      }
    }
  }

  /// Writes into a file that stays where it is.
  private static func overwrite(_ path: String, _ text: String) throws(Failure) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .latest }
    defer { close(descriptor) }
    try writeAll(text, to: descriptor)
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      ftruncate(descriptor, off_t(text.utf8.count))
    }
  }

  /// The path of the file itself, where it is one of a link.
  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }
}
