/// Words of a printed command.
public enum ShellWord {
  /// A word as a shell takes it, whatever is in it; one that begins like an option is spelled as a path.
  public static func quoted(_ word: String) -> String {
    let word = word.hasPrefix("-") ? "./" + word : word
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@")
    if !word.isEmpty, word.allSatisfy(plain.contains) { return word }
    let isPrintable = word.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value)
    }
    if isPrintable {
      return "'"
        + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        + "'"
    }
    // Bash, Zsh and the standard since 2024 know this form.
    return "$'"
      + word.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
        case 0x20..<0x7f: String(UnicodeScalar(byte))
        default: "\\" + octal(byte)
        }
      }.joined() + "'"
  }

  private static func octal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 8)
    return String(repeating: "0", count: 3 - digits.count) + digits
  }
}
