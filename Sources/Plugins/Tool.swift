import CWalkerPlugin

#if canImport(Glibc)
import Glibc
#endif

/// A program that was run to its end, and what it wrote.
struct Tool {
  /// Where it writes what is wanted of it.
  enum Stream { case output, errors }

  /// What it wrote.
  let text: String
  /// What it exited with; nil where a signal or its time ended it.
  let status: Int?
  /// How it ended where it did not exit: in words that follow its name.
  let ending: String?

  /// Runs a program, which is looked for in `PATH`; throws the reason in words where it cannot be
  /// started.
  init(
    _ words: [String],
    in folder: String? = nil,
    taking stream: Stream,
    seconds: Int32 = 120
  ) throws(ToolFault) {
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    arguments.append(nil)
    let run = walkproof_tool_run(arguments, folder, stream == .errors, seconds * 1000)
    defer { free(run.text) }
    guard run.error == 0 else {
      throw ToolFault(
        reason: String(cString: strerror(run.error)),
        isAbsence: run.error == ENOENT || run.error == EACCES
      )
    }
    let bytes = UnsafeRawBufferPointer(start: run.text, count: run.size)
    text = String(decoding: bytes, as: UTF8.self)
    status = run.status >= 0 && !run.is_interrupted ? Int(run.status) : nil
    ending =
      run.is_interrupted
      ? "was ended before its end" : run.signal != 0 ? "was ended by signal \(run.signal)" : nil
  }
}

/// Why a program could not be started.
struct ToolFault: Error {
  /// In the system's words.
  let reason: String
  /// Whether there is no such program; else the system cannot start any.
  let isAbsence: Bool
}
