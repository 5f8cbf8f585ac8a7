/// What a tree's page-table code and headers say, as text: their words, and the functions that the
/// header declares.
struct TreeText {
  /// Every word, comments left out.
  let words: Set<String>
  /// The functions of the page-table library that the header declares and the code defines.
  let functions: [String]

  /// Reads the code and the headers; functions are those of `header`.
  init(code: String, header: String, others: [String]) {
    let header = TreeText.withoutComments(header)
    var words = TreeText.words(in: header)
    for text in [code] + others {
      words.formUnion(TreeText.words(in: TreeText.withoutComments(text)))
    }
    self.words = words
    functions = TreeText.prototypes(in: header)
  }

  /// The words that follow a prefix anywhere in a text.
  static func words(in text: String, after prefix: String) -> Set<String> {
    Set(words(in: text).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  static func words(in text: String) -> Set<String> {
    Set(text.utf8.split { !isOfWord($0) }.map { String(Substring($0)) })
  }

  /// The last word of a text; nil for none.
  static func lastWord(in text: Substring) -> String? {
    text.utf8.split { !isOfWord($0) }.last.map { String(Substring($0)) }
  }

  /// A C text with a space for each comment.
  private static func withoutComments(_ text: String) -> String {
    var result: [UInt8] = []
    let bytes = Array(text.utf8)
    var index = 0
    func pair(_ first: Character, _ second: Character) -> Bool {
      index + 1 < bytes.count && bytes[index] == first.asciiValue
        && bytes[index + 1] == second.asciiValue
    }
    while index < bytes.count {
      if pair("/", "*") {
        index += 2
        while index < bytes.count, !pair("*", "/") { index += 1 }
        index += 2
        result.append(UInt8(ascii: " "))
      } else if pair("/", "/") {
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The library's functions that a header without comments declares: those outside of any body whose
  /// parameters are followed by a semicolon.
  private static func prototypes(in header: String) -> [String] {
    var text = ""
    var isContinued = false
    for line in header.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      let isDirective = isContinued || line.drop { $0 == " " || $0 == "\t" }.first == "#"
      isContinued = isDirective && line.last == "\\"
      if !isDirective { text += line + "\n" }
    }
    var names: [String] = []
    var depth = 0
    // A body ends a declaration as a semicolon does.
    for declaration in text.split(whereSeparator: { character in
      if character == "{" { depth += 1 }
      if character == "}" { depth -= 1 }
      return depth == 0 && (character == ";" || character == "}")
    }) {
      guard !declaration.contains("{"), let end = declaration.firstIndex(of: "("),
        let name = lastWord(in: declaration[..<end]),
        name.drop(while: { $0 == "_" }).hasPrefix("kvm_pgtable_"), !declaration.contains("typedef")
      else { continue }
      names.append(name)
    }
    return names
  }
}
