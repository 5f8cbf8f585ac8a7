internal import SwiftSyntax

/// Tells code that is there for an injected fault only, which is not mutated.
///
/// Walkers ask `faults.contains(.noBreak)`; what is done only where that is so is not the walker.
struct Defects {
  /// Local names that say whether there is a fault, and what they are where there is none.
  private var names: [String: Bool] = [:]

  /// Notes a local name.
  mutating func note(_ name: String, is value: Bool) { names[name] = value }

  /// What an expression is where nothing is injected; nil where it is about something else.
  func normalValue(_ expression: ExprSyntax) -> Bool? {
    if let call = expression.as(FunctionCallExprSyntax.self) {
      let callee = call.calledExpression.trimmedDescription
      return callee.hasSuffix("faults.contains") ? false : nil
    }
    if let name = expression.as(DeclReferenceExprSyntax.self) { return names[name.baseName.text] }
    if let prefix = expression.as(PrefixOperatorExprSyntax.self), prefix.operator.text == "!" {
      return normalValue(prefix.expression).map { !$0 }
    }
    if let tuple = expression.as(TupleExprSyntax.self), tuple.elements.count == 1 {
      return tuple.elements.first.flatMap { normalValue($0.expression) }
    }
    if let choice = expression.as(TernaryExprSyntax.self) {
      let both = [choice.thenExpression, choice.elseExpression].map(normalValue)
      return both[0] == both[1] ? both[0] : nil
    }
    if let infix = expression.as(InfixOperatorExprSyntax.self) {
      let both = [infix.leftOperand, infix.rightOperand].map(normalValue)
      switch infix.operator.trimmedDescription {
      case "&&": return both.contains(false) ? false : both == [true, true] ? true : nil
      case "||": return both.contains(true) ? true : both == [false, false] ? false : nil
      default: return nil
      }
    }
    return nil
  }

  /// What a list of conditions is where nothing is injected; nil where it also depends on others.
  func normalValue(_ conditions: ConditionElementListSyntax) -> Bool? {
    let values = conditions.map { element -> Bool? in
      guard case .expression(let expression) = element.condition else { return nil }
      return normalValue(expression)
    }
    if values.contains(false) { return false }
    return values.allSatisfy { $0 == true } ? true : nil
  }
}
