import Foundation

/// Where progress is told: a line that is written over on a terminal, and nothing in a pipe.
struct Screen {
  private let isTerminal = isatty(2) == 1
  private var hasLine = false

  /// Shows what is being done.
  mutating func tell(_ text: String) {
    guard isTerminal else { return }
    write("\r\u{1b}[K\(text.prefix(110))")
    hasLine = true
  }

  /// Writes a line that stays.
  mutating func note(_ text: String) {
    clear()
    write(text + "\n")
  }

  /// Takes the line of progress away.
  mutating func clear() {
    if hasLine { write("\r\u{1b}[K") }
    hasLine = false
  }

  private func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
