import Machines
import Symbolic
import Walkers

extension BufferScenario {
  /// A machine of the proofs, that may do one thing otherwise than it is told.
  typealias Machine = MutatingRecordMachine<BufferProofMachine>

  /// The proof of the scenario's theorems.
  var job: ProofJob {
    let theorems = theorems
    return ProofJob(theorems: theorems) { options throws(SolverFault) in
      // Each claim is small, and all together would be searched for hundreds of times as long.
      try PathProof(
        theorems: theorems,
        intended: intended(of: options.subject),
        jointCost: 1_000_000
      ).prove(
        options,
        reference: .sharedBuffer(.listed([]))
      ) { options, explorer in
        outcome(options, explorer)
      }
    }
  }

  /// One of several values, for each of which the path forks.
  private func pick<Value>(_ name: String, _ values: [Value], _ explorer: PathExplorer) -> Value {
    for (index, value) in values.dropLast().enumerated()
    where explorer.decide(explorer.context.proposition("\(name) \(index)")) {
      return value
    }
    return values[values.count - 1]
  }

  /// The arguments: any words, and each of what there are few of.
  private func arguments(_ explorer: PathExplorer) -> BufferArguments<Machine> {
    typealias Records = BufferProofRecord
    let context = explorer.context
    let usages: [FenceUsage] =
      operation == .wait || operation == .add ? FenceUsage.allCases : [.read]
    let events: [PollEvents] = operation == .poll ? [.read, .write] : [.read]
    let directions = operation == .map ? BufferDirection.allCases : [.both]
    let hasOwn =
      operation == .export && explorer.decide(context.proposition("a reservation of its own"))
    return BufferArguments(
      buffer: BitVector(Records.buffer),
      attachment: BitVector(Records.attachment),
      area: BitVector(Records.area),
      fence: BitVector(Records.ownFence),
      reservation: hasOwn ? BitVector(Records.reservation) : nil,
      exporter: context.variable("exporter"),
      word: context.variable("word"),
      size: context.variable("size"),
      direction: pick("direction", directions, explorer),
      usage: pick("usage", usages, explorer),
      events: pick("events", events, explorer),
      whence: operation == .seek ? pick("whence", [0, 1, 2], explorer) : 0,
      isDynamic: operation == .attach && explorer.decide(context.proposition("dynamic"))
    )
  }

  /// What the caller owes.
  private func assume(
    _ arguments: BufferArguments<Machine>,
    _ machine: SymbolicRecordMachine,
    _ discipline: BufferDiscipline
  ) {
    let (state, zero) = (machine.state, BitVector(0))
    var known: [Formula] = []
    switch operation {
    case .unmap:
      // What is undone is kept, or is the caller's.
      let kept = state[AttachmentRecord.table, BufferProofRecord.attachment]
      let isOwn = kept .!= arguments.word
      let word = arguments.word
      known = [word .!= zero, .!ErrorPointer.isError(word)]
      discipline.ownMapping = word
      discipline.kept = kept
      discipline.mappings.add(BitVector(BufferProofRecord.attachment), word, where: isOwn)
    case .unmapKernel: discipline.kernelPointer = arguments.word
    case .add:
      known = [state[ReservationRecord.room, BufferProofRecord.reservation] .!= zero]
      // Nobody else takes the room that was made.
      discipline.hasRoom = true
    default: break
    }
    machine.explorer.assume(.all(known))
  }

  private func outcome(_ options: ProofOptions, _ explorer: PathExplorer) -> PathOutcome {
    let arguments = arguments(explorer)
    let discipline = BufferDiscipline(
      operation,
      hasTable: options.subject.hasFenceTable,
      usage: operation == .poll
        ? .waitedFor(toWrite: arguments.events.contains(.write)) : arguments.usage,
      explorer.context
    )
    let records = SymbolicRecordMachine(
      explorer: explorer,
      discipline: discipline,
      roundAllowance: 0
    )
    assume(arguments, records, discipline)
    var machine = Machine(
      BufferProofMachine(base: records, discipline: discipline),
      options.recordMutation
    )
    let ending = options.subject.perform(operation, arguments, on: &machine)
    explorer.confirm()
    var judge = BufferJudge(
      operation: operation,
      arguments: arguments,
      machine: records,
      discipline: discipline,
      ending: ending
    )
    judge.judge()
    return PathOutcome(
      claims: judge.claims,
      reached: judge.reached,
      counterexample: { claim, model in
        BufferReplay(
          operation: operation,
          arguments: arguments,
          machine: records,
          discipline: discipline,
          ending: ending
        ).counterexample(claim, options, model)
      }
    )
  }
}
