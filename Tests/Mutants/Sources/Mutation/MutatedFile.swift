internal import SwiftOperators
internal import SwiftParser
internal import SwiftSyntax

/// A file with every fault that it may have.
public struct MutatedFile: Sendable {
  /// The faults, by number.
  public let mutants: [Mutant]
  private let source: [UInt8]
  private let slots: [Slot]
  /// Where what is switched on in a place is defined: the mutants of each slot, with their texts.
  private let choices: [[Choice]]

  private struct Choice {
    var number: Int
    var text: String
    /// Whether the fault was found at this place, and not at the statement before.
    var isOwn = true
  }

  /// Finds what may be wrong in a file.
  ///
  /// - Parameters:
  ///   - source: Its text.
  ///   - path: Its name, for those who read of it.
  ///   - signatures: What the walkers and their machines declare.
  ///   - firstNumber: The number of its first mutant.
  public init(_ source: String, path: String, signatures: Signatures, firstNumber: Int = 1) {
    self.source = Array(source.utf8)
    let tree = OperatorTable.standardOperators.foldAll(Parser.parse(source: source)) { _ in }
    let found = SlotFinder.slots(of: tree, signatures)
    slots = found.slots
    var register = Register(self.source, path: path, firstNumber: firstNumber)
    var choices: [[Choice]] = []
    for slot in slots {
      let function = found.functions[slot.range] ?? ""
      var own: [Choice] = []
      for edit in slot.edits {
        let text = MutatedFile.text(self.source, slot.range, edit)
        let before = MutatedFile.text(self.source, edit.range)
        own.append(
          Choice(
            number: register.add(edit.kind, at: edit.range, function, before, edit.text),
            text: text
          )
        )
      }
      for replacement in slot.replacements {
        let number: Int
        if let kind = replacement.kind {
          let before = MutatedFile.text(self.source, slot.range)
          let after = kind == .swapped ? "after the next statement" : replacement.text
          number = register.add(kind, at: slot.range, function, before, after)
          register.keys[replacement.key] = number
        } else if let known = register.keys[replacement.key] {
          number = known
        } else {
          continue
        }
        own.append(
          Choice(number: number, text: replacement.text, isOwn: replacement.kind != nil)
        )
      }
      choices.append(own)
    }
    self.choices = choices
    mutants = register.mutants
  }

  private static func text(_ source: [UInt8], _ range: Range<Int>) -> String {
    String(decoding: source[range], as: UTF8.self)
  }

  private static func text(_ source: [UInt8], _ range: Range<Int>, _ edit: Edit) -> String {
    text(source, range.lowerBound..<edit.range.lowerBound) + edit.text
      + text(source, edit.range.upperBound..<range.upperBound)
  }

  /// The file with all its mutants but some, each where the number that is switched on is its own.
  public func schemata(without dropped: Set<Int> = []) -> String {
    var renderer = Renderer(source: source, slots: slots, choices: choices, dropped: dropped)
    return renderer.file()
  }

  private struct Renderer {
    let source: [UInt8]
    let slots: [Slot]
    let choices: [[Choice]]
    let dropped: Set<Int>
    var next = 0

    mutating func file() -> String { render(0..<source.count) }

    /// The text of a range, with the slots in it as choices.
    private mutating func render(_ range: Range<Int>) -> String {
      var text = ""
      var position = range.lowerBound
      while next < slots.count, slots[next].range.upperBound <= range.upperBound {
        let number = next
        next += 1
        let slot = slots[number]
        text += MutatedFile.text(source, position..<slot.range.lowerBound)
        let plain = render(slot.range)
        text += choice(number, slot.form, plain)
        position = slot.range.upperBound
      }
      return text + MutatedFile.text(source, position..<range.upperBound)
    }

    private func choice(_ number: Int, _ form: Slot.Form, _ plain: String) -> String {
      let own = choices[number].filter { !dropped.contains($0.number) }
      guard !own.isEmpty else { return plain }
      // Where a place only has a part in the fault of another, it is that one which is reached.
      let numbers = own.filter(\.isOwn).map(\.number)
      let question = "walkproof_mutant(\(numbers.min() ?? 0), \(numbers.max() ?? -1))"
      switch form {
      case .statement, .jump:
        let branches = own.enumerated().map { index, choice in
          let active = index == 0 ? question : "walkproof_mutant(0, -1)"
          return "if \(active) == \(choice.number) {\n\(marked(choice))\n} else "
        }
        let mark = form == .jump ? "/*[\(number)!*/" : "/*[\(number)*/"
        return mark + branches.joined() + "{\n\(plain)\n}/*]*/"
      case .value:
        let cases = own.map { "case \($0.number): \(marked($0))\n" }.joined()
        return "/*[\(number)*/switch \(question) {\n\(cases)default: \(plain)\n}/*]*/"
      case .condition, .term:
        let type = form == .condition ? " () -> Bool in" : ""
        let cases = own.map { "case \($0.number): return \(marked($0))\n" }.joined()
        return
          "/*[\(number)*/({\(type) switch \(question) {\n\(cases)default: return \(plain)\n} }())"
          + "/*]*/"
      }
    }

    private func marked(_ choice: Choice) -> String { "/*+\(choice.number)*/\(choice.text)/*-*/" }
  }
}

/// The mutants of a file, as they are found.
private struct Register {
  private(set) var mutants: [Mutant] = []
  var keys: [Slot.Key: Int] = [:]
  private let source: [UInt8]
  private let path: String
  private let firstNumber: Int
  private var seen: [String: Int] = [:]

  init(_ source: [UInt8], path: String, firstNumber: Int) {
    self.source = source
    self.path = path
    self.firstNumber = firstNumber
  }

  mutating func add(
    _ kind: MutationKind,
    at range: Range<Int>,
    _ function: String,
    _ before: String,
    _ after: String
  ) -> Int {
    let start = source[..<range.lowerBound].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let end = source[range.lowerBound...].firstIndex(of: UInt8(ascii: "\n")) ?? source.count
    let lineText = String(decoding: source[start..<end], as: UTF8.self)
      .trimming { $0 == " " }
    let stem = path.hasSuffix(".swift") ? String(path.dropLast(6)) : path
    let column = String(decoding: source[start..<range.lowerBound], as: UTF8.self)
      .trimming { $0 == " " }
    let digest = Digest.text(of: [lineText, column, before, after]).prefix(6)
    var id = "\(stem):\(function):\(kind.rawValue):\(digest)"
    let count = seen[id, default: 0]
    seen[id] = count + 1
    if count > 0 { id += "-\(count + 1)" }
    let number = firstNumber + mutants.count
    mutants.append(
      Mutant(
        id: id,
        number: number,
        file: path,
        function: function,
        kind: kind,
        line: source[..<range.lowerBound].count { $0 == UInt8(ascii: "\n") } + 1,
        lineText: lineText,
        before: before,
        after: after
      )
    )
    return number
  }
}

extension String {
  fileprivate func trimming(_ isBlank: (Character) -> Bool) -> String {
    guard let first = firstIndex(where: { !isBlank($0) }) else { return "" }
    return String(self[first...])
  }
}
