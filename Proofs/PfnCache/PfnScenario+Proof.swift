import Machines
import Symbolic
import Walkers

extension PfnScenario {
  /// A machine of the proofs, that may do one thing otherwise than it is told.
  typealias Machine = MutatingRecordMachine<PfnProofMachine>

  /// The proof of the scenario's theorems.
  var job: ProofJob {
    let theorems = theorems
    return ProofJob(theorems: theorems) { options throws(SolverFault) in
      try PathProof(theorems: theorems, intended: intended).prove(
        options,
        reference: .pfnCache(.listed([]))
      ) { options, explorer in
        outcome(options, explorer)
      }
    }
  }

  /// The arguments: any bytes, any range of user space, each use and each purpose.
  private func arguments(_ explorer: PathExplorer) -> PfnArguments<Machine> {
    let context = explorer.context
    let range = HostRange(start: context.variable("start"), end: context.variable("end"))
    var use = PfnCacheUse.kernel
    if operation == .activate, explorer.decide(context.proposition("in guest mode")) {
      use = PfnCacheUse.guest
    }
    let flag: Bool
    switch operation {
    case .invalidate: flag = true
    case .access: flag = explorer.decide(context.proposition("flag"))
    default: flag = false
    }
    return PfnArguments(
      cache: PfnCacheHandle(
        owner: BitVector(PfnProofRecord.owner),
        record: BitVector(PfnProofRecord.cache)
      ),
      start: PfnCacheStart(
        use: use,
        vcpu: use == PfnCacheUse.kernel ? nil : BitVector(PfnProofRecord.vcpu),
        willWrite: false
      ),
      bytes: GuestBytes(address: context.variable("address"), length: context.variable("length")),
      range: range,
      flag: flag
    )
  }

  private func role(_ range: HostRange<BitVector>) -> PfnDiscipline.Role {
    switch operation {
    case .invalidate: .begins(range)
    case .end: .ends(range)
    default: .user
    }
  }

  private func outcome(_ options: ProofOptions, _ explorer: PathExplorer) -> PathOutcome {
    let arguments = arguments(explorer)
    if range(of: arguments) != nil {
      explorer.assume(arguments.range.end .<= BitVector(HostMemory.noAddress))
    }
    let discipline = PfnDiscipline(
      options.subject.pfnStyle(around),
      role(arguments.range),
      around,
      explorer.context
    )
    let records = SymbolicRecordMachine(
      explorer: explorer,
      discipline: discipline,
      roundAllowance: 0
    )
    if operation == .construct { records.own(PfnProofRecord.cache) }
    records.lookout = PfnDiscipline.place(PfnCacheRecord.isValid)
    var machine = Machine(
      PfnProofMachine(base: records, discipline: discipline),
      options.recordMutation
    )
    let ending = options.subject.perform(operation, arguments, on: &machine)
    explorer.confirm()
    var judge = PfnJudge(
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
        PfnReplay(
          operation: operation,
          arguments: arguments,
          machine: records,
          ending: ending
        ).counterexample(claim, options, model)
      }
    )
  }

  private func range(of arguments: PfnArguments<Machine>) -> HostRange<BitVector>? {
    operation == .invalidate || operation == .end ? arguments.range : nil
  }
}
