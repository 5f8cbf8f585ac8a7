import Property
import Testing

@Suite struct ShardTests {
  @Test func `shards cover all cases, each once`() throws {
    for count in 1...6 as ClosedRange<UInt64> {
      for start in 0...7 as ClosedRange<UInt64> {
        for end in start...20 {
          var seen: [UInt64] = []
          for index in 0..<count {
            let cases = try #require(Shard(index: index, of: count)).cases(in: start..<end)
            #expect(cases.allSatisfy { $0 % count == index })
            #expect(Array(cases) == cases.sorted())
            seen += cases
          }
          #expect(seen.sorted() == Array(start..<end))
        }
      }
    }
  }

  @Test func `the last cases of all do not overflow`() throws {
    let range = UInt64.max - 3..<UInt64.max
    var seen: [UInt64] = []
    for index in 0..<5 as Range<UInt64> {
      seen += try #require(Shard(index: index, of: 5)).cases(in: range)
    }
    #expect(seen.sorted() == Array(range))
    #expect(Shard.whole.cases(in: 0..<UInt64.max).endIndex == .max)
  }

  @Test func `there is no shard beyond the last`() {
    #expect(Shard(index: 4, of: 4) == nil)
    #expect(Shard(index: 0, of: 0) == nil)
    #expect(Shard(index: 0, of: 1) == .whole)
  }
}
