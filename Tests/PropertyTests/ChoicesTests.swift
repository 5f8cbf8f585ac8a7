import Property
import Testing

@Suite struct ChoicesTests {
  @Test func `a case depends on seed and index alone`() {
    var one = Choices(seed: 7, case: 0)
    for index in 0..<50 as Range<UInt64> { one.reset(seed: 7, case: index) }
    var other = Choices(seed: 7, case: 49)
    let first = (0..<100).map { _ in one.draw(through: .max) }
    let second = (0..<100).map { _ in other.draw(through: .max) }
    #expect(first == second)
  }

  @Test func `seeds and indexes are not interchangeable`() {
    let pairs: [(Seed, UInt64)] = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (1, 2), (3, 0), (0, 3)]
    let firstWords = pairs.map { pair in
      var random = CaseRandom(seed: pair.0, case: pair.1)
      return random.next()
    }
    #expect(Set(firstWords).count == pairs.count)
  }

  @Test func `the stream of a case never changes, or old replays by index would mean others`() {
    var random = CaseRandom(seed: 1, case: 2)
    let words = (0..<3).map { _ in random.next() }
    // Computed apart, from the published description of xoshiro256++.
    #expect(
      words == [
        5_736_230_680_282_988_339, 2_496_841_303_920_292_096, 9_518_493_736_922_595_381,
      ]
    )
  }

  @Test func `draws stay in their range and reach both ends`() {
    var choices = Choices(seed: 3, case: 0)
    var seen = Set<Int>()
    for _ in 0..<1000 { seen.insert(choices.draw(in: -3...4)) }
    #expect(seen == Set(-3...4))
    #expect((0..<1000).allSatisfy { _ in choices.draw(below: 10) < 10 })
    #expect((0..<1000).allSatisfy { _ in choices.drawScaled(through: 1000) <= 1000 })
    let bytes = Set((0..<5000).map { _ in choices.draw(in: Int8.min...Int8.max) })
    #expect(bytes.count == 256)
  }

  @Test func `a bounded draw is even`() {
    var random = CaseRandom(seed: 9, case: 9)
    var counts = [0, 0, 0]
    for _ in 0..<30_000 { counts[Int(random.next(through: 2))] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
    // Two thirds of 2^64: without rejection the lower third would come up twice as often.
    let bound = UInt64.max / 3 * 2
    let low = (0..<30_000).count { _ in random.next(through: bound) < bound / 2 }
    #expect(abs(low - 15_000) < 700)
  }

  @Test func `weights are respected, and the choice recorded is the index`() {
    let weights = Weights([1, 0, 3])
    var choices = Choices(seed: 5, case: 5)
    var counts = [0, 0, 0]
    for _ in 0..<4000 { counts[choices.draw(weights: weights)] += 1 }
    #expect(counts[1] == 0)
    #expect(abs(counts[0] - 1000) < 150)
    #expect(choices.recording.choices.allSatisfy { $0.maximum == 2 && $0.value != 1 })
    var replay = Choices(replaying: [1])
    #expect(replay.draw(weights: weights) == 1)
  }

  @Test func `a replay makes the same choices and spans`() {
    func generate(_ choices: inout Choices) -> [[UInt64]] {
      choices.list(1...9, averaging: 4) { inner in
        inner.list(0...3, averaging: 2) { $0.draw(through: 99) }
      }
    }
    for index in 0..<200 as Range<UInt64> {
      var fresh = Choices(seed: 11, case: index)
      let made = generate(&fresh)
      var replay = Choices(replaying: fresh.values)
      #expect(generate(&replay) == made)
      #expect(replay.recording == fresh.recording)
    }
  }

  @Test func `a replay clips what is too great and yields 0 where nothing is left`() {
    var choices = Choices(replaying: [50, 7])
    #expect(choices.draw(through: 10) == 10)
    #expect(choices.draw(in: 5...20 as ClosedRange<Int>) == 12)
    #expect(choices.draw(through: 10) == 0)
    #expect(choices.flip(oneIn: 2) == false)
    #expect(choices.pick(["simplest", "other"]) == "simplest")
    #expect(choices.values == [10, 7, 0, 0, 0])
  }

  @Test func `a case that reaches its limit ends as its replay does`() {
    func generate(_ choices: inout Choices) -> [UInt64] {
      choices.list(0...1000, averaging: 900) { $0.draw(through: 99) }
    }
    var fresh = Choices(seed: 2, case: 1, limit: 31)
    let made = generate(&fresh)
    #expect(fresh.count == 31)
    var replay = Choices(replaying: fresh.values, limit: 31)
    #expect(generate(&replay) == made)
    var longer = Choices(replaying: fresh.values)
    #expect(generate(&longer) == made)
  }

  @Test func `deleting an element removes it cleanly`() {
    func generate(_ choices: inout Choices) -> ([UInt64], UInt64) {
      let list = choices.list(2...5, averaging: 4) { $0.draw(through: 99) }
      return (list, choices.draw(through: 1000))
    }
    var choices = Choices(seed: 0, case: 0)
    for index in 0..<300 as Range<UInt64> {
      choices.reset(seed: 21, case: index)
      let (list, after) = generate(&choices)
      let recording = choices.recording
      #expect(recording.spans.count == list.count)
      guard list.count > 2 else { continue }
      for (position, span) in recording.spans.enumerated() {
        var values = recording.values
        values.removeSubrange(span.range)
        var replay = Choices(replaying: values)
        var expected = list
        expected.remove(at: position)
        #expect(generate(&replay) == (expected, after))
      }
    }
  }

  @Test func `a loop left early closes its spans`() {
    var choices = Choices(replaying: [1, 4, 1, 5, 1, 6])
    choices.span(.value) { choices in
      var loop = ElementLoop(0...10, averaging: 5)
      while loop.next(&choices) {
        let nested = choices.open(SpanKind(rawValue: 20))
        if choices.draw(through: 9) == 5 { return }
        choices.close(nested)
      }
    }
    #expect(choices.recording.spans.map(\.range) == [0..<4, 0..<2, 1..<2, 2..<4, 3..<4])
    #expect(choices.recording.spans.map(\.parent) == [nil, 0, 1, 0, 3])
    #expect(choices.recording.siblings == [[0], [1, 3], [2], [4]])
  }

  @Test func `a span still open ends where the recording does`() {
    var choices = Choices(replaying: [])
    _ = choices.open(.value)
    _ = choices.draw(through: 3)
    #expect(choices.recording.spans.map(\.range) == [0..<1])
    _ = choices.draw(through: 3)
    #expect(choices.recording.spans.map(\.range) == [0..<2])
  }
}
