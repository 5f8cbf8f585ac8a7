internal import SwiftSyntax

/// Finds the places of a file where something may be wrong, with what may be wrong there.
final class SlotFinder: SyntaxVisitor {
  private var slots: [Slot] = []
  /// What the places of statements that change places with others become.
  private var swaps: [(range: Range<Int>, replacement: Slot.Replacement)] = []
  /// The functions and types around each place, by its range.
  private var functions: [Range<Int>: String] = [:]

  private let signatures: Signatures
  private var scopes: [Scope] = []
  /// Blocks whose only expression is their value.
  private var valueBlocks: Set<SyntaxIdentifier> = []

  /// A type or function that is being looked through.
  private struct Scope {
    var name: String
    var isType = false
    var parameters: [Signatures.Parameter] = []
    var defects = Defects()
    var returnsTruth = false
    var isInitializer = false
    var locals: Set<String> = []
    var unset: Set<String> = []
  }

  init(signatures: Signatures) {
    self.signatures = signatures
    super.init(viewMode: .sourceAccurate)
  }

  /// The places of a file where something may be wrong, in their order, the outer before the inner.
  static func slots(
    of file: some SyntaxProtocol,
    _ signatures: Signatures
  ) -> (slots: [Slot], functions: [Range<Int>: String]) {
    let finder = SlotFinder(signatures: signatures)
    finder.walk(file)
    for (range, replacement) in finder.swaps {
      if let number = finder.slots.firstIndex(where: { $0.range == range }) {
        finder.slots[number].replacements.append(replacement)
      }
    }
    let slots = finder.slots.filter { !$0.edits.isEmpty || !$0.replacements.isEmpty }
    return (
      slots.sorted {
        ($0.range.lowerBound, -$0.range.upperBound) < ($1.range.lowerBound, -$1.range.upperBound)
      },
      finder.functions
    )
  }

  private var context: ExpressionMutator.Context {
    .init(
      signatures: signatures,
      defects: scopes.last?.defects ?? Defects(),
      type: scopes.last { $0.isType }?.name ?? "",
      parameters: scopes.last?.parameters ?? [],
      locals: scopes.last?.locals ?? [],
      unset: scopes.last?.unset ?? []
    )
  }

  // MARK: Scopes

  override func visit(_ node: StructDeclSyntax) -> SyntaxVisitorContinueKind {
    enterType(node.name.text)
  }
  override func visit(_ node: EnumDeclSyntax) -> SyntaxVisitorContinueKind {
    enterType(node.name.text)
  }
  override func visit(_ node: ExtensionDeclSyntax) -> SyntaxVisitorContinueKind {
    enterType(node.extendedType.trimmedDescription)
  }
  override func visit(_ node: ProtocolDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visitPost(_ node: StructDeclSyntax) { scopes.removeLast() }
  override func visitPost(_ node: EnumDeclSyntax) { scopes.removeLast() }
  override func visitPost(_ node: ExtensionDeclSyntax) { scopes.removeLast() }

  private func enterType(_ name: String) -> SyntaxVisitorContinueKind {
    scopes.append(Scope(name: name, isType: true))
    return .visitChildren
  }

  override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
    let type = node.signature.returnClause?.type.trimmedDescription
    if let type, type != "Void", let body = node.body { valueBlocks.insert(body.statements.id) }
    scopes.append(
      Scope(
        name: node.name.text,
        parameters: node.signature.parameterClause.parameters.map(Signatures.Parameter.init),
        defects: scopes.last?.defects ?? Defects(),
        returnsTruth: type == "Bool",
        locals: node.body?.declaredNames ?? [],
        unset: node.body?.unsetNames ?? []
      )
    )
    return .visitChildren
  }
  override func visitPost(_ node: FunctionDeclSyntax) { scopes.removeLast() }

  override func visit(_ node: InitializerDeclSyntax) -> SyntaxVisitorContinueKind {
    scopes.append(
      Scope(
        name: "init",
        parameters: node.signature.parameterClause.parameters.map(Signatures.Parameter.init),
        isInitializer: true
      )
    )
    return .visitChildren
  }
  override func visitPost(_ node: InitializerDeclSyntax) { scopes.removeLast() }

  override func visit(_ node: VariableDeclSyntax) -> SyntaxVisitorContinueKind {
    let name = node.bindings.first?.pattern.trimmedDescription ?? ""
    if name == "description" { return .skipChildren }
    let isMember = node.parent?.is(MemberBlockItemSyntax.self) == true
    for binding in node.bindings {
      if case .getter(let items) = binding.accessorBlock?.accessors {
        valueBlocks.insert(items.id)
      }
      guard let value = binding.initializer?.value else { continue }
      if let normal = context.defects.normalValue(value), !scopes.isEmpty {
        scopes[scopes.count - 1].defects.note(binding.pattern.trimmedDescription, is: normal)
      }
      if isBranching(value) {
        markBranches(of: value)
      } else {
        add(value, isMember ? .term : .value)
      }
    }
    if isMember {
      scopes.append(
        Scope(
          name: name,
          returnsTruth: node.bindings.first?.typeAnnotation?.type.trimmedDescription == "Bool"
        )
      )
    }
    return .visitChildren
  }
  override func visitPost(_ node: VariableDeclSyntax) {
    let name = node.bindings.first?.pattern.trimmedDescription ?? ""
    if name != "description", node.parent?.is(MemberBlockItemSyntax.self) == true {
      scopes.removeLast()
    }
  }

  override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind {
    valueBlocks.insert(node.statements.id)
    return .visitChildren
  }
  override func visit(_ node: FunctionParameterSyntax) -> SyntaxVisitorContinueKind {
    if let value = node.defaultValue?.value { add(value, .term) }
    return .skipChildren
  }
  override func visit(_ node: AttributeListSyntax) -> SyntaxVisitorContinueKind { .skipChildren }

  // MARK: Places

  @discardableResult
  private func add(_ value: ExprSyntax, _ form: Slot.Form) -> Int? {
    guard !isBranching(value), context.defects.normalValue(value) == nil else { return nil }
    var edits = ExpressionMutator.edits(of: value, in: context)
    if form == .condition {
      let mutator = ExpressionMutator(context)
      mutator.addTruthValues(of: value)
      edits += mutator.edits
    }
    return add(Slot(range: value.trimmedByteRange, form: form, edits: edits))
  }

  @discardableResult
  private func add(_ slot: Slot) -> Int {
    slots.append(slot)
    functions[slot.range] = scopes.map(\.name).joined(separator: ".")
    return slots.count - 1
  }

  private func isBranching(_ value: ExprSyntax) -> Bool {
    value.is(IfExprSyntax.self) || value.is(SwitchExprSyntax.self)
  }

  /// Notes that the branches of an expression are values.
  private func markBranches(of value: ExprSyntax) {
    if let choice = value.as(SwitchExprSyntax.self) {
      for branch in choice.cases {
        if case .switchCase(let branch) = branch { valueBlocks.insert(branch.statements.id) }
      }
    }
    if let choice = value.as(IfExprSyntax.self) {
      valueBlocks.insert(choice.body.statements.id)
      switch choice.elseBody {
      case .codeBlock(let block)?: valueBlocks.insert(block.statements.id)
      case .ifExpr(let next)?: markBranches(of: ExprSyntax(next))
      case nil: break
      }
    }
  }

  // MARK: Conditions

  override func visit(_ node: ConditionElementSyntax) -> SyntaxVisitorContinueKind {
    switch node.condition {
    case .expression(let value) where !value.is(BooleanLiteralExprSyntax.self):
      // A loop that never ends would only be waited for.
      if let number = add(value, .condition), isLoop(node) {
        slots[number].edits.removeAll { $0.kind == .alwaysTrue && $0.text == "true" }
      }
    case .optionalBinding(let binding):
      if let value = binding.initializer?.value { add(value, .term) }
    case .matchingPattern(let pattern): add(pattern.initializer.value, .term)
    default: break
    }
    return .visitChildren
  }

  private func isLoop(_ node: ConditionElementSyntax) -> Bool {
    node.parent?.parent?.is(WhileStmtSyntax.self) == true
  }

  override func visit(_ node: IfExprSyntax) -> SyntaxVisitorContinueKind {
    switch context.defects.normalValue(node.conditions) {
    case false?:
      // Only what is done without the fault is the walker.
      switch node.elseBody {
      case .codeBlock(let block)?: walk(block)
      case .ifExpr(let next)?: walk(next)
      case nil: break
      }
      return .skipChildren
    case true?:
      walk(node.body)
      return .skipChildren
    case nil: return .visitChildren
    }
  }

  override func visit(_ node: RepeatStmtSyntax) -> SyntaxVisitorContinueKind {
    if let number = add(node.condition, .condition) {
      slots[number].edits.removeAll { $0.kind == .alwaysTrue && $0.text == "true" }
    }
    return .visitChildren
  }

  override func visit(_ node: ForStmtSyntax) -> SyntaxVisitorContinueKind {
    let range = node.sequence.trimmedByteRange
    if let number = add(node.sequence, .term) {
      let text = node.sequence.trimmedDescription
      slots[number].edits.append(Edit(range: range, text: "(\(text)).dropFirst()", kind: .turn))
      slots[number].edits.append(Edit(range: range, text: "(\(text)).dropLast()", kind: .turn))
    }
    if let condition = node.whereClause?.condition { add(condition, .condition) }
    return .visitChildren
  }

  // MARK: Statements

  override func visit(_ node: CodeBlockItemListSyntax) -> SyntaxVisitorContinueKind {
    let mutator = StatementMutator(
      isValue: node.count == 1 && valueBlocks.contains(node.id),
      isInitializer: scopes.last?.isInitializer == true
    )
    for item in node {
      if isOnlyWithDefect(item) { return skipRest(of: node, from: item) }
      if mutator.isValue, let value = item.expression, isBranching(value) {
        markBranches(of: value)
        if value.parent?.is(ExpressionStmtSyntax.self) == true { continue }
      }
      for slot in mutator.slots(for: item, context) { add(slot) }
      if let value = returned(item, mutator.isValue), let number = add(value, .value) {
        if scopes.last?.returnsTruth == true, !value.is(BooleanLiteralExprSyntax.self) {
          let truth = ExpressionMutator(context)
          truth.addTruthValues(of: value)
          slots[number].edits += truth.edits
        }
      }
    }
    swaps += mutator.swaps(among: Array(node), context)
    return .visitChildren
  }

  /// The value that an item gives back.
  private func returned(_ item: CodeBlockItemSyntax, _ isValue: Bool) -> ExprSyntax? {
    if let statement = item.item.as(ReturnStmtSyntax.self), let value = statement.expression {
      if isBranching(value) { markBranches(of: value) }
      return value
    }
    return isValue ? item.expression : nil
  }

  /// Whether what follows an item happens only where a fault is injected.
  private func isOnlyWithDefect(_ item: CodeBlockItemSyntax) -> Bool {
    guard let statement = item.item.as(GuardStmtSyntax.self) else { return false }
    return context.defects.normalValue(statement.conditions) == false
  }

  private func skipRest(
    of list: CodeBlockItemListSyntax,
    from first: CodeBlockItemSyntax
  ) -> SyntaxVisitorContinueKind {
    for item in list {
      if item.id == first.id {
        if let statement = item.item.as(GuardStmtSyntax.self) { walk(statement.body) }
        break
      }
      walk(item)
    }
    return .skipChildren
  }
}

extension CodeBlockItemSyntax {
  /// The expression that the item is.
  var expression: ExprSyntax? {
    if let statement = item.as(ExpressionStmtSyntax.self) { return statement.expression }
    return item.as(ExprSyntax.self)
  }
}
