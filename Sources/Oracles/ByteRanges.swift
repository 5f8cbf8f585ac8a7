/// Physical ranges, as they were named; neighbours in order are one.
///
/// Complexity: constant for ranges that come in order, linear in the number of separate ranges
/// otherwise.
struct ByteRanges: Sendable {
  private(set) var ranges: ContiguousArray<Range<UInt64>> = []

  var isEmpty: Bool { ranges.isEmpty }

  mutating func removeAll() {
    if !ranges.isEmpty { ranges.removeAll(keepingCapacity: true) }
  }

  mutating func append(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    if let last = ranges.last, range.lowerBound <= last.upperBound,
      range.upperBound >= last.lowerBound
    {
      let lower = min(last.lowerBound, range.lowerBound)
      ranges[ranges.count - 1] = lower..<max(last.upperBound, range.upperBound)
    } else {
      ranges.append(range)
    }
  }

  /// Whether one of the ranges holds all of `range`, or all of them together do.
  func contains(_ range: Range<UInt64>) -> Bool {
    for known in ranges.reversed()
    where known.lowerBound <= range.lowerBound && range.upperBound <= known.upperBound {
      return true
    }
    return ranges.count > 1 && firstMissing(from: [range]) == nil
  }

  /// Takes `range` away.
  mutating func subtract(_ range: Range<UInt64>) {
    guard !ranges.isEmpty else { return }
    var rest: ContiguousArray<Range<UInt64>> = []
    for known in ranges {
      if known.clamped(to: range).isEmpty {
        rest.append(known)
        continue
      }
      if known.lowerBound < range.lowerBound { rest.append(known.lowerBound..<range.lowerBound) }
      if range.upperBound < known.upperBound { rest.append(range.upperBound..<known.upperBound) }
    }
    ranges = rest
  }

  /// The first part of `wanted` that none of these ranges holds.
  func firstMissing(from wanted: some Sequence<Range<UInt64>>) -> Range<UInt64>? {
    var sorted: [Range<UInt64>]?
    for range in wanted {
      var next = range.lowerBound
      let known = sorted ?? ranges.sorted { $0.lowerBound < $1.lowerBound }
      sorted = known
      for candidate in known where candidate.lowerBound <= next {
        next = max(next, candidate.upperBound)
      }
      if next < range.upperBound { return next..<range.upperBound }
    }
    return nil
  }
}
