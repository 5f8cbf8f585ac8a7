internal import SwiftSyntax

/// What may be wrong with the statements of one block, as statements.
struct StatementMutator {
  /// Whether the block's only expression is its value.
  let isValue: Bool
  /// Whether the block belongs to an initializer, in which nothing may be left out.
  let isInitializer: Bool

  /// The places that an item is.
  func slots(for item: CodeBlockItemSyntax, _ context: ExpressionMutator.Context) -> [Slot] {
    let range = item.item.trimmedByteRange
    if let jump = jump(item) { return [jump] }
    guard !isValue, let value = item.expression else { return [] }
    if value.is(IfExprSyntax.self) {
      // A place only for what it changes places with.
      return [Slot(range: range, form: .statement, edits: [])]
    }
    guard isEffect(value), !isUntouched(value) else { return [] }
    var slot = Slot(
      range: range,
      form: .statement,
      edits: ExpressionMutator.edits(of: value, in: context)
    )
    let key = { Slot.Key(position: range.lowerBound, kind: $0) }
    if !isInitializer, !value.sets(context.unset) {
      slot.replacements.append(.init(key: key(.dropped), text: "", kind: .dropped))
    }
    if let call = call(value), !Replacements.isIdempotent(call.calledName) {
      let text = item.item.trimmedDescription
      slot.replacements.append(.init(key: key(.doubled), text: "\(text); \(text)", kind: .doubled))
    }
    return [slot]
  }

  /// Leaving a block in another way, or not at all.
  private func jump(_ item: CodeBlockItemSyntax) -> Slot? {
    let range = item.item.trimmedByteRange
    var texts: [String] = []
    let loop = loop(around: item)
    // What is behind a loop without an end may be no end of the function.
    if item.item.is(ContinueStmtSyntax.self), loop.map(\.endsOnlyInside) != true {
      texts.append("break")
    }
    if item.item.is(BreakStmtSyntax.self) {
      guard loop != nil else { return nil }
      texts.append("continue")
    }
    if let block = item.parent?.parent, block.is(CodeBlockSyntax.self),
      block.parent?.is(IfExprSyntax.self) == true, !isValue,
      item.item.is(ReturnStmtSyntax.self) || !texts.isEmpty
    {
      texts.append("")
    }
    guard !texts.isEmpty else { return nil }
    var slot = Slot(range: range, form: .jump, edits: [])
    for (ordinal, text) in texts.enumerated() {
      let key = Slot.Key(position: range.lowerBound, kind: .jump, ordinal: ordinal)
      slot.replacements.append(.init(key: key, text: text, kind: .jump))
    }
    return slot
  }

  /// The loop that a `break` leaves; nil where it leaves something else.
  private func loop(around item: CodeBlockItemSyntax) -> Syntax? {
    var node = item.parent
    while let current = node {
      if current.is(SwitchCaseSyntax.self) { return nil }
      if current.isLoop { return current }
      node = current.parent
    }
    return nil
  }

  /// The texts for statements that change places with the one behind them, by place.
  func swaps(
    among items: [CodeBlockItemSyntax],
    _ context: ExpressionMutator.Context
  ) -> [(Range<Int>, Slot.Replacement)] {
    guard !isInitializer else { return [] }
    var found: [(Range<Int>, Slot.Replacement)] = []
    for (first, second) in zip(items, items.dropFirst()) {
      guard let one = Movable(first, context), let other = Movable(second, context),
        one.isEffect || other.isEffect, !other.mentions(one.names),
        !(one.isApart(from: other) || other.isApart(from: one))
      else { continue }
      let key = Slot.Key(position: first.item.trimmedByteRange.lowerBound, kind: .swapped)
      switch (one.value, other.value) {
      case (nil, nil):
        found.append((one.range, .init(key: key, text: other.text, kind: .swapped)))
        found.append((other.range, .init(key: key, text: one.text, kind: nil)))
      case (let value?, nil):
        let text = "({\n\(other.text)\nreturn \(value)\n}())"
        found.append((one.range, .init(key: key, text: text, kind: .swapped)))
        found.append((other.range, .init(key: key, text: "", kind: nil)))
      case (nil, let value?):
        let text = "({\nlet swapped = \(value)\n\(one.text)\nreturn swapped\n}())"
        found.append((one.range, .init(key: key, text: "", kind: .swapped)))
        found.append((other.range, .init(key: key, text: text, kind: nil)))
      case (.some, .some): continue
      }
    }
    return found
  }

  /// A statement that may change places with another.
  private struct Movable {
    var range: Range<Int>
    var text: String
    /// What a constant is bound to; nil for other statements.
    var value: String?
    var names: [String] = []
    /// Whether it is a call or an assignment, and not a branch.
    var isEffect = true
    /// The variable of the function's own that is all it changes.
    var variable: String?
    /// What it sets, where it calls nothing; nil where it does.
    var assigned: Set<String>?
    /// Whether it is a call of the machine, which knows nothing of the walker but what it is given.
    var isOfMachine = false

    /// The field of a plain access, whose order against those of other fields nobody can tell.
    var plainField: String?

    /// Whether neither knows what the other changes, so that their order is all one.
    func isApart(from other: Movable) -> Bool {
      if let plainField, let others = other.plainField, plainField != others { return true }
      if let variable { return !other.mentions([variable]) }
      if let assigned, other.isOfMachine { return !other.mentions(Array(assigned)) }
      guard let assigned, let others = other.assigned else { return false }
      return !other.mentions(Array(assigned)) && !mentions(Array(others))
    }

    init?(_ item: CodeBlockItemSyntax, _ context: ExpressionMutator.Context) {
      text = item.item.trimmedDescription
      range = item.item.trimmedByteRange
      if let declaration = item.item.as(VariableDeclSyntax.self) {
        guard declaration.bindings.count == 1, let binding = declaration.bindings.first,
          let call = binding.initializer?.value.as(FunctionCallExprSyntax.self),
          !call.makesValue
        else { return nil }
        let value = ExprSyntax(call)
        self.value = value.trimmedDescription
        plainField = value.as(FunctionCallExprSyntax.self)?.plainField
        range = value.trimmedByteRange
        isEffect = false
        names = binding.pattern.tokens(viewMode: .sourceAccurate).map(\.text)
        return
      }
      guard let value = item.expression, !value.sets(context.unset) else { return nil }
      if !value.hasCall { assigned = value.assignedNames }
      isOfMachine = text.hasPrefix("machine.")
      plainField = value.as(FunctionCallExprSyntax.self)?.plainField
      if let branch = value.as(IfExprSyntax.self) {
        isEffect = false
        guard context.defects.normalValue(branch.conditions) != false else { return nil }
        return
      }
      guard StatementMutator.isEffect(value), !StatementMutator.isUntouched(value) else {
        return nil
      }
      if let infix = value.as(InfixOperatorExprSyntax.self), !infix.rightOperand.hasCall {
        let name = infix.leftOperand.trimmedDescription
        if context.locals.contains(name) { variable = name }
      }
    }

    func mentions(_ names: [String]) -> Bool {
      guard !names.isEmpty else { return false }
      let words = text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
      return words.contains { names.contains(String($0)) }
    }
  }

  private func isEffect(_ value: ExprSyntax) -> Bool { StatementMutator.isEffect(value) }
  private func isUntouched(_ value: ExprSyntax) -> Bool { StatementMutator.isUntouched(value) }

  /// Whether an expression is there for what it does.
  static func isEffect(_ value: ExprSyntax) -> Bool {
    value.is(FunctionCallExprSyntax.self) || value.is(InfixOperatorExprSyntax.self)
  }

  static func isUntouched(_ value: ExprSyntax) -> Bool {
    value.as(FunctionCallExprSyntax.self).map { Replacements.untouched.contains($0.calledName) }
      ?? false
  }

  /// The call that a statement is, its result dropped or not there.
  private func call(_ value: ExprSyntax) -> FunctionCallExprSyntax? {
    if let infix = value.as(InfixOperatorExprSyntax.self),
      infix.leftOperand.is(DiscardAssignmentExprSyntax.self)
    {
      return infix.rightOperand.as(FunctionCallExprSyntax.self)
    }
    return value.as(FunctionCallExprSyntax.self)
  }
}

extension SyntaxProtocol {
  fileprivate var isLoop: Bool {
    self.is(WhileStmtSyntax.self) || self.is(ForStmtSyntax.self) || self.is(RepeatStmtSyntax.self)
  }

  /// Whether it is a `while true` that nothing breaks out of.
  fileprivate var endsOnlyInside: Bool {
    guard let loop = self.as(WhileStmtSyntax.self),
      let condition = loop.conditions.first?.condition, loop.conditions.count == 1,
      condition.trimmedDescription == "true"
    else { return false }
    return !loop.body.isBrokenOutOf
  }

  /// Whether there is a `break` in it that leaves what is around it.
  private var isBrokenOutOf: Bool {
    if self.is(BreakStmtSyntax.self) { return true }
    if isLoop || self.is(SwitchCaseSyntax.self) || self.is(ClosureExprSyntax.self) { return false }
    return children(viewMode: .sourceAccurate).contains { $0.isBrokenOutOf }
  }

  /// Whether something is called in it, initializers of words apart.
  fileprivate var hasCall: Bool {
    if let call = self.as(FunctionCallExprSyntax.self), call.calledName != "W" { return true }
    return children(viewMode: .sourceAccurate).contains { $0.hasCall }
  }

  /// The last names of what is assigned to in it.
  fileprivate var assignedNames: Set<String> {
    var names: Set<String> = []
    if let infix = self.as(InfixOperatorExprSyntax.self),
      let name = infix.leftOperand.lastToken(viewMode: .sourceAccurate)
    {
      names.insert(name.text)
    }
    for child in children(viewMode: .sourceAccurate) { names.formUnion(child.assignedNames) }
    return names
  }

  /// The variables and constants that are declared in it.
  var declaredNames: Set<String> {
    var names: Set<String> = []
    if let pattern = self.as(IdentifierPatternSyntax.self) { names.insert(pattern.identifier.text) }
    for child in children(viewMode: .sourceAccurate) { names.formUnion(child.declaredNames) }
    return names
  }

  /// The variables and constants that are declared in it without a value.
  var unsetNames: Set<String> {
    var names: Set<String> = []
    if let binding = self.as(PatternBindingSyntax.self), binding.initializer == nil,
      binding.accessorBlock == nil
    {
      names.insert(binding.pattern.trimmedDescription)
    }
    for child in children(viewMode: .sourceAccurate) { names.formUnion(child.unsetNames) }
    return names
  }

  /// Whether one of these is given a value in it.
  fileprivate func sets(_ names: Set<String>) -> Bool {
    if names.isEmpty { return false }
    if let infix = self.as(InfixOperatorExprSyntax.self),
      infix.operator.is(AssignmentExprSyntax.self),
      names.contains(infix.leftOperand.trimmedDescription)
    {
      return true
    }
    return children(viewMode: .sourceAccurate).contains { $0.sets(names) }
  }
}

extension FunctionCallExprSyntax {
  /// Whether it makes a value of nothing, which is the same value wherever it is made.
  fileprivate var makesValue: Bool {
    arguments.isEmpty && trailingClosure == nil && calledName.first?.isUppercase == true
  }

  /// The field of a record that it reads or writes as nobody else may at the same time.
  fileprivate var plainField: String? {
    let texts = arguments.map(\.expression.trimmedDescription)
    switch calledName {
    case "set", "plain": return texts.first
    case "read" where texts.count == 3 && texts[2] == ".plain": return texts[0]
    case "write" where texts.count == 4 && texts[3] == ".plain": return texts[1]
    default: return nil
    }
  }
}
