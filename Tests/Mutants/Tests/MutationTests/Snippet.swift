import Mutation

/// A few lines of a walker, and what may be wrong with them.
struct Snippet {
  let file: MutatedFile
  let text: String

  /// Statements of a function of a table.
  init(_ statements: String, parameters: String = "", returning: String = "") {
    self.init(
      file: """
        extension Tree {
          func walk(\(parameters))\(returning.isEmpty ? "" : " -> \(returning)") {
        \(statements.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
          }
        }
        """
    )
  }

  init(file text: String) {
    var signatures = Signatures()
    signatures.add(source: Snippet.declarations)
    signatures.add(source: text)
    self.text = text
    file = MutatedFile(text, path: "Walk.swift", signatures: signatures)
  }

  /// The mutants in words, in their order.
  var mutants: [String] {
    file.mutants.map { "\($0.kind.rawValue): \($0.before) -> \($0.after)" }
  }

  /// Those of one kind.
  func mutants(_ kind: MutationKind) -> [String] {
    file.mutants.filter { $0.kind == kind }.map { "\($0.before) -> \($0.after)" }
  }

  /// What walkers call, for the types of its parameters.
  static let declarations = """
    protocol Machine {
      func load(_ table: Table, at index: W) -> W
      func store(_ value: W, to table: Table, at index: W, order: MemoryOrder)
      func release(_ table: Table, by amount: Int)
      func invalidate(_ address: W, level: LookupLevel?)
      func read(_ field: Field, of record: Record, _ access: Access) -> W
      func write(_ value: W, _ field: Field, of record: Record, _ access: Access)
      func fence(_ fence: Fence)
      func withLock(_ lock: Field, of record: Record, _ mode: LockMode, _ body: () -> Void)
    }
    enum Bits {
      static var present: UInt64 { 1 }
      static var leaf: UInt64 { 2 }
      static var change: UInt64 { 4 }
    }
    struct TLBInvalidation {
      init(_ operation: Operation, address: W, isBroadcast: Bool = true) {}
    }
    """
}
