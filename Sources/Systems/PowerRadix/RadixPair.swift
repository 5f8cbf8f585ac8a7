import Machines
import Oracles
import Property

/// Two subjects of radix translation on the same calls.
///
/// The hardware does nothing between a call's own steps here, since the two take different ones.
struct RadixPair {
  private let translate: (TranslateCall, TranslateCall)?
  private var partition: (PartitionSession, PartitionSession)?

  /// Two subjects; nil where they have nothing in common.
  init?(_ first: RadixSubject, _ second: RadixSubject) {
    translate = first.translate.flatMap { a in second.translate.map { (a, $0) } }
    partition = first.partition.flatMap { a in
      second.partition.map { b in
        (
          PartitionSession(style: a.style, flaws: a.flaws),
          PartitionSession(style: b.style, flaws: b.flaws)
        )
      }
    }
    if translate == nil, partition == nil { return nil }
  }

  /// Runs one case until the two differ.
  mutating func run(_ choices: inout Choices, into costs: inout CallCosts) -> SubjectDifference? {
    let isPartition = choices.drawsPartition(
      orTranslate: translate != nil,
      ifAny: partition != nil
    )
    return isPartition ? runPartition(&choices, &costs) : runTranslate(&choices, &costs)
  }

  private func runTranslate(
    _ choices: inout Choices,
    _ costs: inout CallCosts
  ) -> SubjectDifference? {
    guard let translate else { return nil }
    let generator = TranslateGenerator(&choices)
    var guest = generator.guest
    var calls: [String] = []
    var operations = ElementLoop(1...64, averaging: 24)
    while operations.next(&choices) {
      let operation = generator.operation(&choices)
      calls.append(operation.description)
      guard case .translate(let address, _, _, _, _) = operation else {
        guest.change(operation)
        continue
      }
      let registers = guest.registers(for: operation)
      var reads: [[Event]] = []
      let answers = [translate.0, translate.1].map { call in
        let first = guest.memory.reads.count
        let answer = call(address, registers, &guest.memory)
        reads.append(guest.memory.reads[first...].map { .load(address: $0, value: 0) })
        return answer
      }
      if answers[0] != answers[1] {
        return SubjectDifference(
          configuration: generator.configurationText,
          calls: calls,
          what: "result of xlate",
          first: "\(answers[0])",
          second: "\(answers[1])"
        )
      }
      costs.add(
        operation: TranslateCheck.outcome(answers[0]).kind.rawValue,
        CallEvents(reads[0], hiddenLoads: 0),
        CallEvents(reads[1], hiddenLoads: 0)
      )
    }
    return nil
  }

  private mutating func runPartition(
    _ choices: inout Choices,
    _ costs: inout CallCosts
  ) -> SubjectDifference? {
    guard var (first, second) = partition else { return nil }
    partition = nil
    defer { partition = (first, second) }
    let generator = PartitionGenerator(&choices)
    guard first.begin(generator), second.begin(generator) else { return nil }
    var calls: [String] = []
    var operations = ElementLoop(0...60, averaging: 20)
    while operations.next(&choices) {
      let operation = generator.operation(&choices)
      // The draw of the check, where it lets the hardware act: one token replays in both.
      _ = generator.hardwareAccess(during: operation, &choices)
      calls.append(operation.description)
      let (a, b) = (first.step(operation), second.step(operation))
      let name = operation.kind.name
      let what: (String, String, String)? =
        if a.result != b.result {
          ("result of \(name)", "\(a.result)", "\(b.result)")
        } else if a.report != b.report {
          ("report of \(name)", text(a.report), text(b.report))
        } else if a.leaves != b.leaves {
          (
            "translation after \(name)", a.leaves.difference(b.leaves),
            b.leaves.difference(a.leaves)
          )
        } else { nil }
      if let what {
        return SubjectDifference(
          configuration: generator.configurationText,
          calls: calls,
          what: what.0,
          first: what.1,
          second: what.2
        )
      }
      let number = TranslateOperation.Kind.allCases.count + operation.kind.rawValue
      costs.add(operation: number, a.events, b.events)
    }
    return nil
  }

  /// The words of a report in which something is set.
  private func text(_ report: [UInt64]) -> String {
    let words = report.enumerated().filter { $0.element != 0 }
    return words.isEmpty
      ? "nothing" : words.map { "word \($0.offset): \(hex($0.element))" }.joined(separator: ", ")
  }
}

extension [RadixJudges.Leaf] {
  /// The first leaf that the other has not, in words.
  fileprivate func difference(_ other: Self) -> String {
    let own = first { !other.contains($0) }
    return own.map { "\(hex($0.base)) is \(hex($0.entry)), 2^\($0.shift) bytes" } ?? "nothing there"
  }
}

extension PartitionSession {
  /// What a call did.
  struct Step {
    let result: Errno
    /// What a harvest handed out.
    let report: [UInt64]
    /// What the tables have, in the order of addresses.
    let leaves: [RadixJudges.Leaf]
    let events: CallEvents
  }

  /// Performs one operation without judging it.
  mutating func step(_ operation: PartitionOperation) -> Step {
    machine.base.listener.forgetRecording()
    lastReport = []
    let result = performUnjudged(operation)
    return Step(
      result: result,
      report: lastReport,
      leaves: machine.base.listener.judges.leaves.values.sorted { $0.base < $1.base },
      events: CallEvents(machine.base.listener.recording, hiddenLoads: 0)
    )
  }
}
