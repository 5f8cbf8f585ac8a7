import Property
import Testing

/// Each test states the exact simplest case, and finds it from the failures of many seeds.
@Suite struct ShrinkingQualityTests {
  static let seeds: [Seed] = (1...20).map { Seed($0) }

  func numbers(_ choices: inout Choices) -> [UInt64] {
    choices.list(0...30, averaging: 10) { $0.draw(through: 1000) }
  }

  @Test(arguments: seeds)
  func `a list with a great sum becomes one number`(seed: Seed) {
    #expect(minimal(numbers, failing: { $0.reduce(0, +) >= 100 }, seed: seed) == [100])
  }

  @Test(arguments: seeds)
  func `a sum beyond one element becomes as few elements as can be`(seed: Seed) {
    let found = minimal(numbers, failing: { $0.reduce(0, +) >= 2500 }, seed: seed)
    #expect(found == [500, 1000, 1000])
  }

  @Test(arguments: seeds)
  func `an unsorted list becomes 1, 0`(seed: Seed) {
    #expect(minimal(numbers, failing: { $0 != $0.sorted() }, seed: seed) == [1, 0])
  }

  @Test(arguments: seeds)
  func `two equal elements become two zeros`(seed: Seed) {
    #expect(minimal(numbers, failing: { Set($0).count < $0.count }, seed: seed) == [0, 0])
  }

  @Test(arguments: seeds)
  func `two equal elements that are not zero become two ones`(seed: Seed) {
    let found = minimal(
      numbers,
      failing: { list in
        list.indices.contains { list[$0] > 4 && list[..<$0].contains(list[$0]) }
      },
      seed: seed
    )
    #expect(found == [5, 5])
  }

  @Test(arguments: seeds)
  func `two elements a distance apart go down together`(seed: Seed) {
    let found = minimal(
      { choices in (choices.draw(through: 1000), choices.draw(through: 1000)) },
      failing: { $0.0 >= 5 && $0.1 == $0.0 + 10 },
      seed: seed
    )
    #expect(found?.0 == 5 && found?.1 == 15)
  }

  @Test(arguments: seeds)
  func `the length of the longest inner list is what remains of nested lists`(seed: Seed) {
    let found = minimal(
      { choices in
        choices.list(0...10, averaging: 4) { inner in
          inner.list(0...10, averaging: 4) { $0.draw(through: 9) }
        }
      },
      failing: { $0.contains { $0.count >= 3 } },
      seed: seed
    )
    #expect(found == [[0, 0, 0]])
  }

  @Test(arguments: seeds)
  func `a list drawn as a length and elements shrinks as well`(seed: Seed) {
    let found = minimal(
      { choices in (0..<choices.draw(through: 20)).map { _ in choices.draw(through: 1000) } },
      failing: { $0.reduce(0, +) >= 100 },
      seed: seed
    )
    #expect(found == [100])
  }

  @Test(arguments: seeds)
  func `an aligned number stays aligned down to the bound`(seed: Seed) {
    let found = minimal(
      { $0.draw(through: .max) & ~15 },
      failing: { $0 >= 1000 && $0 % 16 == 0 },
      seed: seed
    )
    #expect(found == 1008)
    let unmasked = Shrinker().shrink([0xdead_beef_0000]) { choices in
      let value = choices.draw(through: .max)
      return value >= 1000 && value % 4096 == 0
    }
    #expect(unmasked.values == [4096])
  }

  @Test(arguments: seeds)
  func `an operation and the one that undoes it go together`(seed: Seed) {
    // 0 reads, 1 locks, 2 unlocks, 3 breaks: it breaks only while nothing is locked.
    let found = minimal(
      { choices in choices.list(0...30, averaging: 12) { $0.draw(through: 3) } },
      failing: { operations in
        var depth = 0
        for operation in operations {
          if operation == 1 { depth += 1 }
          if operation == 2 { depth -= 1 }
          if operation == 3 { return depth == 0 && operations.count { $0 == 0 } >= 1 }
        }
        return false
      },
      seed: seed
    )
    #expect(found == [0, 3])
  }

  /// An expression: a leaf of any number, or a sum of two.
  indirect enum Tree: Equatable {
    case leaf(UInt64)
    case sum(Tree, Tree)

    static func draw(_ choices: inout Choices, depth: Int = 5) -> Tree {
      choices.span(.value) { choices in
        guard depth > 0, choices.flip(2, in: 3) else { return .leaf(choices.draw(through: 99)) }
        return .sum(draw(&choices, depth: depth - 1), draw(&choices, depth: depth - 1))
      }
    }

    var hasLargeSum: Bool {
      guard case .sum(let left, let right) = self else { return false }
      if case .leaf(let one) = left, case .leaf(let other) = right, one + other >= 50 {
        return true
      }
      return left.hasLargeSum || right.hasLargeSum
    }
  }

  @Test(arguments: seeds)
  func `a tree becomes the subtree that matters`(seed: Seed) {
    let found = minimal({ Tree.draw(&$0) }, failing: { $0.hasLargeSum }, seed: seed)
    #expect(found == .sum(.leaf(0), .leaf(50)))
  }

  /// Alternatives of different lengths: the simplest, with no operand, comes first.
  func operations(_ choices: inout Choices) -> [[UInt64]] {
    choices.list(2...10, averaging: 6) { choices -> [UInt64] in
      var words = [choices.draw(through: 3)]
      for _ in 0..<words[0] { words.append(choices.draw(through: 1000)) }
      return words
    }
  }

  @Test(arguments: seeds)
  func `an operation becomes one with fewer operands and leaves the next in place`(seed: Seed) {
    func fails(_ operations: [[UInt64]]) -> Bool {
      for words in operations.dropFirst() where words.count == 3 {
        if words[1] >= 500 && words[2] >= 300 { return true }
      }
      return false
    }
    #expect(minimal(operations, failing: fails, seed: seed) == [[0], [2, 500, 300]])
  }
}
