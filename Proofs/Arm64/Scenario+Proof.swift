import Machines
import Symbolic
import Walkers

extension Scenario {
  /// The proof of the scenario's theorems.
  var job: ProofJob {
    let theorems = theorems
    return ProofJob(theorems: theorems) { options throws(SolverFault) in
      try PathProof(theorems: theorems, intended: intended).prove(
        options,
        reference: .recursive([])
      ) { options, explorer in
        outcome(options, explorer)
      }
    }
  }

  /// Runs the subject on one path and judges it.
  private func outcome(_ options: ProofOptions, _ explorer: PathExplorer) -> PathOutcome {
    for assumption in assumptions(in: explorer.context) { explorer.assume(assumption) }
    let machine = SymbolicMachine(explorer: explorer, shape: decoder.shape)
    let untouched = refusal ?? (extent == .pages(0) ? .touchesNothing : nil)
    if untouched != nil { machine.permits = { $0.isBarrier } }
    let root = machine.initialRoot()
    let call = call(in: explorer.context, ipa: inputAddress(explorer))
    var mutating = MutatingMachine(machine, options.mutation)
    let answer = perform(call, of: options.subject, root: root, on: &mutating)
    let replay = ProofReplay(scenario: self, options: options, machine: machine, call: call)
    var outcome = PathOutcome(claims: [], reached: []) { replay.counterexample($0, $1) }
    outcome.claims += machine.memoryClaims(permitting: untouched)
    if !machine.isCut { judge(machine, answer, call, &outcome) }
    return outcome
  }

  /// Makes the call.
  func perform<M: ArmMachine>(
    _ call: Call<M.W>,
    of subject: ProofSubject,
    root: M.Table,
    on machine: inout M
  ) -> Answer<M.W> {
    if let hyp {
      return subject.performHyp(
        call,
        root: root,
        geometry: geometry,
        configuration: hyp,
        on: &machine
      )
    }
    return subject.perform(
      call,
      root: root,
      geometry: geometry,
      configuration: configuration,
      on: &machine
    )
  }

  private func judge(
    _ machine: SymbolicMachine,
    _ answer: Answer<BitVector>,
    _ call: Call<BitVector>,
    _ outcome: inout PathOutcome
  ) {
    outcome.reached.insert(answer.result.description)
    guard let sizeInBytes else {
      outcome.claims += refusal.map { [refused(answer, call, $0)] } ?? []
      return
    }
    // Write-protecting and ageing leave the invalidation to the caller, and its barrier.
    let leavesDebts = [.writeProtect, .makeOld].contains(operation)
    var stores = BreakBeforeMakeProof(
      memory: PathMemory(machine: machine, decoder: decoder),
      isFailure: answer.result != .ok,
      invalidatesChanges: !leavesDebts,
      publishes: !leavesDebts
    )
    stores.judge()
    outcome.claims += stores.claims
    outcome.reached.formUnion(stores.reached)
    outcome.claims += refinement(stores.memory, answer, call, sizeInBytes)
    var counts = Counts(
      memory: stores.memory,
      leavesNoEmptyTable: operation == .unmap && isWhole(answer, sizeInBytes)
    )
    counts.judge()
    outcome.claims += counts.claims
    outcome.claims += wellFormed(stores.memory)
    if hyp == nil {
      outcome.claims += cacheClaims(stores, answer.result, call, sizeInBytes)
    }
    if extent == .pages(0) {
      // Had it touched anything, the path would have been cut there.
      outcome.claims.append(Claim(.touchesNothing, isTrue: true))
    }
  }

  /// Whether the call went through all of its range.
  private func isWhole(_ answer: Answer<BitVector>, _ sizeInBytes: UInt64) -> Bool {
    answer.word.map { $0.constant == sizeInBytes } ?? (answer.result == .ok)
  }

  /// That a range which leaves an address space is refused.
  private func refused(
    _ answer: Answer<BitVector>,
    _ call: Call<BitVector>,
    _ clause: Clause
  ) -> Claim {
    let isRefused =
      switch answer.result {
      case .range: .!areInvalid(call)
      case .invalid: areInvalid(call)
      default: answer.word.map { $0 .== BitVector(0) } ?? Formula(false)
      }
    let found = answer.word.map { "\($0)" } ?? answer.result.description
    return Claim(clause, "refuses the range instead of returning \(found)", isRefused)
  }

  /// Whether the arguments besides the range are such as no call accepts.
  private func areInvalid(_ call: Call<BitVector>) -> Formula {
    switch call {
    case .map(_, _, _, let protection):
      hyp == nil
        ? Specification.isForbidden(protection) : Specification.isForbiddenAtEL2(protection)
    case .setOwner(_, _, let owner): BitVector(1) .< owner
    default: Formula(false)
    }
  }

  /// That the result and every translation are as promised.
  private func refinement(
    _ memory: PathMemory,
    _ answer: Answer<BitVector>,
    _ call: Call<BitVector>,
    _ sizeInBytes: UInt64
  ) -> [Claim] {
    let machine = memory.machine
    let isRefused = machine.trace.contains { $0.isRefusal }
    let allocated = machine.tables.count { $0.isFresh }
    var specification = Specification(
      machine: machine,
      decoder: decoder,
      inputLimit: inputLimit,
      outputLimit: outputLimit,
      forcesWriteBack: forcesWriteBack,
      allocations: isRefused ? allocated : .max
    )
    specification.isIdentityMap = configuration.isIdentityMap
    let expected =
      hyp == nil
      ? specification.perform(call, size: sizeInBytes)
      : specification.performAtEL2(call, size: sizeInBytes)
    let returned = returned(answer, call, expected, specification, memory)
    let translations = anyAddresses(machine.explorer.context).map { address in
      var walk = TableWalk(memory: memory, address: address)
      let before = walk.before()
      let promised = specification.promised(call, expected, sizeInBytes, address, before)
      let after = walk.after()
      let isInside = address .< BitVector(inputLimit)
      let assumptions = Formula.all(walk.assumptions) .& isInside
      return Claim(
        .translatesPromised,
        Formula.implies(assumptions, after .== promised)
      )
    }
    return [returned] + translations
  }

  /// That the call returns what it promises.
  private func returned(
    _ answer: Answer<BitVector>,
    _ call: Call<BitVector>,
    _ expected: Errno,
    _ specification: Specification,
    _ memory: PathMemory
  ) -> Claim {
    guard let word = answer.word else {
      return Claim(
        .returnsPromised,
        "returns \(expected) here, not \(answer.result)",
        isTrue: expected == answer.result
      )
    }
    switch call {
    case .makeYoung(let ipa), .makeOld(let ipa):
      var walk = TableWalk(memory: memory, address: ipa)
      let before = expected == .ok ? walk.before() : .unmapped()
      let isFound = specification.isDescriptor(word, of: before)
      return Claim(.returnsFound, Formula.implies(Formula.all(walk.assumptions), isFound))
    case .isYoung(let ipa):
      var walk = TableWalk(memory: memory, address: ipa)
      let before = expected == .ok ? walk.before() : .unmapped()
      let isYoung =
        before.isMapped
        .& ((before.attributes & BitVector(Decoder.accessFlag)) .!= BitVector(0))
      let promised = BitVector.select(isYoung, BitVector(1), BitVector(0))
      return Claim(
        .returnsAge,
        Formula.implies(Formula.all(walk.assumptions), word .== promised)
      )
    default:
      let bytes = BitVector(specification.unmappedBytes)
      return Claim(
        hyp == nil || sizeInBytes == 0 ? .returnsPromised : .returnsBytes,
        "returns \(hex(specification.unmappedBytes)) here",
        word .== bytes
      )
    }
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
