import Machines
import Schedules
import Symbolic
import Walkers

/// Turns a path on which a claim is false into a schedule, and runs the call by it.
struct BufferReplay {
  let operation: BufferScenario.Operation
  let arguments: BufferArguments<BufferScenario.Machine>
  let machine: SymbolicRecordMachine
  let discipline: BufferDiscipline
  let ending: BufferEnding<BitVector>

  private typealias Plain = MutatingRecordMachine<AnsweringBufferMachine>

  /// What a call came to on the scheduled machine.
  private final class Result {
    var ending: BufferEnding<UInt64>?
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
      records: BufferProofRecord.all,
      firstHidden: BufferProofRecord.firstHidden,
      made: discipline.made.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    )
    let result = Result()
    let answers = Answers(replay.answers)
    let isSame = replay.run { base, at in
      var machine = Plain(
        AnsweringBufferMachine(
          base: base,
          globals: at(BufferProofRecord.globals),
          answers: answers,
          hasRounds: operation.hasRounds
        ),
        options.recordMutation
      )
      let arguments = BufferArguments<Plain>(
        buffer: at(BufferProofRecord.buffer),
        attachment: at(BufferProofRecord.attachment),
        area: at(BufferProofRecord.area),
        fence: at(BufferProofRecord.ownFence),
        reservation: arguments.reservation == nil ? nil : at(BufferProofRecord.reservation),
        exporter: model.value(of: arguments.exporter),
        word: model.value(of: arguments.word),
        size: model.value(of: arguments.size),
        direction: arguments.direction,
        usage: arguments.usage,
        events: arguments.events,
        whence: arguments.whence,
        isDynamic: arguments.isDynamic
      )
      result.ending = options.subject.perform(operation, arguments, on: &machine)
    }
    let isSameEnd = machine.isCut || result.ending?.name == ending.name
    return ProofCounterexample(
      claim: claim,
      operation: call(model) + (machine.isCut ? "" : " = \(ending.name)"),
      before: replay.before,
      events: replay.events,
      isReplayed: isSame && isSameEnd
    )
  }

  private func call(_ model: Model) -> String {
    let word = hex(model.value(of: arguments.word))
    let told: String =
      switch operation {
      case .export: "\(word), \(hex(model.value(of: arguments.exporter)))"
      case .attach: arguments.isDynamic ? "dynamic" : "static"
      case .map: "\(arguments.direction)"
      case .unmap, .mapArea, .synchronise, .unmapKernel: word
      case .seek: "\(word), \(arguments.whence)"
      case .wait, .add: "\(arguments.usage)"
      case .poll: "\(arguments.events.rawValue)"
      case .put, .detach, .mapOwnArea, .mapKernel, .reserve: ""
      }
    return "\(operation.rawValue)(\(told))"
  }
}

/// The scheduled machine with drivers that answer what the path says.
struct AnsweringBufferMachine: LayeredRecordMachine {
  var base: ScheduleReplay.World.Machine
  let globals: UInt64
  let answers: Answers
  /// Whether one place of a list is looked at in place of all.
  let hasRounds: Bool

  /// One round is followed of any number: whose, the path says.
  func turn(at next: Int, below count: UInt64) -> Int? {
    guard hasRounds else { return UInt64(next) < count ? next : nil }
    let turn = answers.next()
    // How many there are it says too.
    _ = answers.next()
    return turn == 0 ? nil : Int(turn) - 1
  }

  func allocate(_ layout: Layout, isZeroed: Bool, maySleep: Bool) -> UInt64? {
    answers.next() == 0
      ? nil : base.allocate(layout, isZeroed: isZeroed, maySleep: maySleep)
  }
}

extension AnsweringBufferMachine: BufferHostMachine {
  private func answer() -> Errno { Errno(rawValue: Int32(truncatingIfNeeded: answers.next())) }

  func refuses(_ step: BufferStep) -> Errno? {
    let error = answer()
    return error == .ok ? nil : error
  }

  func isInterrupted() -> Bool { answer() != .ok }
  func isTimeOver() -> Bool { answer() != .ok }
  func exporterAttaches(_ attachment: UInt64, of exporter: UInt64) -> Errno { answer() }
  func exporterDetaches(_ attachment: UInt64, of exporter: UInt64) {}
  func exporterPins(_ attachment: UInt64, of exporter: UInt64) -> Errno { answer() }
  func exporterUnpins(_ attachment: UInt64, of exporter: UInt64) {}
  func exporterMaps(
    _ attachment: UInt64,
    of exporter: UInt64,
    _ direction: BufferDirection
  ) -> UInt64 { answers.next() }
  func exporterUnmaps(
    _ attachment: UInt64,
    of exporter: UInt64,
    _ table: UInt64,
    _ direction: BufferDirection
  ) {}
  func exporterReleases(_ exporter: UInt64) {}
  func exporterBeginsAccess(_ exporter: UInt64, _ direction: BufferDirection) -> Errno { answer() }
  func exporterEndsAccess(_ exporter: UInt64, _ direction: BufferDirection) -> Errno { answer() }
  func exporterMapsArea(_ area: UInt64, of exporter: UInt64) -> Errno { answer() }
  func exporterMapsKernel(_ exporter: UInt64) -> UInt64 { answers.next() }
  func exporterUnmapsKernel(_ exporter: UInt64, _ pointer: UInt64) {}
  func importerIsNotified(_ attachment: UInt64) {}
  func runs(_ callback: UInt64, of fence: UInt64) {}
}
