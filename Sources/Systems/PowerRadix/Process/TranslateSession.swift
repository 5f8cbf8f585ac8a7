import Architecture
import Checking
import Machines
import Oracles
import Property
import Walkers

/// How a software walk of a guest's tables is called.
typealias TranslateCall =
  @Sendable (
    _ address: UInt64, _ registers: RadixRegisters<UInt64>, _ memory: inout GuestMemory
  ) -> RadixResult<UInt64>

/// A case of a software walk: whatever a guest made of its tables, the walk gives what the hardware
/// would, and reads what the hardware would read.
struct TranslateSession: ComparedSession {
  typealias Plan = TranslateGenerator
  typealias World = Void

  private let call: TranslateCall
  private(set) var guest: Guest
  /// How many entries were read before the last operation.
  private var firstRead = 0
  /// What the hardware and the walk make of the address that they disagree about.
  private var sections: [Counterexample.Section] = []

  /// A case that cannot begin: none is there.
  static var unmade: Finding { .noTable }

  init?(
    _ plan: TranslateGenerator,
    _ call: @escaping TranslateCall,
    in world: inout Void,
    _ setting: CaseSetting
  ) {
    self.init(plan.guest, call)
  }

  /// A guest whose tables a software walk goes through.
  init(_ guest: Guest, _ call: @escaping TranslateCall) {
    self.guest = guest
    self.call = call
  }

  mutating func perform(
    _ operation: TranslateOperation,
    beside: Void?,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    firstRead = guest.memory.reads.count
    guard case .translate(let address, _, _, _, _) = operation else {
      guest.change(operation)
      statistics.count(operation: TranslateOperation.Kind.guest.rawValue, result: .ok)
      return nil
    }
    return compare(address, guest.registers(for: operation), &statistics)
  }

  /// A walk changes nothing, so whatever it gives, the next one is on its own.
  func goesOn(after accepted: Finding) -> Bool { true }

  func count(into statistics: inout CheckStatistics) {
    statistics.count(events: guest.memory.reads.count)
  }

  /// Compares one walk with the hardware's; nil where they do and read the same.
  mutating func compare(
    _ address: UInt64,
    _ registers: RadixRegisters<UInt64>,
    _ statistics: inout CheckStatistics
  ) -> Finding? {
    var expectedReads: [UInt64] = []
    let hardware = RadixWalk.translate(address, registers) { place in
      expectedReads.append(place)
      return guest.memory.doubleword(at: place)
    }
    let expected = TranslateSession.answer(to: hardware)
    let firstRead = guest.memory.reads.count
    let found = call(address, registers, &guest.memory)
    let (kind, result) = TranslateSession.outcome(expected)
    statistics.count(operation: kind.rawValue, result: result)
    let reads = guest.memory.reads[firstRead...]
    if found == expected, reads.elementsEqual(expectedReads) { return nil }
    sections = [
      .init("hardware", "\(hex(address)): \(text(expected))\(because(hardware))"),
      .init("the walk", "\(hex(address)): \(text(found))"),
    ]
    if found != expected {
      return Finding(
        .wrongTranslationResult,
        "the walk ends with \(text(found)), and the hardware says \(text(expected))",
        cause: " xlate \(cause(hardware, found))",
        inputAddress: address
      )
    }
    return Finding(
      .wrongRead,
      "the walk reads \(reads.map(hex)), and the hardware \(expectedReads.map(hex))",
      cause: " xlate",
      inputAddress: address
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

extension TranslateSession {
  var eventCount: Int { guest.memory.reads.count }

  func account(of finding: Finding, operationEnds: [Int]) -> CaseAccount {
    let history = guest.memory.reads[firstRead...].enumerated().map { number, address in
      let value = guest.memory.doubleword(at: address)
      return Counterexample.Step(
        call: operationEnds.count - 1,
        ordinal: number + 1,
        text: "read \(hex(address)): \(value.map(hex) ?? "no memory")"
      )
    }
    return CaseAccount(history: history, sections: sections)
  }

  mutating func call(_ operation: TranslateOperation) -> ComparedCall<Answer> {
    guard case .translate(let address, _, _, _, _) = operation else {
      guest.change(operation)
      return ComparedCall(Answer(result: nil), kind: nil, costs: CallEvents([]))
    }
    let firstRead = guest.memory.reads.count
    let result = call(address, guest.registers(for: operation), &guest.memory)
    let reads = guest.memory.reads[firstRead...].map { Event.load(address: $0, value: 0) }
    return ComparedCall(
      Answer(result: result),
      kind: TranslateSession.outcome(result).kind.rawValue,
      costs: CallEvents(reads)
    )
  }

  /// What a walk gives; nil for what a guest does.
  struct Answer: ComparedAnswer {
    let result: RadixResult<UInt64>?

    func difference(from other: Answer) -> AnswerDifference? {
      guard let result, let found = other.result, result != found else { return nil }
      return AnswerDifference("result of", "\(result)", "\(found)")
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

extension TranslateSession {
  /// The rules that a software walk is judged by.
  static let rules: [Rule] = [.wrongTranslationResult, .wrongRead]
}
