import Machines
import Symbolic
import Walkers

extension Scenario {
  /// The proof of the scenario's theorems.
  var job: ProofJob {
    let theorems = theorems
    return ProofJob(theorems: theorems) { options throws(SolverFault) in
      try PathProof(theorems: theorems, intended: intended).prove(options) { explorer in
        outcome(options, explorer)
      }
    }
  }

  /// Runs the subject on one path and judges it.
  private func outcome(_ options: ProofOptions, _ explorer: Explorer) -> PathOutcome {
    for assumption in assumptions(in: explorer.context) { explorer.assume(assumption) }
    let machine = SymbolicMachine(explorer: explorer, shape: decoder.shape)
    let root = machine.initialRoot()
    let call = call(in: explorer.context, ipa: inputAddress(explorer))
    var mutating = MutatingMachine(machine, options.mutation)
    let result = perform(call, of: options.subject, root: root, on: &mutating)
    let replay = Replay(scenario: self, options: options, machine: machine, call: call)
    var outcome = PathOutcome(claims: [], reached: []) { replay.counterexample($0, $1) }
    outcome.claims += machine.memoryClaims
    if !machine.isCut { judge(machine, result, call, &outcome) }
    return outcome
  }

  /// Makes the call.
  func perform<M: Machine>(
    _ call: Call<M.W>,
    of subject: ProofSubject,
    root: M.Table,
    on machine: inout M
  ) -> Errno {
    subject.perform(
      call,
      root: root,
      geometry: geometry,
      configuration: configuration,
      on: &machine
    )
  }

  private func judge(
    _ machine: SymbolicMachine,
    _ result: Errno,
    _ call: Call<BitVector>,
    _ outcome: inout PathOutcome
  ) {
    outcome.reached.insert(result.description)
    guard let sizeInBytes else {
      outcome.claims.append(refusal(machine, result, call))
      return
    }
    var stores = BreakBeforeMake(memory: PathMemory(machine: machine, decoder: decoder))
    stores.judge()
    outcome.claims += stores.claims
    outcome.reached.formUnion(stores.reached)
    var counts = Counts(
      memory: stores.memory,
      leavesNoEmptyTable: operation == .unmap && result == .ok
    )
    counts.judge()
    outcome.claims += counts.claims
    outcome.claims += wellFormed(stores.memory)
    outcome.claims += refinement(stores.memory, result, call, sizeInBytes)
  }

  /// That a range which leaves the input space is refused before anything is touched.
  private func refusal(
    _ machine: SymbolicMachine,
    _ result: Errno,
    _ call: Call<BitVector>
  ) -> Claim {
    let isUntouched = machine.trace.allSatisfy { if case .barrier = $0 { true } else { false } }
    let isRefused =
      switch result {
      case .range: .!areInvalid(call)
      case .invalid: areInvalid(call)
      default: Formula(false)
      }
    return Claim(
      .refusesOutside,
      "refuses the range before it touches anything, instead of returning \(result)",
      isUntouched ? isRefused : Formula(false)
    )
  }

  /// Whether the arguments besides the range are such as no call accepts.
  private func areInvalid(_ call: Call<BitVector>) -> Formula {
    switch call {
    case .map(_, _, _, let protection):
      let forbidden = BitVector(Protection.device | Protection.execute)
      return (protection & forbidden) .== forbidden
    case .setOwner(_, _, let owner): return BitVector(1) .< owner
    case .unmap, .writeProtect: return Formula(false)
    }
  }

  /// That the result and every translation are as promised.
  private func refinement(
    _ memory: PathMemory,
    _ result: Errno,
    _ call: Call<BitVector>,
    _ sizeInBytes: UInt64
  ) -> [Claim] {
    let machine = memory.machine
    let isRefused = machine.trace.contains { if case .refuse = $0 { true } else { false } }
    let allocated = machine.tables.count { $0.isFresh }
    var specification = Specification(
      machine: machine,
      decoder: decoder,
      inputLimit: inputLimit,
      outputLimit: 1 << geometry.outputAddressBits,
      forcesWriteBack: forcesWriteBack,
      allocations: isRefused ? allocated : .max
    )
    let expected = specification.perform(call, size: sizeInBytes)
    let returns = Claim(
      .returnsPromised,
      "returns \(expected) here, not \(result)",
      isTrue: expected == result
    )
    let translations = anyAddresses(machine.explorer.context).map { address in
      var walk = TableWalk(memory: memory, address: address)
      let before = walk.before()
      let promised =
        switch (call, expected) {
        case (.unmap(let ipa, _), .ok):
          specification.unmapped(address, before, from: ipa, size: sizeInBytes)
        default: specification.translation(of: address, before: before)
        }
      let after = walk.after()
      let isInside = address .< BitVector(inputLimit)
      let assumptions = Formula.all(walk.assumptions) .& isInside
      return Claim(
        .translatesPromised,
        Formula.implies(assumptions, after .== promised)
      )
    }
    return [returns] + translations
  }

  /// That every entry that was written is such as the next call may find.
  ///
  /// Together with what is assumed before a call this makes the theorems hold for every history.
  private func wellFormed(_ memory: PathMemory) -> [Claim] {
    memory.changedEntries.map { name in
      let value = memory.value(name)
      let isFresh = memory.freshTable(linkedBy: value) != nil
      return Claim(
        .leavesWellFormed,
        isFresh ? Formula(true) : decoder.isWellFormed(value, memory.level(name))
      )
    }
  }

  /// Every input address: one that is any, or for a run in a small tree one of each page.
  private func anyAddresses(_ context: SolverContext) -> [BitVector] {
    let any = context.variable("any")
    guard isSmallRun else { return [any] }
    let offset = any & BitVector(geometry.pageSize - 1)
    return (0..<inputLimit >> geometry.pageShift).map {
      BitVector($0 << geometry.pageShift) | offset
    }
  }
}

extension Specification {
  /// The result that a call promises; its effects are kept.
  mutating func perform(_ call: Call<BitVector>, size: UInt64) -> Errno {
    switch call {
    case .map(let ipa, _, let physical, let protection): map(ipa, size, physical, protection)
    case .setOwner(let ipa, _, let owner): setOwner(ipa, size, owner)
    case .unmap(let ipa, _), .writeProtect(let ipa, _): range(ipa, size)
    }
  }
}

extension Clause {
  static let refusesOutside = Clause(
    "refuses",
    .alignment,
    "refuses a range that leaves the input space, and touches nothing"
  )
  static let returnsPromised = Clause("result", .refinement, "returns what is promised")
  static let translatesPromised = Clause(
    "translations",
    .refinement,
    "leaves every input address translated, or annotated, as promised"
  )
  static let leavesWellFormed = Clause(
    "well-formed",
    .refinement,
    "leaves such entries as are assumed of a call's tables: aligned, no block where none may be, "
      + "annotations in last-level entries alone"
  )
}
