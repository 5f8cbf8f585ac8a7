import Property
import Testing

/// One test a pass: each case here stays larger than it must if that pass is taken away.
@Suite struct ShrinkingPassTests {
  /// Shrinks the choices given, and makes the value of what they become.
  func shrunk<Value>(
    _ choices: [UInt64],
    _ generate: (inout Choices) -> Value,
    failing: (Value) -> Bool
  ) -> (value: Value, runs: Int) {
    let result = Shrinker().shrink(choices) { failing(generate(&$0)) }
    #expect(result.ending == .minimal)
    var replay = Choices(replaying: result.values)
    return (generate(&replay), result.runs)
  }

  /// A list of records of so many numbers.
  func records(of length: Int) -> (inout Choices) -> [[UInt64]] {
    { choices in
      choices.list(0...1000, averaging: 5) { choices in
        (0..<length).map { _ in choices.draw(through: 1000) }
      }
    }
  }

  func listed(_ records: [[UInt64]]) -> [UInt64] {
    var choices: [UInt64] = []
    for record in records { choices += [1] + record }
    return choices + [0]
  }

  @Test func `one element of five hundred is found in a hundred runs`() {
    var long = Array(repeating: [3 as UInt64], count: 500)
    long[123] = [7]
    let found = shrunk(listed(long), records(of: 1), failing: { $0.contains([7]) })
    #expect(found.value == [[7]])
    #expect(found.runs <= 100)
  }

  @Test func `a span goes as a whole however long it is`() {
    let ones = Array(repeating: 1 as UInt64, count: 12)
    let nines = Array(repeating: 9 as UInt64, count: 12)
    let found = shrunk(
      listed([ones, nines]),
      records(of: 12),
      failing: { $0.contains(nines) && !$0.contains { $0[0] == 0 } }
    )
    #expect(found.value == [nines])
  }

  @Test func `what undoes a thing goes with it`() {
    // 1 locks, 3 breaks, 2 unlocks: as many locks before the break as unlocks after it.
    func fails(_ operations: [[UInt64]]) -> Bool {
      guard let place = operations.firstIndex(of: [3]) else { return false }
      let before = operations[..<place]
      let after = operations[(place + 1)...]
      return before.allSatisfy { $0 == [1] } && after.allSatisfy { $0 == [2] }
        && before.count == after.count
    }
    #expect(shrunk(listed([[1], [3], [2]]), records(of: 1), failing: fails).value == [[3]])
  }

  @Test func `choices in no span are deleted too`() {
    let found = shrunk(
      [5, 7, 3, 0],
      { choices -> [UInt64] in
        var numbers: [UInt64] = []
        while case let number = choices.draw(through: 9), number > 0 { numbers.append(number) }
        return numbers
      },
      failing: { $0.contains(7) }
    )
    #expect(found.value == [7])
  }

  @Test func `a record that is valid only as a whole becomes zeros as a whole`() {
    let found = shrunk(
      listed([[50, 350], [60, 420]]) + [700],
      { choices in (records: records(of: 2)(&choices), after: choices.draw(through: 1000)) },
      failing: { made in
        made.records.count == 2 && made.after >= 500
          && made.records.allSatisfy { $0[0] * 7 % 1000 == $0[1] }
      }
    )
    #expect(found.value.records == [[0, 0], [0, 0]])
  }

  @Test func `records are sorted where their order does not matter`() {
    let found = shrunk(
      listed([[5, 1], [9, 9], [3, 9]]),
      records(of: 2),
      failing: { $0.contains([5, 1]) && $0.contains([3, 9]) && $0.contains([9, 9]) }
    )
    #expect(found.value == [[3, 9], [5, 1], [9, 9]])
  }

  /// An operation of kind k has k * k operands.
  func squareOperation(_ choices: inout Choices) -> [UInt64] {
    let kind = choices.draw(through: 3)
    var words = [kind]
    for _ in 0..<kind * kind { words.append(choices.draw(through: 1000)) }
    return words
  }

  @Test func `another alternative leaves its surplus operands to nobody`() {
    func fails(_ operations: [[UInt64]]) -> Bool {
      guard operations.count == 2, operations[0][0] > 0 else { return false }
      return operations[1].count == 2 && operations[1][1] >= 500
    }
    let found = shrunk(
      listed([[3, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 700]]),
      { $0.list(0...10, averaging: 3, of: squareOperation) },
      failing: fails
    )
    #expect(found.value == [[1, 0], [1, 500]])
  }

  @Test func `three equal numbers go down together`() {
    let found = shrunk(
      listed([[900], [900], [900]]),
      records(of: 1),
      failing: { list in list.count == 3 && list[0][0] > 4 && list.allSatisfy { $0 == list[0] } }
    )
    #expect(found.value == [[5], [5], [5]])
  }

  /// A number and the trees below it.
  struct Tree: Equatable {
    var number: UInt64
    var children: [Tree] = []

    static func draw(_ choices: inout Choices) -> Tree {
      choices.span(.value) { choices in
        let number = choices.draw(through: 9)
        return Tree(number: number, children: choices.list(0...5, averaging: 1, of: draw))
      }
    }

    var hasTriple: Bool {
      children.map(\.number) == [1, 2, 3] || children.contains(where: \.hasTriple)
    }
  }

  @Test func `a subtree takes the place of its tree, and what follows stays in place`() {
    let triple: [UInt64] = [4, 1, 1, 0, 1, 2, 0, 1, 3, 0, 0]
    let start: [UInt64] = [8, 1, 6, 1] + triple + [0, 0, 700]
    let found = shrunk(
      start,
      { choices in (tree: Tree.draw(&choices), after: choices.draw(through: 1000)) },
      failing: { $0.tree.hasTriple && $0.after >= 500 }
    )
    let children = (1...3).map { Tree(number: $0) }
    #expect(found.value.tree == Tree(number: 0, children: children))
    #expect(found.value.after == 500)
  }
}
