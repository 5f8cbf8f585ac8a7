import Property
import Testing

@Suite struct ShrinkerTests {
  func numbers(_ choices: inout Choices) -> [UInt64] {
    choices.list(0...30, averaging: 10) { $0.draw(through: 1000) }
  }

  /// The choices that make a list of these numbers.
  func listed(_ numbers: [UInt64]) -> [UInt64] {
    var choices: [UInt64] = []
    for number in numbers { choices += [1, number] }
    return choices + [0]
  }

  @Test func `a case that does not fail is given back as it was`() {
    let result = Shrinker().shrink([1, 2, 3]) { choices in
      _ = numbers(&choices)
      return false
    }
    #expect(result.values == [1, 2, 3])
    #expect(result.ending == .notReproduced)
    #expect(result.runs == 1)
  }

  @Test func `a case that always fails becomes the simplest case`() {
    let result = Shrinker().shrink([1, 500, 1, 300, 0]) { choices in
      _ = numbers(&choices)
      return true
    }
    #expect(result.values == [0])
    #expect(result.ending == .minimal)
  }

  @Test func `choices that the case never looked at are dropped`() {
    let result = Shrinker().shrink([7, 8, 9]) { $0.draw(through: 10) == 7 }
    #expect(result.values == [7])
  }

  @Test func `the same case shrinks the same way, run for run`() {
    func trail() -> [[UInt64]] {
      var trail: [[UInt64]] = []
      let start = listed((0..<20).map { 37 * $0 % 900 + 50 })
      _ = Shrinker().shrink(start) { choices in
        let sum = numbers(&choices).reduce(0, +)
        trail.append(choices.values)
        return sum >= 1500
      }
      return trail
    }
    let first = trail()
    #expect(first.count > 50)
    #expect(first == trail())
  }

  @Test func `the budget is kept, and what was reached by then is a failing case`() {
    var runs = 0
    let start = listed(Array(repeating: 900, count: 20))
    func fails(_ choices: inout Choices) -> Bool { numbers(&choices).reduce(0, +) >= 2500 }
    let result = Shrinker(budget: 12).shrink(start) { choices in
      runs += 1
      return fails(&choices)
    }
    #expect(runs == 12)
    #expect(result.runs == 12)
    #expect(result.ending == .outOfBudget)
    var replay = Choices(replaying: result.values)
    #expect(fails(&replay))
  }

  @Test func `no result is ever less simple than the case given`() {
    for index in 0..<100 as Range<UInt64> {
      var choices = Choices(seed: 4, case: index)
      let list = numbers(&choices)
      let wanted = list.count % 4
      let start = choices.values
      let result = Shrinker().shrink(start) { numbers(&$0).count % 4 == wanted }
      #expect(result.values.count <= start.count)
      #expect(result.values.count == 2 * wanted + 1)
    }
  }

  /// Shrinks to 105 by a suggestion alone: no value but 105 and what is 1000 or more fails.
  struct Suggesting: ShrinkTarget {
    var runs = 0
    var isCancelled: Bool { runs >= 500 }

    mutating func stillFails(_ choices: inout Choices) -> Bool {
      runs += 1
      let value = choices.draw(through: .max)
      return value == 105 || value >= 1000
    }

    func suggestions(for recording: Recording) -> [[UInt64]] { [[105]] }
  }

  @Test func `a domain may suggest edits`() {
    var target = Suggesting()
    #expect(Shrinker().shrink([123_456], target: &target).values == [105])
  }

  @Test func `a cancelled search ends at once with what it has`() {
    var target = Suggesting(runs: 495)
    let result = Shrinker().shrink([123_456], target: &target)
    #expect(result.ending == .cancelled)
    #expect(result.runs == 5)
  }
}
