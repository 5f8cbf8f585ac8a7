import Architecture
import Machines
import Symbolic
import Walkers

extension PartitionScenario {
  /// The proof of the scenario's theorems.
  var job: ProofJob {
    let theorems = theorems
    return ProofJob(theorems: theorems) { options throws(SolverFault) in
      try PathProof(theorems: theorems, intended: intended).prove(
        options,
        reference: .radix(RadixProofSubject())
      ) { options, explorer in
        outcome(options, explorer)
      }
    }
  }

  private func outcome(_ options: ProofOptions, _ explorer: PathExplorer) -> PathOutcome {
    let situation = situation(explorer)
    let machine = SymbolicMachine(
      explorer: explorer,
      shape: shape,
      refusesAllocations: situation.refusesAllocations
    )
    let root = machine.initialRoot()
    if hasHardware {
      machine.hardware = { value, _ in hardwareWrite(value, machine, explorer) }
    }
    let leaf = requestedLeaf(explorer)
    var mutating = MutatingMachine(machine, options.mutation)
    var host = AnsweringHost<MutatingMachine<SymbolicMachine>>(situation.answers) {
      $0.base.trace.count
    }
    let ending = perform(
      options.subject,
      situation,
      root: root,
      leaf: leaf,
      host: &host,
      on: &mutating
    )
    let replay = { (claim: String, model: Model) in
      PartitionReplay(scenario: self, situation: situation, machine: machine, leaf: leaf)
        .counterexample(claim, options, model)
    }
    var outcome = PathOutcome(claims: [], reached: [], counterexample: replay)
    outcome.claims += machine.memoryClaims
    if machine.isCut { return outcome }
    if !machine.hardwareWrites.isEmpty { outcome.reached.insert("hardware") }
    var judge = PartitionJudge(
      PartitionPath(
        scenario: self,
        situation: situation,
        machine: machine,
        root: root,
        leaf: leaf,
        ending: ending,
        questions: host.questions,
        marked: host.marked,
        reported: host.reported
      )
    )
    judge.judge()
    outcome.claims += judge.claims
    outcome.reached.formUnion(judge.reached)
    return outcome
  }

  /// What the hardware may make of an entry: of a valid leaf, one with reference or change set.
  private func hardwareWrite(
    _ value: BitVector,
    _ machine: SymbolicMachine,
    _ explorer: PathExplorer
  ) -> BitVector {
    if explorer.decide(PartitionScenario.isTable(value)) { return value }
    guard explorer.decide(PartitionScenario.isLeaf(value)) else { return value }
    let bits = RadixField.reference.mask | RadixField.change.mask
    let own = explorer.context.variable("hardware \(machine.hardwareWrites.count)")
    return value | own & BitVector(bits)
  }

  /// The leaf that is installed: any that the level can have.
  private func requestedLeaf(_ explorer: PathExplorer) -> BitVector {
    guard case .install(let level) = operation else { return BitVector(0) }
    let given = PartitionScenario.validLeaf | RadixField.reference.mask
    let free =
      RadixField.realPage.mask & ~(1 << configuration.shift(of: level) - 1)
      | RadixField.rights
      | RadixField.change.mask | RadixField.attributes.mask
    return explorer.context.variable("leaf") & BitVector(free) | BitVector(given)
  }

  /// Makes the call on the subject's tables.
  func perform<M: PowerMachine>(
    _ subject: ProofSubject,
    _ situation: PartitionSituation,
    root: M.Table,
    leaf: M.W,
    host: inout AnsweringHost<M>,
    on machine: inout M
  ) -> PartitionPath.Ending {
    if case .radix(let radix) = subject {
      let table = SteppedPartitionTable<M>(root: root, configuration, faults: radix.partition)
      return perform(on: table, situation, leaf: leaf, host: &host, on: &machine)
    }
    let table = PartitionTable<M>(root: root, configuration)
    return perform(on: table, situation, leaf: leaf, host: &host, on: &machine)
  }

  private func perform<T: PartitionWalker>(
    on tables: T,
    _ situation: PartitionSituation,
    leaf: T.M.W,
    host: inout AnsweringHost<T.M>,
    on machine: inout T.M
  ) -> PartitionPath.Ending {
    var table = tables
    let (first, slot) = (situation.first, situation.slot)
    switch operation {
    case .unmap:
      let frames = first..<first + frameCount
      calls.unmap(frames, of: slot, in: table, on: &machine, host: &host)
    case .flush: calls.flush(slot, in: table, on: &machine, host: &host)
    case .harvest: calls.harvest(slot, in: table, on: &machine, host: &host)
    case .age: return .answer(calls.age(first, in: table, on: &machine))
    case .testAge: return .answer(calls.isYoung(first, in: table, on: &machine))
    case .install(let level):
      let place = (first << configuration.pageShift, level)
      return .error(
        calls.install(leaf, at: place, of: slot, in: table, on: &machine, host: &host)
      )
    case .free:
      calls.free(&table, on: &machine)
      // What is freed already is not freed again.
      calls.free(&table, on: &machine)
    case .fault:
      guard let fault = situation.fault else { break }
      return .outcome(calls.handle(fault, in: table, on: &machine, host: &host))
    }
    return .error(.ok)
  }
}
