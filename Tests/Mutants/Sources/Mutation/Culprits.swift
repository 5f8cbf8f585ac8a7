/// Where the texts of mutants stand in a file that has them all.
public struct Culprits: Sendable {
  /// For each line, the innermost mutants' texts and places that it belongs to.
  private var texts: [Int: Set<Int>] = [:]
  private var places: [Int: Set<Int>] = [:]

  /// Reads the marks that are left around them.
  public init(_ schemata: String) {
    var open: [Int] = []
    var slots: [Set<Int>] = []
    var pending: [[Int]] = []
    for (index, line) in schemata.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      let number = index + 1
      for index in pending.indices { pending[index].append(number) }
      var rest = line
      note(open, number)
      while let start = rest.firstRange(of: "/*") {
        rest = rest[start.upperBound...]
        guard let end = rest.firstRange(of: "*/") else { break }
        let mark = rest[..<end.lowerBound]
        rest = rest[end.upperBound...]
        if mark.hasPrefix("+"), let mutant = Int(mark.dropFirst()) {
          open.append(mutant)
          if !slots.isEmpty { slots[slots.count - 1].insert(mutant) }
          note(open, number)
        } else if mark == "-" {
          open.removeLast()
        } else if mark.hasPrefix("["), Int(mark.dropFirst()) != nil {
          slots.append([])
          pending.append([number])
        } else if mark == "]", let own = slots.popLast(), let lines = pending.popLast() {
          // Inner places end first and keep their lines.
          for line in lines where places[line] == nil { places[line] = own }
        }
      }
    }
  }

  private mutating func note(_ open: [Int], _ line: Int) {
    if let innermost = open.last { texts[line, default: []].insert(innermost) }
  }

  /// The mutants to do without when the compiler complains of a line: those whose text it is, else all
  /// of the place.
  public func mutants(atLine line: Int) -> Set<Int> { texts[line] ?? places[line] ?? [] }
}
