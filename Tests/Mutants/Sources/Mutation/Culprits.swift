/// Where the texts of mutants stand in a file that has them all.
public struct Culprits: Sendable {
  /// For each line, the innermost mutants' texts and places that it belongs to.
  private var texts: [Int: Set<Int>] = [:]
  private var places: [Int: Set<Int>] = [:]
  /// The functions, by their first and last lines, and the mutants in each that leave a block in another
  /// way, or not at all.
  private var functions: [ClosedRange<Int>] = []
  private var jumps: [Int: Set<Int>] = [:]

  /// A place that is being read.
  private struct Place {
    var isJump: Bool
    var mutants: Set<Int> = []
    var lines: [Int] = []
  }

  /// Reads the marks that are left around them.
  public init(_ schemata: String) {
    var open: [Int] = []
    var pending: [Place] = []
    var function: (start: Int, end: String)?
    for (index, line) in schemata.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      let number = index + 1
      for index in pending.indices { pending[index].lines.append(number) }
      if let start = function, line == start.end {
        functions.append(start.start...number)
        function = nil
      } else if pending.isEmpty, let end = Culprits.end(ofFunctionAt: line) {
        function = (number, end)
      }
      var rest = line
      note(open, number)
      while let start = rest.firstRange(of: "/*") {
        rest = rest[start.upperBound...]
        guard let end = rest.firstRange(of: "*/") else { break }
        let mark = rest[..<end.lowerBound]
        rest = rest[end.upperBound...]
        if mark.hasPrefix("+"), let mutant = Int(mark.dropFirst()) {
          open.append(mutant)
          if let place = pending.indices.last {
            pending[place].mutants.insert(mutant)
            if pending[place].isJump { jumps[number, default: []].insert(mutant) }
          }
          note(open, number)
        } else if mark == "-" {
          open.removeLast()
        } else if mark.hasPrefix("["), let slot = Culprits.place(mark) {
          pending.append(slot)
          pending[pending.count - 1].lines.append(number)
        } else if mark == "]", let own = pending.popLast() {
          // Inner places end first and keep their lines.
          for line in own.lines where places[line] == nil { places[line] = own.mutants }
        }
      }
    }
  }

  /// The place that begins with a mark: a bracket, a number, and an exclamation mark where blocks are left.
  private static func place(_ mark: Substring) -> Place? {
    let isJump = mark.hasSuffix("!")
    return Int(mark.dropFirst().dropLast(isJump ? 1 : 0)) == nil ? nil : Place(isJump: isJump)
  }

  /// What a function's last line is, by its first; nil for a line that is not the first of one.
  private static func end(ofFunctionAt line: Substring) -> String? {
    guard line.split(separator: " ").contains("func") else { return nil }
    return String(line.prefix { $0 == " " }) + "}"
  }

  private mutating func note(_ open: [Int], _ line: Int) {
    if let innermost = open.last { texts[line, default: []].insert(innermost) }
  }

  /// The mutants to do without when the compiler complains of a line: those whose text it is, else all
  /// of the place; where it says that a function has an end without a value, or nothing of a mutant is at
  /// the line, those of the function that leave a block in another way.
  public func mutants(atLine line: Int, saying message: String = "") -> Set<Int> {
    let here = texts[line] ?? places[line] ?? []
    guard here.isEmpty || message.contains("missing return") else { return here }
    guard let function = functions.first(where: { $0.contains(line) }) else { return here }
    let leaving = jumps.filter { function.contains($0.key) }
    return leaving.isEmpty ? here : leaving.values.reduce(into: []) { $0.formUnion($1) }
  }
}
