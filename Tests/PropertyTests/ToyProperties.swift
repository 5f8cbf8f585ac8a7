import Property

/// Counts of toy properties: cases and elements.
struct ToyStatistics: CaseStatistics {
  var cases = 0
  var elements = 0

  mutating func merge(_ other: ToyStatistics) {
    cases += other.cases
    elements += other.elements
  }
}

/// Lists of numbers up to 1000 whose sum stays below 100, and no element of which is 777.
struct SmallSums: CaseProperty {
  mutating func run(_ choices: inout Choices, into statistics: inout ToyStatistics) -> Outcome {
    let numbers = choices.list(0...20, averaging: 5) { $0.draw(through: 1000) }
    statistics.cases += 1
    statistics.elements += numbers.count
    if numbers.contains(777) { return .violated(CaseViolation(fingerprint: "777")) }
    if numbers.count == 7 { return .discarded }
    let sum = numbers.reduce(0, +)
    if sum >= 100 && sum % 10 == 3 {
      return .violated(CaseViolation(fingerprint: "sum", summary: "the sum is \(sum)"))
    }
    return .holds
  }
}

/// Shrinks the first case of seed 1 that fails, and gives the values drawn by the simplest case.
func minimal<Value>(
  _ generate: (inout Choices) -> Value,
  failing: (Value) -> Bool,
  seed: Seed = 1
) -> Value? {
  var choices = Choices(seed: seed, case: 0)
  for index in 0..<100_000 as Range<UInt64> {
    choices.reset(seed: seed, case: index)
    guard failing(generate(&choices)) else { continue }
    let result = Shrinker().shrink(choices.values) { failing(generate(&$0)) }
    guard result.ending == .minimal else { return nil }
    var replay = Choices(replaying: result.values)
    return generate(&replay)
  }
  return nil
}
