import Machines
import Symbolic
import Walkers

/// Judges what a call on a guest-frame cache came to on one path.
struct PfnJudge {
  typealias Cache = PfnCacheRecord

  let operation: PfnScenario.Operation
  let arguments: PfnArguments<PfnScenario.Machine>
  let machine: SymbolicRecordMachine
  let discipline: PfnDiscipline
  let ending: PfnEnding<BitVector>
  private(set) var claims: [Claim] = []
  private(set) var reached: Set<String> = []

  private static let cache = PfnDiscipline.cache
  private static let zero = BitVector(0)

  init(
    operation: PfnScenario.Operation,
    arguments: PfnArguments<PfnScenario.Machine>,
    machine: SymbolicRecordMachine,
    discipline: PfnDiscipline,
    ending: PfnEnding<BitVector>
  ) {
    self.operation = operation
    self.arguments = arguments
    self.machine = machine
    self.discipline = discipline
    self.ending = ending
  }

  /// Whether there is one byte at least and all are in one page, in numbers without limit.
  private var isInOnePage: Formula {
    let (length, size) = (arguments.bytes.length, BitVector(HostMemory.pageSize))
    let offset = arguments.bytes.address & BitVector(HostMemory.offsetMask)
    // Neither is above 4096 where the first is true, so that the sum is that of numbers.
    return (length .!= PfnJudge.zero) .& (length .<= size) .& (offset &+ length .<= size)
  }

  mutating func judge() {
    if !machine.isCut {
      machine.finish()
      promise()
    }
    let known = Set(Clause.pfnCache.map(\.name)).union(Clause.recordDuties.map(\.name))
    claims += Clause.recordDuties.map { Claim($0, isTrue: true) }
    claims += [.keepsOtherRules].map { Claim($0, isTrue: true) }
    for clause in Clause.pfnCache where machine.judged.contains(clause.name) {
      claims.append(Claim(clause, isTrue: true))
    }
    if discipline.style == .listed {
      // No snapshot is taken without the lock, no refresh changes a list, and users are read under the lock.
      claims += [.tearsNoSnapshot, .linksLists, .keepsUser].map { Claim($0, isTrue: true) }
    }
    let clauses = Clause.pfnCache + Clause.recordDuties
    for obligation in machine.obligations {
      let clause = clauses.first { $0.name == obligation.name } ?? .keepsOtherRules
      precondition(known.contains(obligation.name), "no clause '\(obligation.name)'")
      claims.append(Claim(clause, obligation.text, obligation.formula))
    }
    note()
  }

  private mutating func claim(_ clause: Clause, _ formula: Formula) {
    claims.append(Claim(clause, formula))
  }

  // MARK: What the call promises

  private mutating func promise() {
    switch operation {
    case .refresh, .activate: promiseRefresh()
    case .unmap: claim(.emptiesCache, isEmpty(discipline.released))
    case .deactivate:
      let isUnused = discipline.done.map { .!$0.isSet(Cache.isActive, PfnJudge.cache) }
      claim(.emptiesCache, isEmpty(discipline.released) .& (isUnused ?? Formula(false)))
    case .check, .access, .enter: promiseCheck()
    case .invalidate: promiseInvalidation()
    case .construct:
      let locks = [PfnDiscipline.lock, PfnDiscipline.mutex]
      machine.publish(PfnDiscipline.cache, locks: locks)
    case .end: break
    }
  }

  private mutating func promiseRefresh() {
    let isUnused = discipline.done.map { .!$0.isSet(Cache.isActive, PfnJudge.cache) }
    let isRefused = operation == .refresh ? isUnused ?? Formula(false) : Formula(false)
    claim(
      .acceptsOnePage,
      ending.result == .invalid ? .!isInOnePage .| isRefused : isInOnePage
    )
    if ending.result != .invalid {
      let state = discipline.done ?? machine.seen
      let isUsed = state?.isSet(Cache.isActive, PfnJudge.cache)
      claim(.refusesUnused, isUsed ?? Formula(false))
    }
    switch ending.result {
    case .ok:
      let state = discipline.released ?? machine.seen
      claim(.makesValid, state.map(isValidForBytes) ?? Formula(false))
    case .fault: claim(.failsEmpty, isEmpty(discipline.released))
    default: break
    }
  }

  private mutating func promiseCheck() {
    guard ending.saysYes == true, let state = machine.seen else {
      claim(.saysValid, Formula(ending.saysYes == false))
      claim(.acceptsOnePage, Formula(ending.saysYes == false))
      return
    }
    let cache = PfnJudge.cache
    claim(.acceptsOnePage, isInOnePage)
    claim(.saysValid, isValidForBytes(state) .& isLookedUpSince(state))
    if let word = ending.word {
      let isGuest = operation == .enter
      claim(.showsPlace, word .== state[isGuest ? Cache.frame : Cache.mapping, cache])
      if !isGuest {
        let offset = (word ^ arguments.bytes.address) & BitVector(HostMemory.offsetMask)
        let isMapped = state[Cache.use, cache] & BitVector(PfnCacheUse.kernel) .!= PfnJudge.zero
        claim(.showsPlace, (word .== PfnJudge.zero) .| (offset .== PfnJudge.zero))
        claim(.showsPlace, .implies(isMapped, word .!= PfnJudge.zero))
      }
    }
    guard operation == .access else { return }
    let page = arguments.bytes.address &>> HostMemory.pageShift
    claim(
      .notesWrites,
      discipline.written.reduce(Formula(discipline.written.count == (arguments.flag ? 1 : 0))) {
        $0 .& ($1 .== page)
      }
    )
  }

  private mutating func promiseInvalidation() {
    claim(.announcesFirst, Formula(discipline.isAnnounced))
    guard machine.step(), let before = discipline.movesBefore else { return }
    machine.observeOthers()
    claim(.passesAll, discipline.hasPassed(machine.state))
    let (state, vcpu) = (machine.state, PfnProofRecord.vcpu)
    let hasReentered = state[PfnMemory.entries, vcpu] .!= discipline.entriesThen
    claim(
      .clearsGuestMode,
      .!discipline.isNamed .| .!state.isSet(VCPURecord.mode, vcpu) .| hasReentered
    )
    // Others look at a cache while nobody changes it.
    machine.assumeInvariants(of: PfnDiscipline.lock)
    let cache = PfnJudge.cache
    let isOld = discipline.passesBefore.map { state[PfnMemory.stamp, cache] .<= $0 }
    let isThere =
      (state[PfnMemory.moves, cache] .== before)
      .& discipline.isCovered(state[Cache.hostAddress, cache])
    claim(
      .leavesNoneValid,
      .!(isThere .& state.isSet(Cache.isValid, cache) .& (isOld ?? Formula(true)))
    )
  }

  // MARK: What is true of a cache

  private func isEmpty(_ state: RecordState?) -> Formula {
    guard let state else { return Formula(false) }
    let cache = PfnJudge.cache
    return .all([
      .!state.isSet(Cache.isValid, cache), .!state.isSet(Cache.mapping, cache),
      state[Cache.frame, cache] .== BitVector(HostMemory.noFrame),
    ])
  }

  /// Whether the cache is valid for the bytes, by the slots that the call read last.
  private func isValidForBytes(_ state: RecordState) -> Formula {
    let cache = PfnJudge.cache
    let slots = FieldPlace(PfnMachineRecord.slots, of: PfnDiscipline.owner)
    var layout: BitVector?
    for case .read(slots, let value) in machine.trace { layout = value }
    guard let layout else { return Formula(false) }
    let isBySlots = PfnProofRecord.layouts.map { address in
      Formula.implies(
        layout .== BitVector(address),
        state[Cache.generation, cache] .== state[SlotsRecord.generation, address]
      )
    }
    return .all(
      isBySlots + [
        state.isSet(Cache.isValid, cache), state.isSet(Cache.isActive, cache),
        state[Cache.guestAddress, cache] .== arguments.bytes.address,
        discipline.isBySlots(state),
      ]
    )
  }

  /// Whether the cache's frame was looked up where the cache is, after the last invalidation.
  private func isLookedUpSince(_ state: RecordState) -> Formula {
    let cache = PfnJudge.cache
    return .all([
      state.isSet(PfnMemory.isClean, cache),
      state[PfnMemory.stamp, cache] .== state[PfnMemory.passes, cache],
      state[PfnMemory.lookedUpAt, cache] .== state[Cache.hostAddress, cache],
    ])
  }

  // MARK: What was reached

  private mutating func note() {
    let isAgain = discipline.hasBegunAgain
    if isAgain { reached.insert("again") }
    if operation == .invalidate { noteTurns() }
    if machine.isCut { return }
    reached.insert(ending.name)
    switch operation {
    case .refresh, .activate:
      let hasMapped = discipline.mappings.entries.count > 1
      if !discipline.lookUps.isEmpty { reached.insert("looked up") }
      if hasMapped { reached.insert("mapped") }
      guard ending.result == .ok else { return }
      reached.insert(discipline.lookUps.isEmpty ? "found valid" : hasMapped ? "mapped" : "kept")
    case .unmap, .deactivate:
      reached.insert(discipline.hasUnmapped ? "unmapped" : "nothing to unmap")
    case .access: if ending.saysYes == true { reached.insert(arguments.flag ? "written" : "read") }
    case .invalidate: if hasKicked { reached.insert("kicked") }
    case .construct, .check, .enter, .end: break
    }
  }

  /// Whether the vCPU was interrupted.
  private var hasKicked: Bool {
    machine.trace.contains { event in
      if case .write(FieldPlace(VCPURecord.isKicked, of: PfnProofRecord.vcpu), _) = event {
        true
      } else {
        false
      }
    }
  }

  private mutating func noteTurns() {
    let names = [
      PfnJudge.cache: "came by", PfnProofRecord.other: "came by one ahead",
      PfnProofRecord.behind: "came by one behind", 0: "came to the end",
    ]
    for turn in discipline.turns { reached.insert(names[turn] ?? "?") }
  }
}
