/// What is wrong with a token, and where; columns count characters from 1.
public enum ReplayTokenError: Error, Hashable, Sendable {
  /// The text does not begin as a token does.
  case notAToken
  /// The token is of another version of the format.
  case otherVersion(String)
  /// The text ends too early.
  case truncated(column: Int, expected: String)
  /// A character that cannot stand where it does.
  case unexpected(Character, column: Int, expected: String)
  /// A number of more than 64 bits begins here.
  case numberTooGreat(column: Int)
  /// The escapes of a name that begins here spell no text.
  case notText(column: Int)
  /// The parts are well-formed, but not those that were written.
  case wrongChecksum(written: String, computed: String)
}

extension ReplayTokenError: CustomStringConvertible {
  /// One line that says what is wrong and where.
  public var description: String {
    switch self {
    case .notAToken:
      "not a replay token: it should begin with '\(ReplayToken.Kind.drawn.rawValue)\(ReplayToken.version):'"
    case .otherVersion(let version):
      "a replay token of version \(version); this program reads versions \(ReplayToken.version)"
        + " and \(ReplayToken.settingVersion)"
    case .truncated(let column, let expected):
      "the replay token is cut short at column \(column), where \(expected) should follow"
    case .unexpected(let character, let column, let expected):
      "'\(Self.visible(character))' at column \(column) of the replay token, "
        + "where \(expected) should stand"
    case .numberTooGreat(let column):
      "the number at column \(column) of the replay token has more than 64 bits"
    case .notText(let column):
      "the escapes in the name at column \(column) of the replay token are not valid UTF-8"
    case .wrongChecksum(let written, let computed):
      "the replay token was altered: its checksum is \(written), and should be \(computed)"
    }
  }

  /// The character, or its code where printing it would break the line or the terminal.
  private static func visible(_ character: Character) -> String {
    if let ascii = character.asciiValue, (0x20..<0x7f).contains(ascii) { return String(character) }
    return character.unicodeScalars.map { "U+" + String($0.value, radix: 16, uppercase: true) }
      .joined(separator: " ")
  }
}
