/// Text as a terminal can be given it.
public enum Visible {
  /// A text of several lines, with every other control character spelled as JSON spells it, so that
  /// what is spelled means the same in a report of either form.
  public static func text(_ text: String) -> String { spelled(text) { $0 == "\n" || $0 == "\t" } }

  /// One line, whatever is in it.
  public static func line(_ text: String) -> String {
    spelled(text.replacing("\r\n", with: "\n")) { _ in false }
  }

  private static func spelled(_ text: String, except isKept: (Unicode.Scalar) -> Bool) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool {
      scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
    }
    // Most texts have none.
    guard text.unicodeScalars.contains(where: { isControl($0) && !isKept($0) }) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      if isControl(scalar), !isKept(scalar) {
        let digits = String(scalar.value, radix: 16)
        result +=
          scalar == "\n" ? "\\n" : "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }
}
