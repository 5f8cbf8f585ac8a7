import Property
import Testing

@Suite struct TallyTests {
  enum Fruit: Int, TallyKey {
    case apple
    case pear
    case plum
  }

  enum State: UInt8, TallyKey {
    case ripe
    case rotten
  }

  @Test func `counts come in the order of declaration, zeros included`() {
    var tally = Tally<Fruit>()
    tally.count(.plum)
    tally.count(.apple, times: 4)
    tally.count(.plum)
    #expect(tally.entries.map(\.key) == [.apple, .pear, .plum])
    #expect(tally.entries.map(\.count) == [4, 0, 2])
    #expect(tally.unreached == [.pear])
    #expect(tally[.apple] == 4)
    #expect(tally.total == 6)
  }

  @Test func `merging adds, in any order`() {
    var one = Tally<Fruit>()
    one.count(.pear)
    var other = Tally<Fruit>()
    other.count(.pear, times: 2)
    other.count(.apple)
    var sum = one
    sum.merge(other)
    other.merge(one)
    #expect(sum == other)
    #expect(sum[.pear] == 3)
    #expect(sum[.apple] == 1)
  }

  @Test func `pairs are counted apart, and add up by row`() {
    var tally = CrossTally<Fruit, State>()
    tally.count(.pear, .rotten)
    tally.count(.pear, .ripe, times: 2)
    tally.count(.plum, .ripe)
    var doubled = tally
    doubled.merge(tally)
    #expect(doubled[.pear, .rotten] == 2)
    #expect(doubled[.apple, .rotten] == 0)
    #expect(doubled.total == 8)
    #expect(doubled.entries.map(\.count) == [0, 0, 4, 2, 2, 0])
    #expect(doubled.rows.entries.map(\.count) == [0, 6, 2])
  }
}
