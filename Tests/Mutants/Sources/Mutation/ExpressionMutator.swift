internal import SwiftSyntax

/// Collects what may be wrong within one expression, closures apart, whose statements are places of
/// their own.
final class ExpressionMutator: SyntaxVisitor {
  private(set) var edits: [Edit] = []
  let context: Context

  /// What is known where the expression stands.
  struct Context {
    var signatures: Signatures
    var defects: Defects
    /// The type around it.
    var type: String
    /// The parameters of the function around it.
    var parameters: [Signatures.Parameter]
    /// The variables that the function around it declares.
    var locals: Set<String> = []
    /// Those of them that have no value where they are declared.
    var unset: Set<String> = []
  }

  init(_ context: Context) {
    self.context = context
    super.init(viewMode: .sourceAccurate)
  }

  static func edits(of expression: ExprSyntax, in context: Context) -> [Edit] {
    let mutator = ExpressionMutator(context)
    mutator.walk(expression)
    return mutator.edits
  }

  func replace(_ node: some SyntaxProtocol, by text: String, _ kind: MutationKind) {
    let old = node.trimmedDescription
    let edit = Edit(range: node.trimmedByteRange, text: text, kind: kind)
    if text != old, !edits.contains(where: { $0.range == edit.range && $0.text == text }) {
      edits.append(edit)
    }
  }

  // Closures and branches hold statements.
  override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: IfExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: SwitchExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: StringLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    .skipChildren
  }
  override func visit(_ node: GenericArgumentClauseSyntax) -> SyntaxVisitorContinueKind {
    .skipChildren
  }

  override func visit(_ node: InfixOperatorExprSyntax) -> SyntaxVisitorContinueKind {
    let (left, right) = (node.leftOperand, node.rightOperand)
    if node.operator.is(AssignmentExprSyntax.self) {
      walk(right)
      return .skipChildren
    }
    let text = node.operator.trimmedDescription
    let values = [left, right].map(context.defects.normalValue)
    if values != [nil, nil] {
      // Where nothing is injected only one side is left, if any.
      guard context.defects.normalValue(ExprSyntax(node)) == nil else { return .skipChildren }
      walk(values[0] == nil ? left : right)
      return .skipChildren
    }
    for (other, kind) in Replacements.operators[text] ?? [] {
      replace(node.operator, by: other, kind)
    }
    if text.hasSuffix("="), !["<=", ">=", "==", "!=", ".<=", ".==", ".!="].contains(text) {
      walk(right)
      return .skipChildren
    }
    if let other = Replacements.looseOperators[text] {
      let whole = "(\(left.trimmedDescription) \(other) \(right.trimmedDescription))"
      replace(node, by: whole, .logic)
    }
    if let drop = Replacements.droppable[text] {
      if drop.right, !isOne(right) { replace(node, by: left.trimmedDescription, .operand) }
      if drop.left { replace(node, by: right.trimmedDescription, .operand) }
    }
    if text == "..<" { replace(right, by: "(\(right.trimmedDescription) - 1)", .turn) }
    if text.hasSuffix("<<") || text.hasSuffix(">>") {
      if !right.is(IntegerLiteralExprSyntax.self) {
        replace(right, by: "(\(right.trimmedDescription) &+ 1)", .offByOne)
        replace(right, by: "(\(right.trimmedDescription) &- 1)", .offByOne)
      }
      // 2 << n is 1 << n + 1.
      if isOne(left) {
        walk(right)
        return .skipChildren
      }
    }
    return .visitChildren
  }

  private func isOne(_ node: ExprSyntax) -> Bool {
    let text = node.trimmedDescription
    return text == "1" || text == "M.W(1)" || text == "W(1)"
  }

  override func visit(_ node: TernaryExprSyntax) -> SyntaxVisitorContinueKind {
    switch context.defects.normalValue(node.condition) {
    case true?: walk(node.thenExpression)
    case false?: walk(node.elseExpression)
    case nil:
      addTruthValues(of: node.condition)
      return .visitChildren
    }
    return .skipChildren
  }

  /// A condition negated and fixed.
  func addTruthValues(of node: ExprSyntax) {
    if node.is(BooleanLiteralExprSyntax.self) { return }
    // Where `!=` stands for `==`, or `!` is left out, that is its negation.
    if !isEquation(node) { replace(node, by: "!(\(node.trimmedDescription))", .negated) }
    replace(node, by: "true", .alwaysTrue)
    replace(node, by: "false", .alwaysFalse)
  }

  /// Whether another change of the expression is its negation.
  private func isEquation(_ node: ExprSyntax) -> Bool {
    if let prefix = node.as(PrefixOperatorExprSyntax.self) { return prefix.operator.text == "!" }
    if let call = node.as(FunctionCallExprSyntax.self), call.calledName == "holds",
      let condition = call.arguments.first?.expression
    {
      return isEquation(condition)
    }
    guard let infix = node.as(InfixOperatorExprSyntax.self) else { return false }
    return ["==", "!=", ".==", ".!="].contains(infix.operator.trimmedDescription)
  }

  override func visit(_ node: PrefixOperatorExprSyntax) -> SyntaxVisitorContinueKind {
    if context.defects.normalValue(ExprSyntax(node)) != nil { return .skipChildren }
    if ["!", "~", ".!"].contains(node.operator.text) {
      replace(node, by: "(\(node.expression.trimmedDescription))", .complement)
    }
    return .visitChildren
  }

  override func visit(_ node: IntegerLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    let text = node.literal.text
    if text.hasPrefix("0x") || text.hasPrefix("0b") {
      replace(node, by: "(\(text) << 1)", .constant)
      replace(node, by: "(\(text) >> 1)", .constant)
    } else if let value = UInt64(text.replacing("_", with: "")) {
      replace(node, by: "\(value &+ 1)", .constant)
      if value > 0 { replace(node, by: "\(value - 1)", .constant) }
    }
    return .skipChildren
  }

  override func visit(_ node: BooleanLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    replace(node, by: node.literal.text == "true" ? "false" : "true", .constant)
    return .skipChildren
  }

  override func visit(_ node: MemberAccessExprSyntax) -> SyntaxVisitorContinueKind {
    let name = node.declName.baseName
    guard let base = node.base else {
      for (other, kind) in Replacements.implicitMembers[name.text] ?? [] {
        replace(name, by: other, kind)
      }
      if Replacements.errors.contains(name.text) { replace(name, by: "ok", .errno) }
      return .skipChildren
    }
    if let type = base.as(DeclReferenceExprSyntax.self),
      let other = context.signatures.neighbour(of: name.text, in: type.baseName.text)
    {
      replace(name, by: other, .neighbour)
      return .skipChildren
    }
    if let other = Replacements.opposites[name.text] { replace(name, by: other, .opposite) }
    walk(base)
    return .skipChildren
  }

  override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
    let name = node.baseName.text
    if let other = context.signatures.neighbour(of: name, in: context.type) {
      replace(node, by: other, .neighbour)
    } else if let own = context.parameters.first(where: { $0.name == name }), isPlain(own.type),
      let other = context.parameters.first(where: { $0.type == own.type && $0.name != name })
    {
      replace(node, by: other.name, .argument)
    }
    return .skipChildren
  }

  /// Whether values of a type may be taken for one another.
  func isPlain(_ type: String) -> Bool {
    [
      "M.W", "UInt64", "Int", "LookupLevel", "LookupLevel?", "RadixLevel", "M.Table", "M.Record",
      "Bool",
    ].contains(type)
  }

  override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
    if context.defects.normalValue(ExprSyntax(node)) != nil { return .skipChildren }
    let name = node.calledName
    if Replacements.untouched.contains(name) { return .skipChildren }
    if let other = Replacements.opposites[name], let callee = node.calledToken {
      replace(callee, by: other, .opposite)
    }
    if let other = Replacements.weaker[name], let callee = node.calledToken {
      replace(callee, by: other, .weaker)
    }
    let arguments = Array(node.arguments)
    let labels = arguments.map { $0.label?.text ?? "" }
    let parameters = context.signatures.parameters(
      of: name,
      labels: node.trailingClosure == nil ? labels : labels + [""]
    )
    // The level of a table that is asked for is told to people only.
    let told = name.hasPrefix("allocate") ? labels.firstIndex(of: "level") : nil
    for (index, argument) in arguments.enumerated() where index != told {
      guard let parameter = parameters?[index] else { continue }
      mutate(argument.expression, for: parameter, index, arguments, parameters ?? [])
    }
    if name == "TLBInvalidation", !labels.contains("isBroadcast"), let last = arguments.last {
      replace(last, by: "\(last.trimmedDescription), isBroadcast: false", .weaker)
    }
    for (index, argument) in arguments.enumerated() where index != told {
      // An argument that is a parameter was dealt with as an argument.
      if argument.expression.is(DeclReferenceExprSyntax.self), parameters != nil { continue }
      if let type = parameters?[index].type, Replacements.members[type] != nil,
        argument.expression.is(MemberAccessExprSyntax.self)
      {
        continue
      }
      walk(argument.expression)
    }
    if let member = node.calledExpression.as(MemberAccessExprSyntax.self), let base = member.base {
      walk(base)
    }
    return .skipChildren
  }
}

extension ExpressionMutator {
  private func mutate(
    _ argument: ExprSyntax,
    for parameter: Signatures.Parameter,
    _ index: Int,
    _ arguments: [LabeledExprSyntax],
    _ parameters: [Signatures.Parameter]
  ) {
    let text = argument.trimmedDescription
    if parameter.type == "LookupLevel?" {
      // No level at all is a hint not taken: it invalidates more, which no caller can tell.
      replace(argument, by: "3", .hint)
      return
    }
    if let members = Replacements.members[parameter.type],
      let member = argument.as(MemberAccessExprSyntax.self), member.base == nil
    {
      let name = member.declName.baseName
      for other in members[name.text] ?? [] { replace(name, by: other, .weaker) }
      return
    }
    guard isPlain(parameter.type) else { return }
    let alike = arguments.indices.filter {
      parameters[$0].type == parameter.type && $0 != index
    }
    if let other = alike.first(where: { $0 > index }) ?? alike.first {
      replace(argument, by: arguments[other].expression.trimmedDescription, .argument)
    }
    let others = Set(arguments.map { $0.expression.trimmedDescription })
    if let other = context.parameters.first(where: {
      $0.type == parameter.type && !others.contains($0.name)
    }) {
      replace(argument, by: other.name, .argument)
    }
    if parameter.type == "Bool", !argument.is(BooleanLiteralExprSyntax.self) {
      replace(argument, by: "!(\(text))", .negated)
    }
    guard Replacements.numbered.contains(parameter.name),
      !argument.is(IntegerLiteralExprSyntax.self)
    else { return }
    switch parameter.type {
    case "UInt64", "Int", "LookupLevel", "RadixLevel":
      replace(argument, by: "(\(text)) &+ 1", .offByOne)
      replace(argument, by: "(\(text)) &- 1", .offByOne)
    case "M.W": replace(argument, by: "(\(text)) &+ M.W(1)", .offByOne)
    default: break
    }
  }
}

extension FunctionCallExprSyntax {
  /// The token that names what is called.
  var calledToken: TokenSyntax? {
    var callee = calledExpression
    if let generic = callee.as(GenericSpecializationExprSyntax.self) { callee = generic.expression }
    if let member = callee.as(MemberAccessExprSyntax.self) { return member.declName.baseName }
    return callee.as(DeclReferenceExprSyntax.self)?.baseName
  }

  /// The name of what is called, without what it is called on.
  var calledName: String { calledToken?.text ?? "" }
}

extension SyntaxProtocol {
  /// The bytes without what surrounds them, from the start of the file.
  var trimmedByteRange: Range<Int> {
    positionAfterSkippingLeadingTrivia.utf8Offset..<endPositionBeforeTrailingTrivia.utf8Offset
  }
}
