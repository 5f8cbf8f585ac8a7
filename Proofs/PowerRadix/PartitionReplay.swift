import Machines
import Symbolic

/// Turns a model of a false claim into a case, and makes the call on it in plain memory.
struct PartitionReplay {
  let scenario: PartitionScenario
  let situation: PartitionSituation
  let machine: SymbolicMachine
  /// The leaf that is installed.
  let leaf: BitVector

  private typealias Plain = MutatingMachine<FailingMachine<TracingMachine<EventCollector>>>

  /// The case, and whether the walker did there what the model says it does.
  func counterexample(
    _ claim: String,
    _ options: ProofOptions,
    _ model: Model
  ) -> ProofCounterexample {
    var layout = ConcreteLayout(format: scenario.format, machine: machine, model: model)
    let before = layout.build()
    let trace = machine.trace
    let writes = hardwareWrites(layout, model)
    var tracing = layout.tracing
    let memory = tracing.memory
    tracing.listener.events = []
    tracing.stepAllowance = 100_000
    tracing.listener.hardware = { count in
      for write in writes where write.count == count {
        memory.pointer(to: write.at).pointee = write.value
      }
    }
    let isRefused = trace.contains { $0.isRefusal }
    let allocations = trace.count { if case .allocate = $0 { true } else { false } }
    let failing = FailingMachine(tracing, allocations: isRefused ? allocations : .max)
    var mutating = MutatingMachine(failing, options.mutation)
    var host = AnsweringHost<Plain>(situation.answers) { $0.base.base.listener.events.count }
    let entry = model.value(of: leaf)
    let ending = scenario.perform(
      options.subject,
      situation,
      root: layout.root,
      leaf: entry,
      host: &host,
      on: &mutating
    )
    let events = mutating.base.base.listener.events
    return ProofCounterexample(
      claim: claim,
      operation: "\(call(entry)) = \(ending.name)",
      before: before + answers
        + writes.map {
          "the hardware makes \(hex($0.at)) \(hex($0.value)) after \($0.count) events"
        },
      events: events.map { "\($0)" },
      isReplayed: layout.matches(events, trace, isCut: machine.isCut)
    )
  }

  /// What the hardware really did.
  private func hardwareWrites(
    _ layout: ConcreteLayout,
    _ model: Model
  ) -> [(at: UInt64, value: UInt64, count: Int)] {
    machine.hardwareWrites.compactMap { write in
      let (old, value) = (model.value(of: write.old), model.value(of: write.value))
      guard old != value else { return nil }
      // A refusal is no event of a real machine.
      let count = machine.trace.prefix(write.eventCount).count { !$0.isRefusal }
      return layout.address(write.place.table, write.place.entry).map { ($0, value, count) }
    }
  }

  private func call(_ entry: UInt64) -> String {
    if let fault = situation.fault {
      return "\(scenario.call)(\(hex(fault.address)), \(fault.isWrite ? "store" : "load"), "
        + "\(fault.cause))"
    }
    let isInstall = if case .install = scenario.operation { true } else { false }
    return "\(scenario.call)(frame \(hex(situation.first))\(isInstall ? ", \(hex(entry))" : ""))"
  }

  /// What the host answers, where it is asked.
  private var answers: [String] {
    guard situation.fault != nil else { return [] }
    let answers = situation.answers
    return [
      answers.slot.map { "the host's slot has frames \($0.frames), at \(hex($0.hostAddress))" },
      answers.page.map { "the host's page is at \(hex($0.realAddress)), 2^\($0.shift) bytes" },
      answers.device.map { "the host's device is at \(hex($0.realAddress))" },
      answers.entry.map { "the host's entry is \($0)" },
      answers.hasChanged ? "there was an invalidation meanwhile" : nil,
    ].compactMap { $0 }
  }
}
