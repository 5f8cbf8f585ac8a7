import Foundation
import Property
import Testing

@Suite struct ReplayTests {
  static let token = ReplayToken(
    system: "toy",
    subject: "sums",
    choices: [1, 0, 0xdead_beef, .max]
  )

  @Test(arguments: [
    token,
    ReplayToken(system: "", subject: "", choices: []),
    ReplayToken(system: "a", subject: "b", setting: "4K", choices: [3], kind: .unsteady),
    ReplayToken(system: "a:b c", subject: "größer 100%\n", choices: [0]),
    ReplayToken(system: "x-1_y.z/w", subject: "A", choices: [0, 0]),
  ])
  func `a token reads back as it was written`(token: ReplayToken) throws {
    #expect(try ReplayToken(parsing: token.text) == token)
    #expect(try ReplayToken(parsing: "  \(token.text)\r\n") == token)
    #expect(token.text.allSatisfy { $0.isASCII && !$0.isWhitespace && !"'\"$&;()*?".contains($0) })
  }

  @Test func `the form of version 1 is settled`() {
    #expect(Self.token.text == "case-1:toy:sums:1.0.deadbeef.ffffffffffffffff:083a")
  }

  @Test(arguments: [
    ("", "not a replay token: it should begin with 'case-1:'"),
    ("hello", "not a replay token: it should begin with 'case-1:'"),
    ("case-x:a:b:1:0000", "not a replay token: it should begin with 'case-1:'"),
    ("case-", "the replay token is cut short at column 6, where the version should follow"),
    ("case-3:a:b:1:0000", "a replay token of version 3; this program reads versions 1 and 2"),
    (
      "case-1",
      "the replay token is cut short at column 7, where the rest of the token should follow"
    ),
    (
      "case-1:toy",
      "the replay token is cut short at column 11, where the rest of the system should follow"
    ),
    (
      "case-1:toy:sums:1.2",
      "the replay token is cut short at column 20, where the rest of the choices should follow"
    ),
    (
      "case-1:toy:sums:1.2:",
      "the replay token is cut short at column 21, where the checksum should follow"
    ),
    (
      "case-1:toy:sums:1.2:ab",
      "the replay token is cut short at column 23, where the checksum should follow"
    ),
    (
      "case-1:toy:sums:1.2:0bad",
      "the replay token was altered: its checksum is 0bad, and should be dd08"
    ),
    (
      "case-1:toy:sums:1.2:abcde",
      "'e' at column 25 of the replay token, where the end should stand"
    ),
    (
      "case-1:toy:sums:1..2:abcd",
      "'.' at column 19 of the replay token, where a hexadecimal digit should stand"
    ),
    (
      "case-1:toy:sums:1.g:abcd",
      "'g' at column 19 of the replay token, where a hexadecimal digit should stand"
    ),
    (
      "case-1:toy:sums:1.:abcd",
      "the replay token is cut short at column 19, where a number should follow"
    ),
    (
      "case-1:toy:sums:1.11111111111111111:abcd",
      "the number at column 19 of the replay token has more than 64 bits"
    ),
    (
      "case-1:to y:sums:1:abcd",
      "' ' at column 10 of the replay token, where the system should stand"
    ),
    (
      "case-1:to\u{7}y:sums:1:abcd",
      "'U+7' at column 10 of the replay token, where the system should stand"
    ),
    (
      "case-1:toy:a%4:1:abcd",
      "':' at column 15 of the replay token, where a hexadecimal digit should stand"
    ),
    (
      "case-1:toy:a%ff:1:abcd",
      "the escapes in the name at column 12 of the replay token are not valid UTF-8"
    ),
  ])
  func `a bad token gets one line that names the place`(text: String, message: String) {
    do throws(ReplayTokenError) {
      _ = try ReplayToken(parsing: text)
      Issue.record("'\(text)' was read")
    } catch {
      #expect(error.description == message)
    }
  }

  @Test func `no damage to a token crashes or goes unnoticed`() {
    let text = Array(Self.token.text)
    for length in 0..<text.count {
      #expect(throws: ReplayTokenError.self) {
        try ReplayToken(parsing: String(text[..<length]))
      }
    }
    for position in text.indices {
      for replacement in ["0", "f", ":", "%", ".", "é", "\u{0}", "-", "~", " "] as [Character] {
        var damaged = text
        damaged[position] = replacement
        guard damaged != text else { continue }
        #expect(throws: ReplayTokenError.self) { try ReplayToken(parsing: String(damaged)) }
      }
    }
  }

  @Test func `a failure found, printed, read and replayed fails the same way`() throws {
    let campaign = Campaign(CampaignPlan(seed: 1, cases: 0..<500)) { SmallSums() }
    for failure in campaign.run().failures {
      let printed = ReplayToken(system: "t", subject: "s", choices: failure.simplest).text
      var choices = Choices(replaying: try ReplayToken(parsing: printed).choices)
      var statistics = ToyStatistics()
      var property = SmallSums()
      guard case .violated(let violation) = property.run(&choices, into: &statistics) else {
        Issue.record("\(printed) holds")
        continue
      }
      #expect(violation.fingerprint == failure.violation.fingerprint)
      #expect(choices.values == failure.simplest)
    }
  }
}

@Suite struct CorpusEntryTests {
  let entry = CorpusEntry(
    system: "toy",
    subject: "sums",
    seed: Seed(.max),
    caseIndex: .max - 1,
    choices: [1, .max, 0],
    fingerprint: "sum"
  )

  func json(_ entry: CorpusEntry) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(entry), as: UTF8.self)
  }

  func read(_ json: String) throws -> CorpusEntry {
    try JSONDecoder().decode(CorpusEntry.self, from: Data(json.utf8))
  }

  @Test func `an entry reads back as it was written`() throws {
    #expect(try read(json(entry)) == entry)
    #expect(entry.token.choices == entry.choices)
  }

  @Test func `the form of version 1 is settled`() throws {
    #expect(
      try json(entry) == #"{"caseIndex":"18446744073709551614","choices":"1.ffffffffffffffff.0","#
        + #""fingerprint":"sum","formatVersion":1,"seed":"18446744073709551615","#
        + #""subject":"sums","system":"toy"}"#
    )
  }

  @Test func `what the choices are is kept where they were not drawn`() throws {
    for kind in ReplayToken.Kind.allCases {
      let entry = CorpusEntry(
        system: "toy",
        subject: "sums",
        seed: 0,
        caseIndex: 0,
        choices: [1],
        kind: kind,
        fingerprint: "sum"
      )
      let text = try json(entry)
      #expect(text.contains(#""kind":"\#(kind.name)""#) == (kind != .drawn))
      #expect(try read(text) == entry)
      #expect(try read(text).token.kind == kind)
    }
    let unknown = try json(entry).replacingOccurrences(
      of: #","seed""#,
      with: #","kind":"odd","seed""#
    )
    #expect(throws: DecodingError.self) { try read(unknown) }
  }

  @Test func `another version is told before anything else is looked at`() {
    #expect(throws: CorpusEntryError.otherVersion(2)) { try read(#"{"formatVersion":2}"#) }
  }

  @Test func `damaged entries are errors, not crashes`() throws {
    let text = try json(entry)
    for length in 0..<text.count {
      #expect(throws: (any Error).self) { try read(String(text.prefix(length))) }
    }
    let damages = [
      (#""1.ff"#, #""1..ff"#), (#""1.ff"#, #""1.fff"#), (#""1844"#, #""x844"#),
      (#""1844"#, #""91844"#), (#""toy""#, "3"), ("formatVersion", "formatversion"),
    ]
    for (whole, damaged) in damages {
      let broken = text.replacingOccurrences(of: whole, with: damaged)
      #expect(broken != text)
      #expect(throws: (any Error).self) { try read(broken) }
    }
  }
}
