import Architecture
import Machines
import Symbolic
import Walkers

extension QuietHost {
  /// The first word of what was logged or reported: no slot of a proof has more frames.
  fileprivate var logged: UInt64 { (marked[0] ?? 0) | (reported[0] ?? 0) }
  /// Whether a bit was set beyond that word.
  fileprivate var isBeyond: Bool { (Array(marked.keys) + reported.keys).contains { $0 != 0 } }
}

extension PartitionScenario {
  /// The proof of the scenario's theorems.
  var job: ProofJob {
    let theorems = theorems
    return ProofJob(theorems: theorems) { options throws(SolverFault) in
      try PathProof(theorems: theorems, intended: intended).prove(options) { explorer in
        outcome(options, explorer)
      }
    }
  }

  /// The first frame of the call, which is any: the path forks for each.
  private func firstFrame(_ explorer: Explorer) -> UInt64 {
    let frame = explorer.context.variable("frame")
    let choices = stride(from: UInt64(0), through: frameLimit - frameCount, by: step)
    explorer.assume(
      choices.map { frame .== BitVector($0) }.reduce(Formula(false)) { $0 .| $1 }
    )
    return choices.first { explorer.decide(frame .== BitVector($0)) } ?? 0
  }

  /// How far apart the first frames of calls are.
  private var step: Int {
    if case .install = operation { return Int(frameCount) }
    return 1
  }

  private var hasChanged: String { "there was an invalidation" }

  private func outcome(_ options: ProofOptions, _ explorer: Explorer) -> PathOutcome {
    let machine = SymbolicMachine(explorer: explorer, shape: shape, refusesAllocations: true)
    let root = machine.initialRoot()
    let first = firstFrame(explorer)
    if hasHardware {
      machine.hardware = { value, level in hardwareWrite(value, level, explorer) }
    }
    let leaf = requestedLeaf(explorer)
    var isChanged = false
    if case .install = operation {
      isChanged = explorer.decide(explorer.context.proposition(hasChanged))
    }
    var mutating = MutatingMachine(machine, options.mutation)
    var host = QuietHost<MutatingMachine<SymbolicMachine>>(hasChanged: isChanged)
    let result = perform(
      options.subject,
      root: root,
      first: first,
      leaf: leaf,
      host: &host,
      on: &mutating
    )
    // Judges read entries too.
    let trace = machine.trace
    let replay = { (claim: String, model: Model) in
      counterexample(claim, options, first, leaf, isChanged, machine, trace, model)
    }
    var outcome = PathOutcome(claims: [], reached: [result.description], counterexample: replay)
    outcome.claims += machine.memoryClaims
    if machine.isCut { return outcome }
    if !machine.hardwareWrites.isEmpty { outcome.reached.insert("hardware") }
    var judge = PartitionJudge(
      scenario: self,
      machine: machine,
      root: root,
      first: first,
      logged: host.logged
    )
    judge.judge(result: result, leaf: leaf)
    if isChanged { judge.claims.append(Claim(.givesUp, isTrue: result == .again)) }
    if operation.hasLog { judge.claims.append(Claim(.logsInside, isTrue: !host.isBeyond)) }
    outcome.claims += judge.claims
    outcome.reached.formUnion(judge.reached)
    return outcome
  }

  /// What the hardware may make of an entry: of a valid leaf, one with reference or change set.
  private func hardwareWrite(
    _ value: BitVector,
    _ level: Int,
    _ explorer: Explorer
  ) -> BitVector {
    guard explorer.decide(PartitionScenario.isLeaf(value)) else { return value }
    let bits = RadixField.reference.mask | RadixField.change.mask
    return value | explorer.context.variable("hardware \(level)") & BitVector(bits)
  }

  /// The leaf that is installed: any that the level can have.
  private func requestedLeaf(_ explorer: Explorer) -> BitVector {
    guard case .install(let level) = operation else { return BitVector(0) }
    let given = RadixField.valid.mask | RadixField.leaf.mask | RadixField.reference.mask
    let free =
      RadixField.realPage.mask & ~(1 << configuration.shift(of: level) - 1)
      | RadixField.rights
      | RadixField.change.mask | RadixField.attributes.mask
    return explorer.context.variable("leaf") & BitVector(free) | BitVector(given)
  }

  /// Makes the call.
  private func perform<M: Machine>(
    _ subject: ProofSubject,
    root: M.Table,
    first: UInt64,
    leaf: M.W,
    host: inout QuietHost<M>,
    on machine: inout M
  ) -> Errno {
    var (style, flaws) = (PartitionStyle.batched, PartitionFlawSet())
    if case .radix(let radix) = subject { (style, flaws) = (radix.style, radix.partition) }
    var table = PartitionTable<M>(root: root, configuration, style: style, flaws: flaws)
    let slot = slot(first: first)
    switch operation {
    case .unmap:
      table.unmap(first..<first + frameCount, of: slot, on: &machine, log: &host)
    case .harvest: table.harvest(slot, on: &machine, log: &host)
    case .age: _ = table.age(first, on: &machine)
    case .install(let level):
      return table.install(
        leaf,
        at: first << configuration.pageShift,
        level: level,
        since: 0,
        of: slot,
        on: &machine,
        host: &host
      )
    case .free: table.free(on: &machine)
    }
    return .ok
  }

  /// A model as a case, and whether the walker did there what the model says it does.
  private func counterexample(
    _ claim: String,
    _ options: ProofOptions,
    _ first: UInt64,
    _ leaf: BitVector,
    _ isChanged: Bool,
    _ machine: SymbolicMachine,
    _ trace: [SymbolicEvent],
    _ model: Model
  ) -> Counterexample {
    var layout = ConcreteLayout(format: format, machine: machine, model: model)
    let before = layout.build()
    let memory = layout.tracing.memory
    let writes = machine.hardwareWrites.compactMap { write in
      // A refusal is no event of a real machine.
      let count = trace.prefix(write.eventCount).count { !$0.isRefusal }
      return layout.address(write.table, write.entry).map {
        (at: $0, value: model.value(of: write.value), count: count)
      }
    }
    var tracing = layout.tracing
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
    var host = QuietHost<MutatingMachine<FailingMachine<TracingMachine<EventCollector>>>>(
      hasChanged: isChanged
    )
    let entry = model.value(of: leaf)
    let result = perform(
      options.subject,
      root: layout.root,
      first: first,
      leaf: entry,
      host: &host,
      on: &mutating
    )
    let events = mutating.base.base.listener.events
    let isInstall = if case .install = operation { true } else { false }
    return Counterexample(
      claim: claim,
      operation: "\(call)(frame \(hex(first))\(isInstall ? ", \(hex(entry))" : "")) = \(result)",
      before: before
        + writes.map {
          "the hardware makes \(hex($0.at)) \(hex($0.value)) after \($0.count) events"
        },
      events: events.map { "\($0)" },
      isReplayed: layout.matches(events, trace, isCut: machine.isCut)
    )
  }
}
