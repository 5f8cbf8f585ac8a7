import Symbolic

/// What a thread has to give back, each thing once: pairs of words, of which each may or may not be there.
struct Ledger {
  /// One thing.
  struct Entry {
    let first: BitVector
    let second: BitVector
    var isThere: Formula
  }

  private(set) var entries: [Entry] = []

  /// Enters a thing, where `isThere`.
  mutating func add(_ first: BitVector, _ second: BitVector, where isThere: Formula) {
    entries.append(Entry(first: first, second: second, isThere: isThere))
  }

  /// Takes out one thing that matches.
  /// - Returns: whether there was one.
  mutating func take(where matches: (Entry) -> Formula) -> Formula {
    var isFound = Formula(false)
    for index in entries.indices {
      let entry = entries[index]
      let isIt = entry.isThere .& matches(entry)
      let isLeft = entry.isThere .& (isFound .| .!isIt)
      entries[index].isThere = isLeft
      let isAny = isFound .| isIt
      isFound = isAny
    }
    return isFound
  }

  /// Whether there is one that matches.
  func has(where matches: (Entry) -> Formula) -> Formula {
    .any(entries.map { $0.isThere .& matches($0) })
  }

  /// Whether there is nothing.
  var isEmpty: Formula { .all(entries.map { .!$0.isThere }) }

  /// Whether there is exactly this where `isThere`, and nothing else.
  func isExactly(_ first: BitVector, _ second: BitVector, where isThere: Formula) -> Formula {
    var conditions = [Formula.equivalent(isThere, .any(entries.map(\.isThere)))]
    for (index, entry) in entries.enumerated() {
      conditions.append(
        .implies(entry.isThere, (entry.first .== first) .& (entry.second .== second))
      )
      conditions += entries[..<index].map { .!($0.isThere .& entry.isThere) }
    }
    return .all(conditions)
  }
}
