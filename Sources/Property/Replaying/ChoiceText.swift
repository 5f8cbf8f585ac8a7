/// Choices as text: hexadecimal numbers, separated by dots.
///
/// No choices at all are the empty text.
enum ChoiceText {
  static func text(of choices: [UInt64]) -> String {
    choices.map { String($0, radix: 16) }.joined(separator: ".")
  }

  /// Reads numbers up to the end of the text; columns are counted from `column`.
  static func choices(
    in text: ArraySlice<Character>,
    column: Int
  ) throws(ReplayTokenError) -> [UInt64] {
    guard !text.isEmpty else { return [] }
    var choices: [UInt64] = []
    var value: UInt64 = 0
    var digits = 0
    for (offset, character) in text.enumerated() {
      if character == ".", digits > 0 {
        choices.append(value)
        value = 0
        digits = 0
        continue
      }
      guard let digit = Self.digit(character) else {
        throw .unexpected(character, column: column + offset, expected: "a hexadecimal digit")
      }
      guard value >> 60 == 0 else { throw .numberTooGreat(column: column + offset - digits) }
      value = value << 4 | digit
      digits += 1
    }
    guard digits > 0 else { throw .truncated(column: column + text.count, expected: "a number") }
    return choices + [value]
  }

  /// The value of a lower-case hexadecimal digit; capitals are never written, and so not read.
  static func digit(_ character: Character) -> UInt64? {
    guard let ascii = character.asciiValue else { return nil }
    switch ascii {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt64(ascii - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): return UInt64(ascii - UInt8(ascii: "a")) + 10
    default: return nil
    }
  }
}
