import Machines
import Symbolic
import Walkers

// What a walk over the fences of a list has in common with itself from one fence to the next, of which there
// may be any number.

extension BufferDiscipline {
  func rounds(_ machine: SymbolicRecordMachine) -> RecordRounds? {
    guard operation.hasRounds else { return nil }
    let isLocked = machine.holdsAlone(.reservationLock)
    return RecordRounds(
      place: bearings(isLocked),
      knowing: [],
      turns: (0..<operation.slotCount).map { UInt64($0 + 1) },
      frame: (Clause.fencesAlike.name, Clause.fencesAlike.text),
      invariants: { [unowned self] turn, count in
        atHead(turn, count, machine.state, isLocked: isLocked)
      },
      forget: { [unowned self] in ownAtHead = references }
    )
  }

  /// Comes to the first fence of a list: of those that went before, each stands for others from here on.
  func beginsRounds() {
    ownAtHead = nil
    gone.subtract(freed.intersection(fences))
    freed.subtract(fences)
  }

  /// The references that the thread has.
  var references: [UInt64: Int] { own.filter { $0.value != 0 } }

  /// All that is kept in mind of the path and is not the same on every path that comes to a list, but for
  /// words of which the head's invariants say what is known.
  private func bearings(_ isLocked: Bool) -> String {
    let kept = references.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    let others = gone.subtracting(fences).sorted()
    let flags = [
      isLocked, hasRoom, ownAtLook != nil, taken != nil, sequenceRead != nil, hasReplaced,
    ]
    let holdings = "\(kept), \(others), \(sectionDepth), \(isCallbackTaken)"
    return "\(usage) of \(lookedAt ?? 0), \(flags), \(holdings)"
  }

  /// What is true whenever a walk comes to the next fence of a list.
  private func atHead(
    _ turn: BitVector,
    _ count: BitVector,
    _ state: RecordState,
    isLocked: Bool
  ) -> [RecordObligation] {
    // No callback was added behind one of others.
    let isLast = state[CallbackRecord.next, Records.otherCallback] .== BitVector(0)
    let known = [
      alike(turn, count), isSameList(state, isLocked: isLocked),
      obligation(.fencesAlike, isLast),
    ]
    if operation == .add { return known + [isRoomy(turn, count), isCounted(state)] }
    // Behind the fence that is watched, or where it would be behind the last.
    let (nobody, watched) = (BitVector(0), BitVector(UInt64(Records.watchedSlot)))
    let isBehind =
      (turn .== nobody) .| (watched &+ BitVector(1) .< turn) .| .!(watched .< count)
    return known + [
      isNoLater(state),
      obligation(
        operation == .poll ? .reportsReady : .waitsForAll,
        .implies(isBehind, hasPassed(state))
      ),
    ]
  }

  /// The thread has what it had, nothing of what stands for others, and comes to one that is there, or to
  /// the end.
  private func alike(_ turn: BitVector, _ count: BitVector) -> RecordObligation {
    let others = Records.fences + [Records.otherFence]
    return obligation(
      .fencesAlike,
      .all([
        Formula(ownAtHead.map { $0 == references } ?? true),
        Formula(others.allSatisfy { own[$0, default: 0] == 0 }),
        Formula(gone.isSubset(of: freed)),
        roundCount.map { count .== $0 } ?? Formula(true),
        (turn .== BitVector(0)) .| (turn .<= count),
      ])
    )
  }

  /// Under the lock the list is the reservation's; without it others may have put another in its place, and
  /// none that was there before.
  private func isSameList(_ state: RecordState, isLocked: Bool) -> RecordObligation {
    let current = state[ReservationRecord.fences, Records.reservation]
    guard let lookedAt, isLocked else {
      let before = [0, Records.lists[0]].filter { $0 != lookedAt ?? 0 }
      return obligation(.fencesAlike, .all(before.map { current .!= BitVector($0) }))
    }
    return obligation(.fencesAlike, current .== BitVector(lookedAt))
  }

  /// Who has room for a fence in a table comes to an empty place before the end.
  private func isRoomy(_ turn: BitVector, _ count: BitVector) -> RecordObligation {
    let isBehind = (turn .== BitVector(0)) .| (BitVector(UInt64(operation.slotCount)) .< turn)
    return obligation(.fencesAlike, Formula(!(hasTable && hasRoom)) .| .!isBehind)
  }

  /// No fewer fences were added than when the lock was taken.
  private func isCounted(_ state: RecordState) -> RecordObligation {
    let sequence = FieldPlace(ReservationRecord.sequence, of: Records.reservation)
    return obligation(
      .countsAdditions,
      taken.map { $0[sequence] .<= state[sequence] } ?? Formula(true)
    )
  }

  /// No fewer fences were added than when the thread asked how many.
  private func isNoLater(_ state: RecordState) -> RecordObligation {
    let sequence = state[ReservationRecord.sequence, Records.reservation]
    return obligation(.knowsSignalled, sequenceRead.map { $0 .<= sequence } ?? Formula(true))
  }

  /// Whether the fence that is watched is signalled, if it is asked for, while the list is the reservation's
  /// that is looked at.
  private func hasPassed(_ state: RecordState) -> Formula {
    guard let lookedAt else { return Formula(true) }
    let isCurrent = state[ReservationRecord.fences, Records.reservation] .== BitVector(lookedAt)
    let isAsked = watchedUsage .<= BitVector(UInt64(usage.rawValue))
    return .implies(isCurrent .& isAsked, isWatchedSignalled(state))
  }

  private func obligation(_ clause: Clause, _ formula: Formula) -> RecordObligation {
    RecordObligation(name: clause.name, text: clause.text, formula: formula)
  }
}
