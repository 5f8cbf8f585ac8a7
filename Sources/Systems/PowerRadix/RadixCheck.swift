import Architecture
import Machines
import Oracles
import Property
import Reference
import Walkers

/// What a subject of the system has to offer: a software walk of a guest's own tables, a keeper of its
/// partition-scoped ones, or both.
struct RadixSubject: Sendable {
  /// The software walk; nil for none.
  var translate: TranslateCall?
  /// How partition-scoped tables are kept; nil for not at all.
  var partition: PartitionKind?
}

/// A way of keeping partition-scoped tables.
struct PartitionKind: Sendable {
  let style: PartitionStyle
  let flaws: PartitionFlawSet
}

extension Choices {
  /// Whether a case is about partition-scoped tables and not about the software walk.
  ///
  /// Drawn where it may be about either. A check and a comparison draw alike, so that one token replays
  /// in both.
  mutating func drawsPartition(orTranslate hasTranslate: Bool, ifAny hasPartition: Bool) -> Bool {
    hasPartition && (!hasTranslate || flip(1, in: 2))
  }
}

/// A worker's check of such a subject: each case is about the one or about the other.
struct RadixCheck {
  private let translate: TranslateCheck?
  private var partition: PartitionSession?

  init(_ subject: RadixSubject) {
    translate = subject.translate.map { TranslateCheck(call: $0) }
    partition = subject.partition.map { PartitionSession(style: $0.style, flaws: $0.flaws) }
  }

  /// Runs one case; the findings whose fingerprints are accepted are counted.
  mutating func runCase(
    _ choices: inout Choices,
    into statistics: inout CheckStatistics,
    accepting accepted: Set<String>
  ) -> Finding? {
    let found =
      isPartition(&choices)
      ? partition?.runCase(&choices, into: &statistics)
      : translate?.runCase(&choices, into: &statistics)?.finding
    guard let found, accepted.contains(found.fingerprint) else { return found }
    statistics.count(accepted: [found.fingerprint: 1])
    return nil
  }

  /// Whether the case is about partition-scoped tables; drawn where it may be about either.
  private func isPartition(_ choices: inout Choices) -> Bool {
    choices.drawsPartition(orTranslate: translate != nil, ifAny: partition != nil)
  }

  /// Runs one case and writes it down; nil where it holds.
  mutating func explain(_ values: [UInt64], accepting accepted: Set<String>) -> Counterexample? {
    var choices = Choices(replaying: values)
    let counterexample =
      isPartition(&choices) ? explainPartition(&choices) : explainTranslate(&choices)
    guard let counterexample, !accepted.contains(counterexample.finding.fingerprint) else {
      return nil
    }
    return counterexample
  }

  private func explainTranslate(_ choices: inout Choices) -> Counterexample? {
    var statistics = CheckStatistics()
    var configuration = ""
    var calls: [Counterexample.Call] = []
    var lastReads: [String] = []
    let found = translate?.runCase(&choices, into: &statistics) { setting, operation, reads in
      configuration = setting
      calls.append(.init(text: operation, eventCount: reads.count))
      lastReads = reads
    }
    guard let found else { return nil }
    return Counterexample(
      finding: found.finding,
      configuration: configuration,
      calls: calls,
      history: lastReads.enumerated().map { number, text in
        .init(call: calls.count - 1, ordinal: number + 1, text: text, site: 0)
      },
      omittedSteps: 0,
      hardware: found.hardware,
      model: found.hardware,
      walkerFile: nil
    )
  }

  private mutating func explainPartition(_ choices: inout Choices) -> Counterexample? {
    var statistics = CheckStatistics()
    var configuration = ""
    var calls: [Counterexample.Call] = []
    var boundaries: [Int] = []
    let found = partition?.runCase(&choices, into: &statistics) { setting, operation, events in
      configuration = setting
      calls.append(.init(text: operation, eventCount: events - (boundaries.last ?? 0)))
      boundaries.append(events)
    }
    guard let found, let partition else { return nil }
    let history = EventHistory(
      entryAddress: found.entryAddress ?? partition.place(of: found.inputAddress),
      inputAddress: found.inputAddress,
      pageShift: 12,
      linkedTable: { entry in
        RadixField.isTable(entry) ? entry & RadixField.nextBase.mask : nil
      }
    )
    let events = partition.recording
    let steps = history.steps(
      of: events,
      sites: Array(repeating: 0, count: events.count),
      callEnds: boundaries
    )
    return Counterexample(
      finding: found,
      configuration: configuration,
      calls: calls,
      history: Array(steps.suffix(ReportNarrator.historyLimit)),
      omittedSteps: max(0, steps.count - ReportNarrator.historyLimit),
      hardware: partition.hardwareText(found.inputAddress),
      model: partition.modelText(found.inputAddress),
      walkerFile: nil
    )
  }
}

extension PartitionSession {
  /// The events of the case.
  var recording: [Event] { machine.base.listener.recording }

  private func walk(_ address: UInt64) -> Result<RadixLeaf, RadixFault> {
    let memory = machine.base.memory
    return RadixTree.walk(address, from: machine.base.listener.root) { memory.descriptor(at: $0) }
  }

  /// Where the leaf for an address is.
  func place(of address: UInt64?) -> UInt64? {
    guard let address, case .success(let leaf) = walk(address) else { return nil }
    return leaf.place
  }

  /// What the hardware makes of an address at the end.
  func hardwareText(_ address: UInt64?) -> String {
    guard let address else { return "no guest real address is concerned" }
    switch walk(address) {
    case .failure(let fault): return "\(hex(address)): no translation (\(fault.name))"
    case .success(let leaf):
      let bits: [(PowerField, String)] = [
        (RadixField.read, "R"), (RadixField.write, "W"), (RadixField.execute, "X"),
        (RadixField.reference, " accessed"), (RadixField.change, " changed"),
      ]
      let text = bits.filter { leaf.has($0.0) }.map(\.1).joined()
      return "\(hex(address)): \(hex(leaf.realAddress(of: address))) \(text), in a page of"
        + " 2^\(leaf.shift) bytes"
    }
  }

  /// What the host and the reference model make of it.
  func modelText(_ address: UInt64?) -> String {
    guard let address else { return "no guest real address is concerned" }
    let frame = address >> host.pageShift
    guard let (real, slot) = host.realAddress(ofFrame: frame) else {
      return "\(hex(address)): no slot has it"
    }
    let offset = address % (1 << host.pageShift)
    return "\(hex(address)): \(hex(real + offset)) at most, in slot \(slot)"
      + (model.due[slot].contains(frame) ? ", written and not reported" : "")
  }
}

extension Subject {
  /// A subject of Power radix translation.
  init(_ name: String, _ role: Role, _ summary: String, _ subject: RadixSubject) {
    self.init(
      name: name,
      summary: summary,
      role: role,
      notJudged: [],
      dialect: [],
      unreachable: [],
      replay: .command(options: ""),
      locate: nil,
      limits: GeneratorLimits(),
      driver: subject,
      makeCheck: { accepted in
        var check = RadixCheck(subject)
        return SubjectCheck { choices, statistics in
          check.runCase(&choices, into: &statistics, accepting: accepted)
        }
      },
      explain: { values, accepted in
        var check = RadixCheck(subject)
        return check.explain(values, accepting: accepted)
      }
    )
  }
}
