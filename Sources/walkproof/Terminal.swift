import Foundation
import Property
import Reports

/// Standard error as a person sees it: one line that is rewritten while work goes on, and complaints.
struct Terminal {
  /// Whether standard error is a terminal; in a pipe there is no progress.
  private let isInteractive = isatty(2) == 1
  private let clock = ContinuousClock()
  private var lastUpdate: ContinuousClock.Instant?
  private var isDirty = false

  /// Shows a line of progress, at most a few times a second.
  mutating func progress(_ line: @autoclosure () -> String) {
    guard isInteractive else { return }
    let now = clock.now
    if let lastUpdate, now - lastUpdate < .milliseconds(100) { return }
    lastUpdate = now
    isDirty = true
    Terminal.write("\r\u{1b}[K" + line())
  }

  /// Takes the line of progress away.
  mutating func clear() {
    if isDirty { Terminal.write("\r\u{1b}[K") }
    isDirty = false
  }

  /// Says something that is neither result nor complaint.
  mutating func note(_ line: String) {
    clear()
    Terminal.write(Visible.line(line) + "\n")
  }

  /// Says what was wrong.
  static func complain(_ line: String) { write("walkproof: \(Visible.line(line))\n") }

  private static func write(_ text: String) {
    // Where standard error itself is gone there is nobody left to tell.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
