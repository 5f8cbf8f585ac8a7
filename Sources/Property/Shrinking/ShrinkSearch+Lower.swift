extension ShrinkSearch {
  /// Sets all values of a span to 0, the longest first.
  ///
  /// The simplest thing of its kind often does as well, and finding that out value by value could
  /// fail: a half-simplified thing need not be a failing one. Once more without its first choice,
  /// which for an element of a list asks whether it exists.
  mutating func zeroSpans() {
    for range in current.rangesByLength() {
      for zeroed in [range, range.dropFirst()] {
        guard canContinue, zeroed.upperBound <= current.choices.count else { continue }
        var candidate = current.values
        for index in zeroed { candidate[index] = 0 }
        attempt(candidate)
      }
    }
  }

  /// Lowers each value by itself.
  mutating func lowerValues() {
    var index = 0
    while index < current.choices.count, canContinue {
      lowerValue(at: index)
      index += 1
    }
  }

  /// Lowers one value: to 0, to each of the smallest, by halving, and then by powers of two.
  ///
  /// The smallest are tried one by one, since a small value is most likely the index of an
  /// alternative, and alternatives have no order to search by. Going down by powers of two finds
  /// the smallest value above a bound as a binary search does, and unlike it also where only
  /// multiples of some power of two fail: aligned addresses.
  private mutating func lowerValue(at index: Int) {
    let start = current.choices[index]
    guard !start.isDictated else { return }
    for small in 0..<min(start.value, 16) where lower(index, to: small) { return }
    guard start.value > 16 else { return }
    for shift in [32, 16, 8, 4, 2, 1] as [UInt64] {
      guard let value = current.value(at: index) else { return }
      if value >> shift > 16 { lower(index, to: value >> shift) }
    }
    for power in stride(from: 63, through: 0, by: -1) {
      // A failure at few values only could make this a walk of 2^64 steps.
      for _ in 0..<4 {
        guard let value = current.value(at: index), value >= 1 << UInt64(power) else { break }
        guard lower(index, to: value - 1 << UInt64(power)) else { break }
      }
    }
  }

  /// Tries a lower value, and where what follows is then read differently, tries to mend that.
  ///
  /// Another alternative often needs fewer choices. Those left over would be read by whatever comes
  /// next, and everything after would shift. So they are cut off, at the end of each span that
  /// encloses the value, with the rest of the span kept and with the rest zeroed.
  @discardableResult
  private mutating func lower(_ index: Int, to value: UInt64) -> Bool {
    let before = current
    guard index < before.choices.count, value < before.choices[index].value else { return false }
    var candidate = before.values
    candidate[index] = value
    let runsBefore = runs
    if attempt(candidate) { return true }
    guard runs > runsBefore else { return false }
    let replayed = choices.recording
    for position in before.indexesOfSpans(around: index) where position < replayed.spans.count {
      let old = before.spans[position].range
      let new = replayed.spans[position].range
      guard new.count < old.count, new.upperBound > index else { continue }
      var kept = candidate.without(new.upperBound..<old.upperBound)
      if attempt(kept) { return true }
      for position in index + 1..<new.upperBound { kept[position] = 0 }
      if attempt(kept) { return true }
    }
    return false
  }
}

extension Recording {
  /// The value at a position, if the case has one there that was chosen.
  func value(at index: Int) -> UInt64? {
    guard index < choices.count, !choices[index].isDictated else { return nil }
    return choices[index].value
  }

  /// The spans that contain a choice, the innermost first.
  func indexesOfSpans(around index: Int) -> [Int] {
    spans.indices.reversed().filter { spans[$0].range.contains(index) }
  }
}
