/// A case as a line of text that a person can paste, whole: `case-1:system:subject:1.0.3f:9a2c`.
///
/// The fields are the version of the format, the system, the subject, in version 2 what it had to choose
/// from, the choices in hexadecimal, and a checksum of all before it. No character needs quoting in a
/// shell. Where the choices are calls and a schedule that an exploration wrote out, the text begins with
/// `explored-1:`; where the case did not do the same twice, and so has to be run more often than once, with
/// `unsteady-1:`.
public struct ReplayToken: Hashable, Sendable {
  /// What the choices are.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// What a case was drawn from.
    case drawn = "case-"
    /// What an exploration made, written out.
    case explored = "explored-"
    /// What a case was drawn from that did not do the same twice.
    case unsteady = "unsteady-"

    /// The kind in a word.
    public var name: String { String(rawValue.dropLast()) }

    /// The kind of a name; nil for none.
    public init?(name: String) { self.init(rawValue: name + "-") }
  }

  /// The version of the format where the subject's name says what the choices mean.
  public static let version = 1
  /// The version with a field more: in what setting they were made.
  public static let settingVersion = 2

  /// What kind of thing is checked.
  public let system: String
  /// Which one of the kind.
  public let subject: String
  /// What the subject had to choose from, in its system's words; empty where its name says it.
  public let setting: String
  /// The choices of the case.
  public let choices: [UInt64]
  /// What the choices are.
  public let kind: Kind

  /// Makes the token of a case; the names may be any text.
  public init(
    system: String,
    subject: String,
    setting: String = "",
    choices: [UInt64],
    kind: Kind = .drawn
  ) {
    self.system = system
    self.subject = subject
    self.setting = setting
    self.choices = choices
    self.kind = kind
  }

  /// The token as text.
  public var text: String {
    let version = setting.isEmpty ? Self.version : Self.settingVersion
    let names = [system, subject] + (setting.isEmpty ? [] : [setting])
    let fields = ["\(kind.rawValue)\(version)"] + names.map(Self.escaped)
    let body = (fields + [ChoiceText.text(of: choices)]).joined(separator: ":")
    return "\(body):\(Self.checksum(of: body))"
  }
}

extension ReplayToken: CustomStringConvertible {
  /// The token as text.
  public var description: String { text }
}

extension ReplayToken {
  /// Bytes that need no escape: letters, digits, and four signs that no shell minds.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."), UInt8(ascii: "/"):
      true
    default: false
    }
  }

  static func isPlain(_ character: Character) -> Bool {
    character.asciiValue.map(isPlain) ?? false
  }

  /// The name with every other byte as a percent sign and two digits.
  private static func escaped(_ name: String) -> String {
    var text = ""
    for byte in name.utf8 {
      if isPlain(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
      }
    }
    return text
  }

  /// Four digits of FNV-1a: against slips of the hand, not of malice.
  static func checksum(of text: String) -> String {
    var hash: UInt32 = 2_166_136_261
    for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    let digits = String((hash ^ hash >> 16) & 0xffff, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
