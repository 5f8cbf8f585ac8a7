import Machines
import Symbolic
import Walkers

extension ArmUnmapScenario {
  /// The proof of the scenario's theorems.
  var job: ProofJob {
    let theorems = theorems
    return ProofJob(theorems: theorems) { options throws(SolverFault) in
      try PathProof(theorems: theorems, intended: intended).prove(
        options,
        reference: .armUnmap(.nested, [])
      ) { options, explorer in
        outcome(options, explorer)
      }
    }
  }

  /// Runs the subject on one path and judges it.
  private func outcome(_ options: ProofOptions, _ explorer: PathExplorer) -> PathOutcome {
    let machine = SymbolicMachine(explorer: explorer, shape: decoder.shape)
    if changesNothing { machine.permits = ArmUnmapScenario.isIdle }
    let root = machine.initialRoot()
    let call = call(explorer)
    var mutating = MutatingMachine(machine, options.mutation)
    let result = options.subject.perform(call, configuration, geometry, root: root, on: &mutating)
    let replay = ArmUnmapReplay(scenario: self, options: options, machine: machine, call: call)
    var outcome = PathOutcome(claims: [], reached: [result.description]) {
      replay.counterexample($0, $1)
    }
    outcome.claims += machine.memoryClaims(permitting: changesNothing ? .changesNothing : nil)
    if !machine.isCut { judge(machine, result, call, &outcome) }
    return outcome
  }

  private func judge(
    _ machine: SymbolicMachine,
    _ result: Errno,
    _ call: ArmUnmapCall<BitVector>,
    _ outcome: inout PathOutcome
  ) {
    // The end of each part is judged as the call's end: others see the tables then.
    let memories = (machine.parts + [machine]).map { part in
      var stores = BreakBeforeMakeProof(memory: PathMemory(machine: part, decoder: decoder))
      stores.judge()
      outcome.reached.formUnion(stores.reached)
      outcome.claims += stores.claims
      if publishes {
        outcome.claims.append(Claim(.publishesAll, isTrue: stores.unpublished.isEmpty))
      }
      judgeEntries(stores.memory, result, &outcome)
      return stores.memory
    }
    if !machine.parts.isEmpty { outcome.reached.insert("yield") }
    outcome.claims.append(
      Claim(.yieldsForWaiters, isTrue: mayYield || machine.parts.isEmpty)
    )
    judgePromises(memories, result, call, &outcome)
  }

  /// Whether what the call stored is to be visible when it returns.
  ///
  /// An annotation is nothing to the hardware, and an empty table as little as the entry before it.
  private var publishes: Bool {
    switch operation {
    case .map, .faultIn: true
    case .annotate, .unmap, .flush: false
    }
  }

  /// Judges counts and entries as a part of the path leaves them.
  private func judgeEntries(
    _ memory: PathMemory,
    _ result: Errno,
    _ outcome: inout PathOutcome
  ) {
    let isUnmap = if case .unmap = operation { true } else { false }
    var counts = Counts(memory: memory, leavesNoEmptyTable: isUnmap && result == .ok)
    counts.judge()
    outcome.claims += counts.claims
    outcome.claims += memory.changedEntries.map { name in
      let value = memory.value(name)
      let isFresh = memory.freshTable(linkedBy: value) != nil
      return Claim(
        .leavesWellFormed,
        isFresh ? Formula(true) : decoder.isWellFormed(value, memory.level(name))
      )
    }
  }

  /// Judges the result, and what became of translations and caches.
  private func judgePromises(
    _ memories: [PathMemory],
    _ result: Errno,
    _ call: ArmUnmapCall<BitVector>,
    _ outcome: inout PathOutcome
  ) {
    let trace = memories.flatMap(\.machine.trace)
    let machine = memories[memories.count - 1].machine
    let allocations = machine.tables.count { $0.isFresh }
    var specification = ArmUnmapSpecification(
      scenario: self,
      machine: memories[0].machine,
      allocations: trace.contains { $0.isRefusal } ? allocations : .max
    )
    let expected = specification.perform(call)
    let returns = "returns \(expected) here, not \(result)"
    outcome.claims.append(Claim(.returnsPromised, returns, isTrue: expected == result))
    if expected == .invalid || expected == .range {
      outcome.claims.append(Claim(.refusesUntouched, isTrue: trace.allSatisfy { $0.isBarrier }))
    }
    if specification.isThere == true {
      outcome.claims.append(Claim(.leavesSame, isTrue: trace.allSatisfy(ArmUnmapScenario.isIdle)))
    }
    var caches = PathCaches(memory: memories[0])
    switch operation {
    case .flush(let extent):
      outcome.claims.append(Claim(.changesNothing, isTrue: true))
      if extent == .outside { return }
      caches.judgeFlush(of: expected == .ok ? pages(from: call) : [])
    case .unmap(.nothing, _): outcome.claims.append(Claim(.changesNothing, isTrue: true))
    case .unmap(.outside, _): return
    case .unmap:
      judgeUnmapped(memories, expected == .ok ? pages(from: call) : [], &outcome)
    case .map, .faultIn, .annotate:
      outcome.claims += translations(memories[0], specification)
      if !isHyp || operation != .annotate { caches.judgeLeaves(isGuest: !isHyp) }
    }
    if trace.contains(where: { if case .clean = $0 { true } else { false } }) {
      outcome.reached.insert("clean")
    }
    outcome.claims += caches.claims
  }

  /// Whether the call must change nothing; had it changed anything, its path would have been cut there.
  private var changesNothing: Bool {
    switch operation {
    case .flush, .unmap(.nothing, _): true
    default: false
    }
  }

  /// Whether an event leaves everything that others can see as it is.
  private static func isIdle(_ event: SymbolicEvent) -> Bool {
    switch event {
    case .load, .barrier, .clean: true
    default: false
    }
  }

  /// That every address translates as the call promises.
  private func translations(
    _ memory: PathMemory,
    _ specification: ArmUnmapSpecification
  ) -> [Claim] {
    anyAddresses(memory.machine.explorer.context).map { address in
      var walk = TableWalk(memory: memory, address: address)
      let before = walk.before()
      let after = walk.after()
      let promised = specification.translation(of: address, before: before)
      let isInside = address .< BitVector(inputLimit)
      let assumptions = Formula.all(walk.assumptions) .& isInside
      return Claim(.translatesPromised, Formula.implies(assumptions, after .== promised))
    }
  }

  /// That every part of the path leaves each address as it was or unmaps it as promised, and that some
  /// part unmaps it.
  private func judgeUnmapped(
    _ memories: [PathMemory],
    _ pages: [BitVector],
    _ outcome: inout PathOutcome
  ) {
    for address in anyAddresses(memories[0].machine.explorer.context) {
      var assumptions = [address .< BitVector(inputLimit)]
      var isUnmapped: [Formula] = []
      for memory in memories {
        var walk = TableWalk(memory: memory, address: address)
        let before = walk.before()
        let after = walk.after()
        let specification = ArmUnmapSpecification(
          scenario: self,
          machine: memory.machine,
          allocations: .max
        )
        let promised = specification.unmapped(address, before, pages: pages)
        assumptions += walk.assumptions
        isUnmapped.append(after .== promised)
        let isKept = memories.count > 1 ? after .== before : Formula(false)
        outcome.claims.append(
          Claim(
            .translatesPromised,
            Formula.implies(Formula.all(assumptions), isKept .| (after .== promised))
          )
        )
      }
      // Where others took the root away nothing is left to unmap.
      let last = memories[memories.count - 1].machine
      let hasRoot = last.explorer.decide(last.hasRoot(SymbolicTable(number: 0)))
      guard mayYield, hasRoot else { continue }
      outcome.claims.append(
        Claim(
          .unmapsBetweenYields,
          Formula.implies(Formula.all(assumptions), Formula.any(isUnmapped))
        )
      )
    }
  }

  /// The first bytes of the pages that a call by range touches.
  private func pages(from call: ArmUnmapCall<BitVector>) -> [BitVector] {
    let first: BitVector
    switch call {
    case .unmap(let address, _, _), .flush(let address, _): first = address
    case .map, .faultIn, .annotate: return []
    }
    let start = first & BitVector(~(geometry.pageSize - 1))
    return (0..<pageCount).map { start &+ BitVector(UInt64($0) << geometry.pageShift) }
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
  static let refusesUntouched = Clause(
    "refuses-untouched",
    .refinement,
    "touches nothing where it refuses its arguments"
  )
  static let yieldsForWaiters = Clause(
    "yields",
    .memory,
    "lets others run only where its caller can wait"
  )
  static let leavesSame = Clause(
    "leaves-same",
    .breakBeforeMake,
    "neither stores nor invalidates where what it is asked for is there"
  )
  static let changesNothing = Clause(
    "changes-nothing",
    .refinement,
    "stores nothing, invalidates nothing and moves no count"
  )
  static let publishesAll = Clause(
    "publishes-all",
    .breakBeforeMake,
    "returns, also with an error, only when walkers can see all that it stored"
  )
  static let unmapsBetweenYields = Clause(
    "unmaps-each",
    .refinement,
    "unmaps each address of its range between two moments at which others run"
  )
}
