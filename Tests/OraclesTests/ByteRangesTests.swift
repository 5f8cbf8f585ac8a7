import Testing

@testable import Oracles

@Suite struct ByteRangesTests {
  /// Every list of up to three ranges within six bytes.
  private static let lists: [[Range<UInt64>]] = {
    var ranges: [Range<UInt64>] = []
    for lower in 0..<6 as Range<UInt64> {
      for upper in lower + 1...6 { ranges.append(lower..<upper) }
    }
    return [[]] + ranges.map { [$0] } + ranges.flatMap { a in ranges.map { [a, $0] } }
  }()

  private static func bytes(_ ranges: some Sequence<Range<UInt64>>) -> Set<UInt64> {
    Set(ranges.flatMap { Array($0) })
  }

  @Test func `what is missing, held and taken away agrees with sets of bytes`() {
    for list in Self.lists {
      var ranges = ByteRanges()
      for range in list { ranges.append(range) }
      #expect(Self.bytes(ranges.ranges) == Self.bytes(list))
      for other in Self.lists where other.count < 2 || list.count < 2 {
        let missing = Self.bytes(other).subtracting(Self.bytes(list))
        let found = ranges.firstMissing(from: other)
        #expect(found?.lowerBound == missing.min(), "\(other) in \(list)")
        #expect(found.map { Self.bytes([$0]).isSubset(of: Self.bytes(other)) } ?? true)
        guard other.count == 1 else { continue }
        #expect(ranges.contains(other[0]) == missing.isEmpty)
        var rest = ranges
        rest.subtract(other[0])
        #expect(Self.bytes(rest.ranges) == Self.bytes(list).subtracting(Self.bytes(other)))
      }
    }
  }
}
