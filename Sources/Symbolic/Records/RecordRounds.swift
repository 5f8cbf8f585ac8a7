import Machines

/// What the rounds of a loop over any number of records have in common: an invariant of its head.
///
/// A path follows one round from any state in which the invariant is true, and ends where the next would
/// begin; or it goes on behind the loop, from any such state in which it is nobody's turn. How the head was
/// come to does not matter from there on, so of the paths that come to one the first is followed.
public struct RecordRounds {
  /// Which head of a loop it is, with all that is kept in mind of the path beside fields and is not
  /// forgotten, as far as it is not the same on every path.
  public let place: String
  /// What of the call's arguments may be known there.
  public let facts: [Formula]
  /// Whose turn it may be; 0 for nobody's.
  public let turns: [UInt64]
  /// What breaks where a round leaves another lock held than it found, or changes what the locks that are
  /// held at the head protect.
  public let frame: (name: String, text: String)
  /// What is true at the head, of whose turn it is (0 for nobody's) and what is carried.
  public let invariants: (_ turn: BitVector, _ carried: BitVector) -> [RecordObligation]
  /// Makes arbitrary what is kept in mind of the path beside fields, as far as rounds change it.
  public let forget: () -> Void

  /// What rounds have in common.
  public init(
    place: String,
    knowing facts: [Formula],
    turns: [UInt64],
    frame: (name: String, text: String),
    invariants: @escaping (_ turn: BitVector, _ carried: BitVector) -> [RecordObligation],
    forget: @escaping () -> Void
  ) {
    self.place = place
    self.facts = facts
    self.turns = turns
    self.frame = frame
    self.invariants = invariants
    self.forget = forget
  }
}

/// The head of a loop from which one round is followed.
struct RoundHead {
  let state: RecordState
  let held: [FieldPlace]
  /// Where each field has to be as it was.
  let isKept: [(place: FieldPlace, isKept: Formula)]
}

extension SymbolicRecordMachine {
  /// One arbitrary round, or none: the path forks over whose turn it is.
  public func turn(of next: BitVector, carrying carried: inout BitVector) -> BitVector? {
    guard !isCut else { return nil }
    guard let rounds = discipline.rounds(self) else {
      return holds(next .== BitVector(0)) ? nil : next
    }
    // What others did since the head was come to must leave the invariant true too.
    guard step() else { return nil }
    observeOthers()
    for obligation in rounds.invariants(next, carried) {
      oblige(obligation.name, obligation.text, obligation.formula)
    }
    if let head {
      obligeFrame(rounds, since: head)
      cut()
      return nil
    }
    return begin(rounds, &carried)
  }

  /// One arbitrary place, or none.
  ///
  /// Whose turn it is is told by the place's number and 1, and 0 is nobody's; what is carried is how many
  /// there are. Who comes to the first has left the loop before in the midst of a round, if at all.
  public func turn(at next: Int, below count: BitVector) -> Int? {
    guard !isCut else { return nil }
    if next == 0 { head = nil }
    let (number, isThere) = (UInt64(next), BitVector(UInt64(next)) .< count)
    guard discipline.rounds(self) != nil else { return holds(isThere) ? next : nil }
    var carried = count
    let place = BitVector.select(isThere, BitVector(number + 1), BitVector(0))
    return turn(of: place, carrying: &carried)?.constant.map { Int($0) - 1 }
  }

  private func begin(_ rounds: RecordRounds, _ carried: inout BitVector) -> BitVector? {
    guard step() else { return nil }
    guard explorer.arrive(at: rounds.place, knowing: rounds.facts) else {
      cut()
      return nil
    }
    forget()
    rounds.forget()
    let name = "round \(stepCount)"
    carried = explorer.context.variable("\(name) carried")
    let turn =
      rounds.turns.first { holds(explorer.context.proposition("\(name) \($0)")) } ?? 0
    let known = rounds.invariants(BitVector(turn), carried).map(\.formula)
    explorer.assume(.all(known))
    note(.answer(BitVector(turn)))
    note(.answer(carried))
    guard turn != 0 else { return nil }
    head = RoundHead(
      state: state,
      held: held.map(\.lock),
      isKept: (discipline.places + newPlaces).map { ($0, stability(of: $0)) }
    )
    return BitVector(turn)
  }

  /// A round has to hold what it held, and to keep what nobody else may change meanwhile.
  private func obligeFrame(_ rounds: RecordRounds, since head: RoundHead) {
    let isSame = head.isKept.map { field in
      Formula.implies(field.isKept, state[field.place] .== head.state[field.place])
    }
    let holdsAlike = Formula(held.map(\.lock) == head.held)
    oblige(rounds.frame.name, rounds.frame.text, .all([holdsAlike] + isSame))
  }
}
