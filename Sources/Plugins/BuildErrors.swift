import Foundation

/// What a compiler says of a tree that does not build, in one line.
struct BuildErrors {
  /// The releases whose trees are known to build.
  static let knownReleases = "6.1, 6.12, 7.2 and 7.3"

  /// What compilers say of a name that they do not know: what stands before it, and what behind it.
  private static let phrases: [(before: String, behind: String)] = [
    ("", "undeclared"), ("use of undeclared identifier ", ""), ("call to undeclared function ", ""),
    ("implicit declaration of function ", ""), ("unknown type name ", ""),
    ("has no member named ", ""), ("no member named ", ""), ("field ", "has incomplete type"),
  ]
  /// What the glue says of a function, and this of one or several.
  private static let noAdapter = " declared in a way that no adapter is for"

  /// The names that are not known, each once, in the order in which they are met.
  private(set) var names: [String] = []
  /// The functions that are declared in no known way.
  private(set) var functions: [String] = []
  /// The first error, as the compiler words it.
  private(set) var first: String?

  /// Reads what the compilers wrote, in the C locale.
  init(_ text: String) {
    first = text.split(separator: "\n").first.map(String.init)
    var isFirst = true
    // An assembler's begin with a capital.
    for line in text.split(separator: "\n")
    where line.contains("rror: ") || line.contains("not found") {
      if isFirst { first = String(line) }
      isFirst = false
      if let function = BuildErrors.function(in: line) {
        if !functions.contains(function) { functions.append(function) }
      } else if let name = BuildErrors.name(in: line), !names.contains(name) {
        names.append(name)
      }
    }
  }

  /// The errors as a sentence that follows the tree's path.
  var sentence: String {
    var parts: [String] = []
    if !functions.isEmpty {
      parts.append(
        functions.joined(separator: ", ")
          + (functions.count == 1 ? " is" : " are") + BuildErrors.noAdapter
      )
    }
    if !names.isEmpty { parts.append("the shim does not have \(names.joined(separator: ", "))") }
    // What is no name that the shim could have is in the compiler's own words.
    if parts.isEmpty {
      return "it does not build; the compiler says '\(first ?? "nothing")'"
    }
    return
      "it does not build: \(parts.joined(separator: "; ")); Linux \(BuildErrors.knownReleases) are"
      + " known to build, and of another release these names are what to report"
  }

  private static func function(in line: Substring) -> String? {
    line.range(of: " is" + noAdapter).flatMap { TreeText.lastWord(in: line[..<$0.lowerBound]) }
  }

  private static func name(in line: Substring) -> String? {
    guard let start = line.range(of: "error: ") else { return nil }
    let words = line[start.upperBound...]
    for phrase in phrases {
      guard let before = words.range(of: "\(phrase.before)'"),
        let end = words[before.upperBound...].firstIndex(of: "'"),
        words[words.index(after: end)...].hasPrefix(
          phrase.behind.isEmpty ? "" : " \(phrase.behind)"
        ),
        !phrase.before.isEmpty || before.lowerBound == words.startIndex
      else { continue }
      return String(words[before.upperBound..<end])
    }
    return nil
  }
}
