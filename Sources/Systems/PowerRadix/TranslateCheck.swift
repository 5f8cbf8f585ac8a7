import Architecture
import Machines
import Oracles
import Property
import Walkers

/// How a software walk of a guest's tables is called.
typealias TranslateCall =
  @Sendable (
    _ address: UInt64, _ registers: RadixRegisters<UInt64>, _ memory: inout GuestMemory
  ) -> RadixResult<UInt64>

/// The property that a software walk is checked for: whatever a guest made of its tables, the walk
/// gives what the hardware would, and reads what the hardware would read.
struct TranslateCheck {
  let call: TranslateCall

  /// Runs one case.
  ///
  /// - Parameters:
  ///   - choices: What the case is drawn from.
  ///   - statistics: What is counted.
  ///   - narrate: Told each operation's words, with what the walk read; nil for nobody.
  /// - Returns: What is wrong, with the hardware's and the walk's own account; nil for nothing.
  func runCase(
    _ choices: inout Choices,
    into statistics: inout CheckStatistics,
    narrate: ((_ configuration: String, _ operation: String, _ reads: [String]) -> Void)? = nil
  ) -> TranslateFinding? {
    let generator = TranslateGenerator(&choices)
    var guest = generator.guest
    let finding = runOperations(generator, &guest, &choices, &statistics, narrate)
    statistics.count(events: guest.memory.reads.count, transitions: TransitionMatrix())
    return finding
  }

  private func runOperations(
    _ generator: TranslateGenerator,
    _ guest: inout Guest,
    _ choices: inout Choices,
    _ statistics: inout CheckStatistics,
    _ narrate: ((_ configuration: String, _ operation: String, _ reads: [String]) -> Void)?
  ) -> TranslateFinding? {
    var operations = ElementLoop(1...64, averaging: 24)
    while operations.next(&choices) {
      let operation = generator.operation(&choices)
      let firstRead = guest.memory.reads.count
      let finding = perform(operation, on: &guest, &statistics)
      if let narrate {
        let reads = guest.memory.reads[firstRead...].map { address in
          let value = guest.memory.doubleword(at: address)
          return "read \(hex(address)): \(value.map(hex) ?? "no memory")"
        }
        narrate(generator.configurationText, operation.description, reads)
      }
      if let finding { return finding }
    }
    return nil
  }

  private func perform(
    _ operation: TranslateOperation,
    on guest: inout Guest,
    _ statistics: inout CheckStatistics
  ) -> TranslateFinding? {
    guard case .translate(let address, _, _, _, _) = operation else {
      guest.change(operation)
      statistics.count(operation: TranslateOperation.Kind.guest.rawValue, result: .ok)
      return nil
    }
    return compare(address, guest.registers(for: operation), &guest.memory, &statistics)
  }

  /// Compares one walk with the hardware's; nil where they do and read the same.
  func compare(
    _ address: UInt64,
    _ registers: RadixRegisters<UInt64>,
    _ memory: inout GuestMemory,
    _ statistics: inout CheckStatistics
  ) -> TranslateFinding? {
    var expectedReads: [UInt64] = []
    let hardware = RadixWalk.translate(address, registers) { place in
      expectedReads.append(place)
      return memory.doubleword(at: place)
    }
    let expected = TranslateCheck.answer(to: hardware)
    let firstRead = memory.reads.count
    let found = call(address, registers, &memory)
    let reads = Array(memory.reads[firstRead...])
    let (kind, result) = TranslateCheck.outcome(expected)
    statistics.count(operation: kind.rawValue, result: result)
    if found != expected {
      return TranslateFinding(
        Finding(
          .wrongTranslationResult,
          "the walk ends with \(text(found)), and the hardware says \(text(expected))",
          cause: " xlate \(cause(hardware, found))",
          inputAddress: address
        ),
        hardware: "\(hex(address)): \(text(expected))\(because(hardware))",
        walk: "\(hex(address)): \(text(found))"
      )
    }
    guard reads != expectedReads else { return nil }
    return TranslateFinding(
      Finding(
        .wrongRead,
        "the walk reads \(reads.map(hex)), and the hardware \(expectedReads.map(hex))",
        cause: " xlate",
        inputAddress: address
      ),
      hardware: "\(hex(address)): \(text(expected))",
      walk: "\(hex(address)): \(text(found))"
    )
  }

  /// What the software walk's contract makes of each of the hardware's faults.
  static func answer(
    to hardware: Result<RadixTranslation<UInt64>, RadixFault>
  ) -> RadixResult<UInt64> {
    switch hardware {
    case .success(let translation): .translated(translation)
    case .failure(.notPresent): .refused(.notFound)
    case .failure(.noMemory): .refused(.fault)
    case .failure: .refused(.invalid)
    }
  }

  /// How a translation that ends so is counted.
  static func outcome(
    _ answer: RadixResult<UInt64>
  ) -> (kind: TranslateOperation.Kind, result: Errno) {
    switch answer {
    case .refused(let error): (.refused, error)
    case .translated(let translation):
      switch translation.pageShift {
      case 12: (.small, .ok)
      case 16: (.medium, .ok)
      case 21: (.large, .ok)
      default: (.huge, .ok)
      }
    }
  }

  /// What the two disagree about, in words that do not depend on addresses.
  private func cause(
    _ hardware: Result<RadixTranslation<UInt64>, RadixFault>,
    _ found: RadixResult<UInt64>
  ) -> String {
    switch (hardware, found) {
    case (.success(let a), .translated(let b)):
      if a.realAddress != b.realAddress { return "real address" }
      return a.pageShift != b.pageShift ? "page size" : "permissions"
    case (.success, .refused(let error)): return "translated, found \(error)"
    case (.failure(let fault), .translated): return "\(fault.name), found a translation"
    case (.failure(let fault), .refused(let error)): return "\(fault.name), found \(error)"
    }
  }

  private func because(_ hardware: Result<RadixTranslation<UInt64>, RadixFault>) -> String {
    if case .failure(let fault) = hardware { return " (\(fault.name))" }
    return ""
  }

  private func text(_ answer: RadixResult<UInt64>) -> String {
    switch answer {
    case .refused(let error): return "\(error)"
    case .translated(let translation):
      let rights =
        (translation.canRead ? "R" : "") + (translation.canWrite ? "W" : "")
        + (translation.canExecute ? "X" : "")
      return "\(hex(translation.realAddress)) \(rights.isEmpty ? "no access" : rights), in "
        + "a page of 2^\(translation.pageShift) bytes"
    }
  }
}

extension Rule {
  /// A walk ended otherwise than the hardware's.
  static let wrongTranslationResult = Rule(
    "wrong-result",
    "a software walk gives what the hardware would",
    reference: "Power ISA 3.0B, Book III, \"Radix Tree Translation\"",
    oracle: "RadixWalk"
  )

  /// A walk read something else than the hardware's.
  static let wrongRead = Rule(
    "wrong-read",
    "a software walk reads the entries that the hardware would, and nothing else",
    reference: "Power ISA 3.0B, Book III, \"Radix Tree Translation\"",
    oracle: "RadixWalk"
  )
}

extension TranslateCheck {
  /// The rules that a software walk is judged by.
  static let rules: [Rule] = [.wrongTranslationResult, .wrongRead]
}

/// What is wrong with a walk, with both accounts of it.
struct TranslateFinding {
  let finding: Finding
  let hardware: String
  let walk: String

  init(_ finding: Finding, hardware: String, walk: String) {
    self.finding = finding
    self.hardware = hardware
    self.walk = walk
  }
}
