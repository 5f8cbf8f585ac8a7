import Machines
import Schedules
import Symbolic
import Walkers

/// Turns a path on which a claim is false into a schedule, and runs the call by it.
struct PfnReplay {
  let operation: PfnScenario.Operation
  let arguments: PfnArguments<PfnScenario.Machine>
  let machine: SymbolicRecordMachine
  let ending: PfnEnding<BitVector>

  private typealias Plain = MutatingRecordMachine<AnsweringRecordMachine>

  /// What a call came to on the scheduled machine.
  private final class Result {
    var ending: PfnEnding<UInt64>?
  }

  private var records: [(address: UInt64, layout: Layout)] {
    let buckets = Layout(
      "index",
      [
        PfnProofRecord.bucketLock, PfnProofRecord.bucketFirst, Field(2, "lock", .spinLock),
        Field(3, "first"),
      ]
    )
    return [
      (PfnProofRecord.owner, PfnMachineRecord.layout),
      (PfnProofRecord.cache, PfnCacheRecord.layout),
      (PfnProofRecord.other, PfnCacheRecord.layout.named("other")),
      (PfnProofRecord.layouts[0], SlotsRecord.layout),
      (PfnProofRecord.layouts[1], SlotsRecord.layout),
      (PfnProofRecord.vcpu, VCPURecord.layout),
      (PfnProofRecord.root, Layout("root", [PfnProofRecord.rootChunk])),
      (PfnProofRecord.chunk, buckets),
      (PfnProofRecord.behind, PfnCacheRecord.layout.named("behind")),
    ]
  }

  /// The case, and whether the walker did there what the path says.
  func counterexample(
    _ claim: String,
    _ options: ProofOptions,
    _ model: Model
  ) -> ProofCounterexample {
    let replay = ScheduleReplay(
      machine: machine,
      model: model,
      records: records,
      firstHidden: 200
    )
    let result = Result()
    let answers = Answers(replay.answers)
    let bytes = GuestBytes(
      address: model.value(of: arguments.bytes.address),
      length: model.value(of: arguments.bytes.length)
    )
    let range = HostRange(
      start: model.value(of: arguments.range.start),
      end: model.value(of: arguments.range.end)
    )
    let isSame = replay.run { base, at in
      var machine = Plain(
        AnsweringRecordMachine(base: base, answers: answers, at: at),
        options.recordMutation
      )
      let arguments = PfnArguments<Plain>(
        cache: PfnCacheHandle(owner: at(PfnProofRecord.owner), record: at(PfnProofRecord.cache)),
        start: PfnCacheStart(
          use: self.arguments.start.use,
          vcpu: self.arguments.start.vcpu == nil ? nil : at(PfnProofRecord.vcpu),
          willWrite: self.arguments.start.willWrite
        ),
        bytes: bytes,
        range: range,
        flag: self.arguments.flag
      )
      result.ending = options.subject.perform(operation, arguments, on: &machine)
    }
    let isSameEnd = machine.isCut || result.ending?.name == ending.name
    return ProofCounterexample(
      claim: claim,
      operation: call(bytes, range) + (machine.isCut ? "" : " = \(ending.name)"),
      before: replay.before,
      events: replay.events,
      isReplayed: isSame && isSameEnd
    )
  }

  private func call(_ bytes: GuestBytes<UInt64>, _ range: HostRange<UInt64>) -> String {
    switch operation {
    case .construct, .unmap, .deactivate: operation.rawValue
    case .invalidate, .end: "\(operation.rawValue)(\(hex(range.start)), \(hex(range.end)))"
    default: "\(operation.rawValue)(\(hex(bytes.address)), \(hex(bytes.length)) bytes)"
    }
  }
}

extension Layout {
  /// The same fields under another name.
  fileprivate func named(_ name: StaticString) -> Layout { Layout(name, fields) }
}

/// What the host answers, one thing after the other, and 0 when there is nothing more.
final class Answers {
  private let words: [UInt64]
  private var count = 0

  init(_ words: [UInt64]) { self.words = words }

  func next() -> UInt64 {
    guard count < words.count else { return 0 }
    count += 1
    return words[count - 1]
  }
}

/// The scheduled machine with a host that answers what the path says.
struct AnsweringRecordMachine: LayeredRecordMachine {
  var base: ScheduleReplay.World.Machine
  let answers: Answers
  /// The address that a record has here.
  let at: (UInt64) -> UInt64

  /// One round is followed of any number: whose, and what was left to it, the path says.
  mutating func turn(of next: UInt64, carrying carried: inout UInt64) -> UInt64? {
    let turn = answers.next()
    carried = answers.next()
    return turn == 0 ? nil : at(turn)
  }
}

extension AnsweringRecordMachine: HostMemoryMachine {
  private func asked() -> UInt64 {
    base.mightSleep()
    return answers.next()
  }

  func hostAddress(of guestFrame: UInt64, in slots: UInt64) -> UInt64 { answers.next() }
  func lookUp(_ hostAddress: UInt64) -> UInt64 { asked() }
  func put(_ frame: UInt64) {}
  func isRAM(_ frame: UInt64) -> Bool { answers.next() != 0 }
  func map(_ frame: UInt64) -> UInt64 { asked() }
  func unmap(_ frame: UInt64) {}
  func remap(_ frame: UInt64) -> UInt64 { asked() }
  func unmapRemapped(_ address: UInt64) { base.mightSleep() }
  func markDirty(_ guestFrame: UInt64) { base.mightSleep() }
}
