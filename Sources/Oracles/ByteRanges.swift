/// Physical ranges, as they were named; neighbours in order are one.
///
/// Complexity: constant where ranges come, are asked for and are taken away in one order; otherwise
/// linear in the number of separate ranges, and for `firstMissing(from:)` that of sorting them.
struct ByteRanges: Sendable {
  private var storage: ContiguousArray<Range<UInt64>> = []
  private var head = 0

  /// The ranges that are there.
  var ranges: ContiguousArray<Range<UInt64>>.SubSequence { storage[head...] }

  var isEmpty: Bool { head == storage.count }

  mutating func removeAll() {
    head = 0
    if !storage.isEmpty { storage.removeAll(keepingCapacity: true) }
  }

  mutating func append(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    if !isEmpty, let last = storage.last, range.lowerBound <= last.upperBound,
      range.upperBound >= last.lowerBound
    {
      let lower = min(last.lowerBound, range.lowerBound)
      storage[storage.count - 1] = lower..<max(last.upperBound, range.upperBound)
    } else {
      storage.append(range)
    }
  }

  /// Whether all of `range` is there, in one range or in several.
  func contains(_ range: Range<UInt64>) -> Bool {
    for known in ranges.reversed()
    where known.lowerBound <= range.lowerBound && range.upperBound <= known.upperBound {
      return true
    }
    return ranges.count > 1 && firstMissing(from: CollectionOfOne(range)) == nil
  }

  /// Takes `range` away: from the first range if that is where it begins, else wherever it is.
  mutating func subtract(_ range: Range<UInt64>) {
    guard !isEmpty else { return }
    let first = storage[head]
    if first.lowerBound == range.lowerBound, range.upperBound <= first.upperBound {
      storage[head] = range.upperBound..<first.upperBound
      if storage[head].isEmpty { head += 1 }
      if isEmpty { removeAll() }
      return
    }
    var rest: ContiguousArray<Range<UInt64>> = []
    for known in ranges {
      if known.clamped(to: range).isEmpty {
        rest.append(known)
        continue
      }
      if known.lowerBound < range.lowerBound { rest.append(known.lowerBound..<range.lowerBound) }
      if range.upperBound < known.upperBound { rest.append(range.upperBound..<known.upperBound) }
    }
    (storage, head) = (rest, 0)
  }

  /// The first part of `wanted`, by address, that is not there.
  func firstMissing(from wanted: some Collection<Range<UInt64>>) -> Range<UInt64>? {
    if wanted.isEmpty || wanted.elementsEqual(ranges) { return nil }
    if ranges.count == 1, let only = ranges.first,
      wanted.allSatisfy({ only.lowerBound <= $0.lowerBound && $0.upperBound <= only.upperBound })
    {
      return nil
    }
    let known = ranges.sorted { $0.lowerBound < $1.lowerBound }
    var position = 0
    var covered: Range<UInt64> = 0..<0
    for range in wanted.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      while position < known.count, known[position].lowerBound <= range.upperBound {
        let next = known[position]
        if next.lowerBound <= covered.upperBound {
          covered = covered.lowerBound..<max(covered.upperBound, next.upperBound)
        } else if covered.upperBound <= range.lowerBound {
          covered = next
        } else {
          break
        }
        position += 1
      }
      let isBegun = covered.lowerBound <= range.lowerBound && range.lowerBound < covered.upperBound
      let missing = isBegun ? covered.upperBound : range.lowerBound
      if missing < range.upperBound { return missing..<range.upperBound }
    }
    return nil
  }
}
