import Machines
import Symbolic
import Walkers

// What an invalidation has in common with itself from one cache of a list to the next, of which there may
// be any number.

extension PfnDiscipline {
  private static let ahead = BitVector(PfnProofRecord.other)
  private static let behind = BitVector(PfnProofRecord.behind)
  private static let nobody = BitVector(0)

  /// That one comes from a list's beginning to the cache, if it is on the list, and after that to its end.
  ///
  /// Each cache that is ahead of it stands for all of them, and each that is behind it.
  func isChain(_ number: Int) -> RecordInvariant {
    let first = style.lists[number].first
    return RecordInvariant(Clause.linksLists.name, Clause.linksLists.text, []) { state in
      let cache = PfnDiscipline.cache
      func next(_ record: UInt64) -> BitVector { state[PfnCacheRecord.next, record] }
      func isOn(_ record: UInt64) -> Formula {
        state[PfnMemory.list, record] .== BitVector(UInt64(number + 1))
      }
      let (other, last) = (PfnProofRecord.other, PfnProofRecord.behind)
      let isThere = isOn(cache)
      return .all([
        self.leads(state[first], toCacheWhere: isThere),
        .implies(isThere, self.leads(next(cache), toCacheWhere: Formula(false))),
        .implies(isOn(other), isThere .& self.leads(next(other), toCacheWhere: Formula(true))),
        .implies(isOn(last), self.leads(next(last), toCacheWhere: Formula(false))),
        .implies(state[first] .== PfnDiscipline.ahead, isOn(other)),
        .implies(isThere .& (next(cache) .== PfnDiscipline.behind), isOn(last)),
        .implies(state[first] .== PfnDiscipline.behind, isOn(last)),
      ])
    }
  }

  /// Whether one comes from a pointer to the cache, or, where that is not true, to the end without it.
  private func leads(_ pointer: BitVector, toCacheWhere isBefore: Formula) -> Formula {
    let isAhead = (pointer .== PfnDiscipline.ahead) .| (pointer .== BitVector(PfnDiscipline.cache))
    let isBehind = (pointer .== PfnDiscipline.behind) .| (pointer .== PfnDiscipline.nobody)
    return (isBefore .& isAhead) .| (.!isBefore .& isBehind)
  }

  /// An invalidation that comes by a cache that names the vCPU has to see it out of guest mode.
  func nameVCPU(where isCovered: Formula, _ state: RecordState) {
    let cache = PfnDiscipline.cache
    let isGuest =
      state[PfnCacheRecord.use, cache] & BitVector(PfnCacheUse.guest) .!= PfnDiscipline.nobody
    let isThis = state[PfnCacheRecord.vcpu, cache] .== BitVector(PfnProofRecord.vcpu)
    let isIt = isCovered .& isGuest .& isThis
    let isAny = isNamed .| isIt
    isNamed = isAny
    entriesThen = .select(isIt, state[PfnMemory.entries, PfnProofRecord.vcpu], entriesThen)
  }

  /// A vCPU that was seen out of guest mode is in it only by another entry.
  var entered: StepInvariant {
    let vcpu = PfnProofRecord.vcpu
    let places = [PfnMemory.entries, VCPURecord.mode].map { FieldPlace($0, of: vcpu) }
    return StepInvariant(
      Clause.clearsGuestMode.name,
      Clause.clearsGuestMode.text,
      Set(places)
    ) { before, after in
      let entries = (before[PfnMemory.entries, vcpu], after[PfnMemory.entries, vcpu])
      let isOut = .!before.isSet(VCPURecord.mode, vcpu)
      return (entries.0 .<= entries.1)
        .& .implies(isOut .& (entries.0 .== entries.1), .!after.isSet(VCPURecord.mode, vcpu))
    }
  }

  func rounds(_ machine: SymbolicRecordMachine) -> RecordRounds? {
    guard isBeginning else { return nil }
    let number = style.lists.firstIndex { machine.holdsAlone($0.lock) } ?? 0
    return RecordRounds(
      place: "list \(number) after \(visited), \(isAnnounced), \(changedLists.count)",
      knowing: bearings,
      turns: [PfnDiscipline.cache, PfnProofRecord.other, PfnProofRecord.behind, 0],
      frame: (Clause.roundsAlike.name, Clause.roundsAlike.text),
      invariants: { [unowned self] turn, carried in
        if let turn = turn.constant { turns.insert(turn) }
        return atHead(number, turn, carried, machine.state)
      },
      forget: { [unowned self] in
        isPassed = context.proposition("passed \(turns.count) \(machine.stepCount)")
        isNamed = context.proposition("named \(turns.count) \(machine.stepCount)")
        entriesThen = fresh("entries then")
      }
    )
  }

  /// What is true whenever an invalidation comes to the next cache of a list.
  private func atHead(
    _ number: Int,
    _ turn: BitVector,
    _ carried: BitVector,
    _ state: RecordState
  ) -> [RecordObligation] {
    let (cache, vcpu) = (PfnDiscipline.cache, PfnProofRecord.vcpu)
    func isOn(_ record: UInt64) -> Formula {
      state[PfnMemory.list, record] .== BitVector(UInt64(number + 1))
    }
    let isOnList: Formula = .all([
      leads(turn, toCacheWhere: isOn(cache)) .| leads(turn, toCacheWhere: Formula(false)),
      .implies(turn .== PfnDiscipline.ahead, isOn(PfnProofRecord.other)),
      .implies(turn .== PfnDiscipline.behind, isOn(PfnProofRecord.behind)),
    ])
    let isBehind = leads(turn, toCacheWhere: Formula(false)) .& isOn(cache)
    let wasVisited = visited.map { number in
      state[PfnMemory.list, cache] .== BitVector(UInt64(number + 1))
    }
    let isLater: Formula = .all(
      [(movesBefore, PfnMemory.moves), (passesBefore, PfnMemory.passes)].map { before, count in
        before.map { $0 .<= state[count, cache] } ?? Formula(true)
      }
    )
    let isKnown =
      .!isNamed
      .| ((carried & state[VCPURecord.bit, vcpu] .!= PfnDiscipline.nobody)
        .& (entriesThen .<= state[PfnMemory.entries, vcpu]))
    return [
      obligation(.roundsAlike, isOnList), obligation(.linksLists, isChain(number).formula(state)),
      obligation(
        .passesAll,
        isLater .& .implies(.any([isBehind] + wasVisited), hasPassed(state))
      ),
      obligation(
        .leavesNoneValid,
        .!isPassed .| .!(state[PfnMemory.passes, cache] .<= (passesBefore ?? PfnDiscipline.nobody))
      ),
      obligation(.clearsGuestMode, isKnown),
    ]
  }

  /// What of the range may be known where a list is come to: which pages it has, and on which list the
  /// caches of its first are.
  private var bearings: [Formula] {
    guard let range else { return [] }
    let first = range.start &>> HostMemory.pageShift
    let last = (range.end &- BitVector(1)) &>> HostMemory.pageShift
    return style.lists.indices.map { list(of: range.start) .== BitVector(UInt64($0 + 1)) }
      + [
        range.end .<= BitVector(HostMemory.noAddress), first .<= last,
        (first &+ BitVector(1)) .<= last,
      ]
  }

  private func obligation(_ clause: Clause, _ formula: Formula) -> RecordObligation {
    RecordObligation(name: clause.name, text: clause.text, formula: formula)
  }

  /// Whether the cache was come by, if it is in the range and was there before it was announced.
  func hasPassed(_ state: RecordState) -> Formula {
    guard let movesBefore else { return Formula(true) }
    let cache = PfnDiscipline.cache
    let isThere =
      (state[PfnMemory.moves, cache] .== movesBefore)
      .& state.isSet(PfnMemory.list, cache)
      .& isCovered(state[PfnCacheRecord.hostAddress, cache])
    return .implies(isThere, isPassed)
  }
}
