extension ReplayToken {
  /// Reads a token; white space around it is ignored.
  public init(parsing text: String) throws(ReplayTokenError) {
    var reader = TokenReader(text)
    let (kind, version) = try reader.readVersion()
    let system = try reader.readName("the system")
    let subject = try reader.readName("the subject")
    let setting = version == Self.version ? "" : try reader.readName("the setting")
    let choices = try reader.readChoices()
    try reader.readChecksum()
    self.init(system: system, subject: subject, setting: setting, choices: choices, kind: kind)
  }
}

/// Reads the fields of a token in order.
private struct TokenReader {
  private let characters: [Character]
  private var position = 0
  private let end: Int

  init(_ text: String) {
    characters = Array(text)
    end = (characters.lastIndex { !$0.isWhitespace } ?? -1) + 1
    position = min(characters.firstIndex { !$0.isWhitespace } ?? 0, end)
    start = position
  }

  private let start: Int

  private var column: Int { position + 1 }

  private var next: Character? { position < end ? characters[position] : nil }

  /// The characters up to the next colon, which is skipped; all fields but the last end in one.
  private mutating func readField(_ name: String) throws(ReplayTokenError) -> ArraySlice<Character>
  {
    guard let colon = characters[position..<end].firstIndex(of: ":") else {
      throw .truncated(column: end + 1, expected: "the rest of \(name)")
    }
    defer { position = colon + 1 }
    return characters[position..<colon]
  }

  mutating func readVersion() throws(ReplayTokenError) -> (ReplayToken.Kind, Int) {
    let field = characters[position..<end].prefix { $0 != ":" }
    guard let kind = ReplayToken.Kind.allCases.first(where: { field.starts(with: $0.rawValue) })
    else { throw .notAToken }
    let version = field.dropFirst(kind.rawValue.count)
    guard !version.isEmpty else {
      throw .truncated(column: field.endIndex + 1, expected: "the version")
    }
    guard version.allSatisfy({ $0.isASCII && $0.isNumber }) else { throw .notAToken }
    let known = [ReplayToken.version, ReplayToken.settingVersion]
    guard let found = known.first(where: { String($0) == String(version) }) else {
      throw .otherVersion(String(version.prefix(20)))
    }
    _ = try readField("the token")
    return (kind, found)
  }

  mutating func readName(_ what: String) throws(ReplayTokenError) -> String {
    let first = column
    let field = try readField(what)
    var bytes: [UInt8] = []
    var index = field.startIndex
    while index < field.endIndex {
      let character = field[index]
      if character == "%" {
        bytes.append(try escapedByte(in: field, at: index))
        index += 3
      } else if ReplayToken.isPlain(character) {
        bytes += Array(String(character).utf8)
        index += 1
      } else {
        throw .unexpected(character, column: index + 1, expected: what)
      }
    }
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw .notText(column: first)
    }
    return name
  }

  private func escapedByte(
    in field: ArraySlice<Character>,
    at index: Int
  ) throws(ReplayTokenError) -> UInt8 {
    var byte: UInt64 = 0
    for place in index + 1...index + 2 {
      guard place < field.endIndex, let digit = ChoiceText.digit(field[place]) else {
        let found = characters[min(place, field.endIndex)]
        throw .unexpected(found, column: place + 1, expected: "a hexadecimal digit")
      }
      byte = byte << 4 | digit
    }
    return UInt8(byte)
  }

  mutating func readChoices() throws(ReplayTokenError) -> [UInt64] {
    let first = column
    return try ChoiceText.choices(in: try readField("the choices"), column: first)
  }

  mutating func readChecksum() throws(ReplayTokenError) {
    let body = String(characters[start..<position - 1])
    let first = position
    while let character = next {
      guard position < first + 4 else {
        throw .unexpected(character, column: column, expected: "the end")
      }
      guard ChoiceText.digit(character) != nil else {
        throw .unexpected(character, column: column, expected: "a hexadecimal digit")
      }
      position += 1
    }
    guard position == first + 4 else { throw .truncated(column: column, expected: "the checksum") }
    let written = String(characters[first..<position])
    let computed = ReplayToken.checksum(of: body)
    guard written == computed else {
      throw .wrongChecksum(written: written, computed: computed)
    }
  }
}
