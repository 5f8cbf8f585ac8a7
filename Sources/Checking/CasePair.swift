import Property

/// One case of two subjects: the same operations on both, until they differ.
///
/// What others do beside an operation is drawn, so that one token replays in a check and here, and left
/// out, since the two take different steps.
struct CasePair<Plan: CasePlan, Answer: ComparedAnswer> {
  let sides: (ComparedSide<Plan, Answer>, ComparedSide<Plan, Answer>)
  let limits: Plan.Limits

  func run(_ choices: inout Choices, into costs: inout CallCosts) -> SubjectDifference? {
    var plan = Plan(&choices, within: limits)
    let (first, second) = sides
    defer {
      first.end()
      second.end()
    }
    guard first.begin(plan), second.begin(plan) else { return nil }
    var calls: [String] = []
    var operations = Plan.length
    while operations.next(&choices) {
      let operation = plan.operation(&choices)
      _ = Plan.audits.draw(&choices)
      _ = plan.beside(operation, within: limits, &choices)
      // An operation that one alone performs would leave them in different places.
      guard first.has(operation), second.has(operation) else { continue }
      guard let a = first.call(operation), let b = second.call(operation) else { return nil }
      calls.append("\(operation)")
      let name = Plan.name(of: operation)
      // Where neither comes back they do the same, and nothing can follow.
      if let loss = a.loss, loss == b.loss { return nil }
      if let difference = difference(name, a, b) {
        return SubjectDifference(
          configuration: plan.configurationText,
          calls: calls,
          what: difference.what,
          first: difference.first,
          second: difference.second
        )
      }
      if let kind = a.kind { costs.add(operation: kind, a.costs, b.costs) }
    }
    return nil
  }

  /// In what the two differ after an operation; nil where they do the same.
  private func difference(
    _ name: String,
    _ a: ComparedCall<Answer>,
    _ b: ComparedCall<Answer>
  ) -> AnswerDifference? {
    if a.loss != nil || b.loss != nil {
      return AnswerDifference(
        "\(name) does not come back",
        a.loss ?? "returned",
        b.loss ?? "returned"
      )
    }
    if let found = a.answer.difference(from: b.answer) {
      return AnswerDifference("\(found.what) \(name)", found.first, found.second)
    }
    for place in a.places + b.places {
      let (seen, other) = (sides.0.observation(place), sides.1.observation(place))
      guard seen != other else { continue }
      let address = "0x" + String(place, radix: 16)
      return AnswerDifference(
        "\(sides.0.observed) after \(name)",
        "\(address) is \(seen)",
        "\(address) is \(other)"
      )
    }
    return nil
  }
}
