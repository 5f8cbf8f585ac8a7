import Machines
import Symbolic
import Walkers

// What is kept in mind of a path: it is brought up to date in the same step as what it is about.

extension PfnDiscipline {
  func acquired(_ lock: FieldPlace, _ machine: SymbolicRecordMachine) {
    let (cache, owner) = (PfnDiscipline.cache, PfnDiscipline.owner)
    let state = machine.state
    switch lock {
    case PfnDiscipline.mutex:
      if bounds.isUnused {
        machine.explorer.assume(.!state.isSet(PfnCacheRecord.isActive, cache), later: true)
      }
      for (number, field) in PfnMemory.bySlots.enumerated() where style.isIndexed {
        let isBySlots = isBySlots(state, layout: number)
        machine.explorer.assume(.equivalent(state.isSet(field, cache), isBySlots), later: true)
      }
      // What the cache has mapped is in the hands of whoever holds its mutex.
      let mapping = state[PfnCacheRecord.mapping, cache]
      mappings.add(
        state[PfnCacheRecord.frame, cache],
        mapping & ~BitVector(HostMemory.offsetMask),
        where: mapping .!= BitVector(0)
      )
    case PfnDiscipline.lock where style == .listed && machine.holdsLock(PfnDiscipline.mutex):
      for (number, field) in PfnMemory.bySlots.enumerated() {
        let isBySlots = isBySlots(state, layout: number)
        machine.explorer.assume(.equivalent(state.isSet(field, cache), isBySlots), later: true)
      }
    case PfnDiscipline.notifierLock:
      let (covering, all) = (state[PfnMemory.covering, owner], state[PfnMemory.announced, owner])
      switch role {
      case .user:
        // What is open is so by an invalidation that is under way.
        machine.explorer.assume(
          .implies(state.isSet(PfnMemory.isOpen, cache), covering .!= BitVector(0))
        )
      case .begins:
        movesBefore = movesBefore ?? state[PfnMemory.moves, cache]
        passesBefore = passesBefore ?? state[PfnMemory.passes, cache]
      case .ends:
        // The one that it ends is under way until then.
        machine.explorer.assume((covering .!= BitVector(0)) .| .!isCovered(watched))
        machine.explorer.assume((covering .!= all) .| isCovered(watched))
      }
    default: break
    }
  }

  func finds(in place: FieldPlace) -> BitVector? {
    guard place == FieldPlace(PfnMachineRecord.slots, of: PfnDiscipline.owner) else { return nil }
    // Whatever layout is found is called the first, and what is found later the second: it may be like it.
    let layout = PfnProofRecord.layouts[hasReadSlots ? 1 : 0]
    hasReadSlots = true
    return BitVector(layout)
  }

  func wrote(_ place: FieldPlace, over old: BitVector, _ machine: SymbolicRecordMachine) {
    typealias Cache = PfnCacheRecord
    if let list = style.lists.first(where: { machine.holdsAlone($0.lock) }) {
      if place == list.first || place.field == Cache.next || place.field == Cache.previous {
        changedLists.insert(list.lock)
      }
    }
    guard place.record == PfnDiscipline.cache else { return }
    let cache = PfnDiscipline.cache
    let value = machine.state[place]
    if isBeginning, [Cache.isValid, Cache.wasInvalidated].contains(place.field) {
      machine.oblige(.invalidatesCovered, isCovered(machine.state[Cache.hostAddress, cache]))
    }
    machine.remember { state in
      switch place.field {
      case Cache.wasInvalidated:
        state[PfnMemory.prepared, cache] = .select(
          value .== BitVector(0),
          state[PfnMemory.passes, cache],
          state[PfnMemory.prepared, cache]
        )
      case Cache.frame:
        guard let last = lookUps.last else {
          state[PfnMemory.isClean, cache] = BitVector(0)
          return
        }
        let isClean = (value .== last.frame) .& .!last.isOpen
        state[PfnMemory.isClean, cache] = .select(isClean, BitVector(1), BitVector(0))
        state[PfnMemory.stamp, cache] = last.passes
        state[PfnMemory.lookedUpAt, cache] = last.address
      case Cache.hostAddress: move(where: value .!= old, &state)
      default: break
      }
      guard [Cache.hostAddress, Cache.guestAddress, Cache.generation].contains(place.field) else {
        return
      }
      for (number, field) in PfnMemory.bySlots.enumerated() {
        let isBySlots = isBySlots(state, layout: number)
        state[field, cache] = .select(isBySlots, BitVector(1), BitVector(0))
      }
    }
  }

  /// The cache is found elsewhere from here on; whether something is under way there is not known.
  private func move(where hasMoved: Formula, _ state: inout RecordState) {
    if hasMoved.constant == false { return }
    let cache = PfnDiscipline.cache
    let moves = state[PfnMemory.moves, cache]
    state[PfnMemory.moves, cache] = .select(hasMoved, moves &+ BitVector(1), moves)
    state[PfnMemory.isOpen, cache] = .select(
      hasMoved,
      fresh("open after move"),
      state[PfnMemory.isOpen, cache]
    )
  }

  func releases(_ lock: FieldPlace, _ machine: SymbolicRecordMachine) {
    switch lock {
    case PfnDiscipline.lock: releasesCache(machine)
    case PfnDiscipline.mutex:
      done = machine.state
      judgeHoldings(machine)
    case PfnDiscipline.notifierLock: releasesNotifier(machine)
    default:
      guard let number = style.lists.firstIndex(where: { $0.lock == lock }) else { return }
      if isBeginning { visited.append(number) }
      if changedLists.remove(lock) != nil { changed(list: number, machine) }
    }
  }

  /// Who holds the lock of a cache in the call's range has passed it by.
  private func releasesCache(_ machine: SymbolicRecordMachine) {
    let cache = PfnDiscipline.cache
    if isBeginning {
      let isCovered = isCovered(machine.state[PfnCacheRecord.hostAddress, cache])
      machine.oblige(.announcesFirst, Formula(isAnnounced) .| .!isCovered)
      machine.remember { state in
        let passes = state[PfnMemory.passes, cache]
        state[PfnMemory.passes, cache] = .select(isCovered, passes &+ BitVector(1), passes)
        state[PfnMemory.isOpen, cache] = .select(
          isCovered,
          BitVector(1),
          state[PfnMemory.isOpen, cache]
        )
      }
      let isAny = isPassed .| isCovered
      isPassed = isAny
      nameVCPU(where: isCovered, machine.state)
    }
    if machine.holdsLock(PfnDiscipline.mutex) { judgeShown(machine) }
    released = machine.state
  }

  private func releasesNotifier(_ machine: SymbolicRecordMachine) {
    let owner = PfnDiscipline.owner
    let (one, zero) = (BitVector(1), BitVector(0))
    guard range != nil, !isAnnounced else { return }
    isAnnounced = true
    let isCovered = isCovered(watched)
    machine.remember { state in
      let step = isBeginning ? one : zero &- one
      let covering = state[PfnMemory.covering, owner]
      state[PfnMemory.covering, owner] = .select(isCovered, covering &+ step, covering)
      state[PfnMemory.announced, owner] = state[PfnMemory.announced, owner] &+ step
    }
  }

  /// Brings up to date which list the cache is on.
  private func changed(list number: Int, _ machine: SymbolicRecordMachine) {
    let (cache, other) = (PfnDiscipline.cache, PfnProofRecord.other)
    let first = machine.state[style.lists[number].first]
    let isThere =
      (first .== BitVector(cache))
      .| ((first .== BitVector(other))
        .& (machine.state[PfnCacheRecord.next, other] .== BitVector(cache)))
    let here = BitVector(UInt64(number + 1))
    machine.remember { state in
      let old = state[PfnMemory.list, cache]
      let gone = BitVector.select(old .== here, BitVector(0), old)
      let new = BitVector.select(isThere, here, gone)
      state[PfnMemory.list, cache] = new
      move(where: isThere .& (old .!= here), &state)
    }
  }

  // MARK: What has to be given back

  /// Judges that what the cache shows is mapped.
  func judgeShown(_ machine: SymbolicRecordMachine) {
    let mapping = machine.state[PfnCacheRecord.mapping, PfnDiscipline.cache]
    let frame = machine.state[PfnCacheRecord.frame, PfnDiscipline.cache]
    let base = mapping & ~BitVector(HostMemory.offsetMask)
    machine.oblige(
      Clause.undoesMappingsOnce.name,
      "leaves nothing in a cache that it has unmapped",
      (mapping .== BitVector(0))
        .| mappings.has { ($0.first .== frame) .& ($0.second .== base) }
    )
  }

  /// Judges, where something was unmapped, that the cache does not show it, with its refreshes excluded.
  func judgeUnmapped(_ machine: SymbolicRecordMachine) {
    hasUnmapped = true
    if machine.holdsAlone(PfnDiscipline.mutex) { judgeShown(machine) }
  }

  /// Judges that what is mapped is what the cache has, and that no reference is held.
  func judgeHoldings(_ machine: SymbolicRecordMachine) {
    let mapping = machine.state[PfnCacheRecord.mapping, PfnDiscipline.cache]
    let isMapped = mapping .!= BitVector(0)
    machine.oblige(
      .losesNoMapping,
      mappings.isExactly(
        machine.state[PfnCacheRecord.frame, PfnDiscipline.cache],
        mapping & ~BitVector(HostMemory.offsetMask),
        where: isMapped
      )
    )
    machine.oblige(.keepsNoReference, references.isEmpty)
  }

  func beginsAgain(_ machine: SymbolicRecordMachine) {
    let held = machine.held.map(\.lock)
    machine.oblige(
      .beginsAgainAlike,
      Formula(held == (range == nil ? [PfnDiscipline.mutex] : []))
    )
    hasBegunAgain = true
    isSecondLookUp = false
    if held.contains(PfnDiscipline.mutex) { judgeHoldings(machine) }
  }
}
