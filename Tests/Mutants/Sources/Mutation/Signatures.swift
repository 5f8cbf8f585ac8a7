internal import SwiftParser
internal import SwiftSyntax

/// What functions and constants are declared, by their names alone.
///
/// Enough to tell cheaply which arguments of a call have one type; what is wrong all the same is found
/// by the compiler.
public struct Signatures {
  /// A parameter.
  struct Parameter: Hashable {
    var label: String
    var name: String
    var type: String
    var hasDefault: Bool
  }

  private var functions: [String: [[Parameter]]] = [:]
  /// The static constants of a type that are of one type, in their order.
  private var constants: [String: [(name: String, type: String)]] = [:]

  /// Those of no file.
  public init() {}

  /// Adds what a file declares.
  public mutating func add(source: String) {
    let collector = SignatureCollector(viewMode: .sourceAccurate)
    collector.walk(Parser.parse(source: source))
    for (name, parameters) in collector.functions {
      functions[name, default: []].append(parameters)
    }
    for (type, found) in collector.constants { constants[type, default: []] += found }
  }

  /// The parameters that the arguments with these labels go to; nil where that is not clear.
  func parameters(of name: String, labels: [String]) -> [Parameter]? {
    // In the order of their declarations, so that every run takes the same for the first.
    var candidates: [[Parameter]] = []
    for function in functions[name] ?? [] {
      if let found = match(function, labels), !candidates.contains(found) {
        candidates.append(found)
      }
    }
    guard let first = candidates.first else { return nil }
    // Overloads are taken for one as far as they agree.
    guard candidates.count > 1 else { return first }
    return first.indices.map { index in
      let types = Set(candidates.map { $0[index].type })
      var parameter = first[index]
      if types.count > 1 { parameter.type = "" }
      return parameter
    }
  }

  private func match(_ parameters: [Parameter], _ labels: [String]) -> [Parameter]? {
    var rest = parameters[...]
    var found: [Parameter] = []
    for label in labels {
      while let next = rest.first, next.label != label, next.hasDefault { rest.removeFirst() }
      guard let next = rest.popFirst(), next.label == label else { return nil }
      found.append(next)
    }
    return rest.allSatisfy(\.hasDefault) ? found : nil
  }

  /// The constant declared after this one, of the same type in the same type; the first after the
  /// last, nil where there is one only.
  func neighbour(of name: String, in type: String) -> String? {
    guard let all = constants[type], let own = all.first(where: { $0.name == name }) else {
      return nil
    }
    let alike = all.filter { $0.type == own.type }.map(\.name)
    guard alike.count > 1, let index = alike.firstIndex(of: name) else { return nil }
    return alike[(index + 1) % alike.count]
  }
}

private final class SignatureCollector: SyntaxVisitor {
  var functions: [(String, [Signatures.Parameter])] = []
  var constants: [(String, [(name: String, type: String)])] = []
  private var types: [String] = []

  override func visit(_ node: StructDeclSyntax) -> SyntaxVisitorContinueKind {
    enter(node.name.text)
  }
  override func visit(_ node: EnumDeclSyntax) -> SyntaxVisitorContinueKind { enter(node.name.text) }
  override func visit(_ node: ClassDeclSyntax) -> SyntaxVisitorContinueKind {
    enter(node.name.text)
  }
  override func visit(_ node: ProtocolDeclSyntax) -> SyntaxVisitorContinueKind {
    enter(node.name.text)
  }
  override func visit(_ node: ExtensionDeclSyntax) -> SyntaxVisitorContinueKind {
    enter(node.extendedType.trimmedDescription)
  }
  override func visitPost(_ node: StructDeclSyntax) { types.removeLast() }
  override func visitPost(_ node: EnumDeclSyntax) { types.removeLast() }
  override func visitPost(_ node: ClassDeclSyntax) { types.removeLast() }
  override func visitPost(_ node: ProtocolDeclSyntax) { types.removeLast() }
  override func visitPost(_ node: ExtensionDeclSyntax) { types.removeLast() }

  private func enter(_ name: String) -> SyntaxVisitorContinueKind {
    types.append(name)
    return .visitChildren
  }

  override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
    functions.append((node.name.text, parameters(node.signature.parameterClause)))
    return .skipChildren
  }

  override func visit(_ node: InitializerDeclSyntax) -> SyntaxVisitorContinueKind {
    let all = parameters(node.signature.parameterClause)
    functions.append((types.last ?? "", all))
    return .skipChildren
  }

  override func visit(_ node: VariableDeclSyntax) -> SyntaxVisitorContinueKind {
    guard let type = types.last, node.modifiers.contains(where: { $0.name.text == "static" }),
      let binding = node.bindings.first, let declared = binding.typeAnnotation?.type,
      let name = binding.pattern.as(IdentifierPatternSyntax.self)
    else { return .skipChildren }
    constants.append((type, [(name.identifier.text, declared.trimmedDescription)]))
    return .skipChildren
  }

  private func parameters(_ clause: FunctionParameterClauseSyntax) -> [Signatures.Parameter] {
    clause.parameters.map(Signatures.Parameter.init)
  }
}

extension Signatures.Parameter {
  init(_ node: FunctionParameterSyntax) {
    let type = node.type.trimmedDescription
    label = node.firstName.text == "_" ? "" : node.firstName.text
    name = (node.secondName ?? node.firstName).text
    // The machine's own name for what walkers call by the machine's.
    self.type = ["W": "M.W", "Table": "M.Table", "Record": "M.Record"][type] ?? type
    hasDefault = node.defaultValue != nil
  }
}
