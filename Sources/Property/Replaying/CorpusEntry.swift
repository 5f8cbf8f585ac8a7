/// A failure kept for later runs: what to replay, where it came from, and what it should show.
public struct CorpusEntry: Hashable, Sendable {
  /// The version of the format that is written and read here.
  public static let formatVersion = 1

  /// What kind of thing failed.
  public let system: String
  /// Which one of the kind.
  public let subject: String
  /// The seed of the campaign that found it; 0 where nothing was drawn.
  public let seed: Seed
  /// The index of the case that failed first; 0 where nothing was drawn.
  public let caseIndex: UInt64
  /// The choices of the simplest case that fails so.
  public let choices: [UInt64]
  /// What the choices are.
  public let kind: ReplayToken.Kind
  /// Names the defect.
  public let fingerprint: String
  /// What the subject had to choose from, in its system's words; empty where its name says it.
  public let setting: String
  /// Which of several that go by the subject's name it is, a folder or a file; empty where there is one.
  public let origin: String
  /// What the choices mean: the configuration and the calls, in words; empty in what was written before
  /// that was kept.
  public let meaning: [String]

  /// Makes an entry.
  public init(
    system: String,
    subject: String,
    seed: Seed,
    caseIndex: UInt64,
    choices: [UInt64],
    kind: ReplayToken.Kind = .drawn,
    fingerprint: String,
    setting: String = "",
    origin: String = "",
    meaning: [String] = []
  ) {
    self.system = system
    self.subject = subject
    self.seed = seed
    self.caseIndex = caseIndex
    self.choices = choices
    self.kind = kind
    self.fingerprint = fingerprint
    self.setting = setting
    self.origin = origin
    self.meaning = meaning
  }

  /// The text form of the same case.
  public var token: ReplayToken {
    ReplayToken(system: system, subject: subject, setting: setting, choices: choices, kind: kind)
  }
}

/// Why an entry cannot be read, though it is well-formed as far as its encoding goes.
public enum CorpusEntryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The entry is of another version of the format.
  case otherVersion(Int)

  /// One line that says what is wrong.
  public var description: String {
    switch self {
    case .otherVersion(let version):
      "a corpus entry of version \(version); this program reads version "
        + "\(CorpusEntry.formatVersion)"
    }
  }
}

/// Numbers are written as text: they have 64 bits, and many readers of JSON keep but 53.
extension CorpusEntry: Codable {
  private enum Field: String, CodingKey {
    case formatVersion
    case system
    case subject
    case seed
    case caseIndex
    case choices
    case kind
    case fingerprint
    case setting
    case origin
    case meaning
  }

  /// Reads an entry; the version is looked at before anything else.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Field.self)
    let version = try fields.decode(Int.self, forKey: .formatVersion)
    guard version == Self.formatVersion else { throw CorpusEntryError.otherVersion(version) }

    func number(_ field: Field) throws -> UInt64 {
      let text = try fields.decode(String.self, forKey: field)
      guard let value = UInt64(text) else {
        throw DecodingError.dataCorruptedError(
          forKey: field,
          in: fields,
          debugDescription: "not a decimal number of 64 bits"
        )
      }
      return value
    }
    let text = Array(try fields.decode(String.self, forKey: .choices))
    let choices: [UInt64]
    do {
      choices = try ChoiceText.choices(in: text[...], column: 1)
    } catch {
      throw DecodingError.dataCorruptedError(
        forKey: .choices,
        in: fields,
        debugDescription: "not hexadecimal numbers separated by dots"
      )
    }
    let kind = try fields.decodeIfPresent(String.self, forKey: .kind)
    guard let kind = ReplayToken.Kind(name: kind ?? ReplayToken.Kind.drawn.name) else {
      throw DecodingError.dataCorruptedError(
        forKey: .kind,
        in: fields,
        debugDescription: "not a kind of case that there is"
      )
    }
    self.init(
      system: try fields.decode(String.self, forKey: .system),
      subject: try fields.decode(String.self, forKey: .subject),
      seed: Seed(try number(.seed)),
      caseIndex: try number(.caseIndex),
      choices: choices,
      kind: kind,
      fingerprint: try fields.decode(String.self, forKey: .fingerprint),
      setting: try fields.decodeIfPresent(String.self, forKey: .setting) ?? "",
      origin: try fields.decodeIfPresent(String.self, forKey: .origin) ?? "",
      meaning: try fields.decodeIfPresent([String].self, forKey: .meaning) ?? []
    )
  }

  /// Writes the entry.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(Self.formatVersion, forKey: .formatVersion)
    try fields.encode(system, forKey: .system)
    try fields.encode(subject, forKey: .subject)
    try fields.encode(seed.description, forKey: .seed)
    try fields.encode(String(caseIndex), forKey: .caseIndex)
    try fields.encode(ChoiceText.text(of: choices), forKey: .choices)
    if kind != .drawn { try fields.encode(kind.name, forKey: .kind) }
    try fields.encode(fingerprint, forKey: .fingerprint)
    if !setting.isEmpty { try fields.encode(setting, forKey: .setting) }
    if !origin.isEmpty { try fields.encode(origin, forKey: .origin) }
    if !meaning.isEmpty { try fields.encode(meaning, forKey: .meaning) }
  }
}
