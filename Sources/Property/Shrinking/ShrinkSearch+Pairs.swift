extension ShrinkSearch {
  /// Lowers all choices of one value together: to 0, and else by powers of two.
  ///
  /// Several operations on one address fail only while the address is the same in all of them.
  mutating func lowerDuplicates() {
    var seen: Set<UInt64> = [0]
    for value in current.values where seen.insert(value).inserted {
      let places = current.choices.indices.filter { current.value(at: $0) == value }
      guard places.count > 1, canContinue else { continue }
      var lowered = value
      func lower(by amount: UInt64) -> Bool {
        guard amount <= lowered, places.allSatisfy({ current.value(at: $0) == lowered }) else {
          return false
        }
        var candidate = current.values
        for place in places { candidate[place] -= amount }
        guard attempt(candidate) else { return false }
        lowered -= amount
        return true
      }
      if lower(by: value) { continue }
      for power in stride(from: 63 - value.leadingZeroBitCount, through: 0, by: -1) {
        for _ in 0..<4 {
          guard lower(by: 1 << UInt64(power)) else { break }
        }
      }
    }
  }

  /// Lowers two values by the same amount.
  ///
  /// What fails may be that two values are equal, or a given distance apart: neither can move
  /// alone. Equal values are tried at any distance, others close together.
  mutating func lowerTogether() {
    forEachPair { search, first, second in
      guard
        let one = search.current.value(at: first), let other = search.current.value(at: second),
        one > 0, other > 0, one == other || second - first <= Self.reach
      else { return }
      search.moveTogether(first, second) { values, amount in
        guard values[first] >= amount, values[second] >= amount else { return false }
        values[first] -= amount
        values[second] -= amount
        return true
      }
    }
  }

  /// Lowers a value and raises a later one by as much.
  ///
  /// What fails may be a sum. Where all of it can move into one value, the others can be deleted.
  mutating func redistribute() {
    forEachPair { search, first, second in
      guard
        second - first <= Self.reach, let one = search.current.value(at: first), one > 0,
        search.current.value(at: second) != nil
      else { return }
      let maximum = search.current.choices[second].maximum
      search.moveTogether(first, second) { values, amount in
        guard values[first] >= amount, maximum - values[second] >= amount else { return false }
        values[first] -= amount
        values[second] += amount
        return true
      }
    }
  }

  /// How far apart values may lie to be tried together: the square of the length is too many.
  private static var reach: Int { 16 }

  private mutating func forEachPair(_ body: (inout Self, Int, Int) -> Void) {
    var first = 0
    while first < current.choices.count {
      var second = first + 1
      while second < current.choices.count, canContinue {
        body(&self, first, second)
        second += 1
      }
      first += 1
    }
  }

  /// Moves two values by the first's whole value, by 1, and if that fails still by ever smaller
  /// powers of two; most pairs are unrelated, and cost two or three runs.
  private mutating func moveTogether(
    _ first: Int,
    _ second: Int,
    edit: (inout [UInt64], UInt64) -> Bool
  ) {
    var isRelated = false
    let greatest = min(current.choices[first].value, current.choices[second].value)
    for amount in Set([current.choices[first].value, greatest, 1]).sorted(by: >) {
      isRelated = move(amount, edit) || isRelated
    }
    guard isRelated else { return }
    for power in stride(from: 63, through: 0, by: -1) {
      for _ in 0..<4 {
        guard second < current.choices.count, move(1 << UInt64(power), edit) else { break }
      }
    }
  }

  private mutating func move(_ amount: UInt64, _ edit: (inout [UInt64], UInt64) -> Bool) -> Bool {
    var candidate = current.values
    return amount > 0 && edit(&candidate, amount) && attempt(candidate)
  }
}
