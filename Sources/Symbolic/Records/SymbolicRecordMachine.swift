public import Machines

/// A machine of records whose words are Z3 terms, and beside whose thread any number of others run.
///
/// Before each step others may have done anything that the discipline lets them: whatever no held lock
/// protects is then arbitrary within its invariants. What they did is looked at when it matters, since
/// many of their steps in a row are a step of theirs. Every step of the walker's must keep the
/// invariants in turn. So what is shown on every path is true for any number of threads that keep to
/// the discipline, under sequential consistency.
///
/// Records have addresses that are constants; a pointer is one of them or it is not, and where the path
/// does not say which, it forks.
public final class SymbolicRecordMachine: RecordMachine {
  /// Words are terms.
  public typealias W = BitVector
  /// Records are their addresses.
  public typealias Record = BitVector

  /// Who follows the paths.
  public let explorer: PathExplorer
  /// What threads owe each other.
  public let discipline: any RecordDiscipline
  /// What every field holds, as far as this thread knows.
  public internal(set) var state: RecordState
  /// What every field held in the beginning.
  public let initial: RecordState
  /// What happened on this path, in order.
  public private(set) var trace: [SymbolicRecordEvent] = []
  /// What must be true on this path, and what the explorer knows each by.
  private var duties: [(obligation: RecordObligation, expectation: Int)] = []
  /// What was asked on this path, whether or not it was known at once.
  public private(set) var judged: Set<String> = []
  /// Whether the path ends here: the walker did something after which nothing it does has a meaning, or
  /// begins again as it began.
  public private(set) var isCut = false
  /// Which locks are held, and how, in the order in which they were taken.
  public internal(set) var held: [(lock: FieldPlace, mode: LockMode)] = []
  /// A field whose reading is of interest.
  public var lookout: FieldPlace?
  /// What was true when it was read last.
  public internal(set) var seen: RecordState?
  /// How many more rounds of waiting are followed.
  public var roundAllowance: Int
  /// How many steps were taken.
  public private(set) var stepCount = 0

  /// The addresses of all records.
  var addresses: [UInt64]
  /// Those that were made on this path and that nobody else can know.
  var privateRecords: Set<UInt64> = []
  /// Their fields.
  var newPlaces: [FieldPlace] = []
  /// Those that were given back on this path.
  var freedRecords: Set<UInt64> = []
  /// How deep the thread is in sections.
  var sectionDepth = 0
  /// Where the round began that is followed in place of all.
  var head: RoundHead?
  private var moment = 0
  private var isDisturbed = true

  /// A machine for one path, whose thread finds arbitrary records within the invariants.
  public init(explorer: PathExplorer, discipline: any RecordDiscipline, roundAllowance: Int = 1) {
    self.explorer = explorer
    self.discipline = discipline
    self.roundAllowance = roundAllowance
    var state = RecordState(context: explorer.context, masks: discipline.masks)
    for (place, value) in discipline.constants { state[place] = BitVector(value) }
    self.state = state
    initial = state
    addresses = Set(discipline.places.map(\.record)).sorted()
    assumeInvariants(since: nil)
  }

  // MARK: The path

  /// Decides a condition: the path forks where both are possible.
  public func holds(_ condition: Formula) -> Bool {
    isCut ? explorer.toss() : explorer.decide(condition)
  }

  /// Ends the path here; what was found so far counts.
  public func cut() { isCut = true }

  /// Notes what must be true.
  public func oblige(_ name: String, _ text: String, _ formula: Formula) {
    guard !isCut else { return }
    judged.insert(name)
    if formula.constant == true { return }
    let obligation = RecordObligation(name: name, text: text, formula: formula)
    duties.append((obligation, explorer.expect(formula)))
  }

  /// What must be true on this path, but for what is known to be.
  public var obligations: [RecordObligation] {
    duties.filter { !explorer.isKnown($0.expectation) }.map(\.obligation)
  }

  /// Notes a duty of every walker's.
  public func oblige(duty name: String, _ formula: Formula) {
    oblige(name, RecordDuty.text(name), formula)
  }

  /// Takes note of what happened.
  public func note(_ event: SymbolicRecordEvent) {
    if !isCut { trace.append(event) }
  }

  /// Comes to a step, before which others may run; false where the path is cut.
  public func step() -> Bool {
    guard !isCut, !explorer.isAbandoned else { return false }
    stepCount += 1
    isDisturbed = true
    if stepCount > 2000 { explorer.abandon(because: "a path with more than 2000 steps") }
    return true
  }

  /// A round of waiting is over: the path goes on for as many as are allowed.
  public func beginAgain() {
    guard !isCut else { return }
    discipline.beginsAgain(self)
    roundAllowance -= 1
    if roundAllowance < 0 { cut() }
  }

  // MARK: The others

  /// Whether a field is as this thread left it, whatever others do.
  public func stability(of place: FieldPlace) -> Formula {
    if privateRecords.contains(place.record) { return Formula(true) }
    switch discipline.protection(of: place, in: state) {
    case .constant, .caller: return Formula(true)
    case .nobody: return Formula(false)
    case .locks(let locks):
      return .any(locks.filter { holdsLock($0.lock) }.map(\.when))
    }
  }

  /// Whether this thread may change a field.
  func permission(for place: FieldPlace) -> Formula {
    // What is in a lock or a queue is its own.
    let kind = place.field.kind
    guard kind == .word || kind == .descriptor else { return Formula(false) }
    if privateRecords.contains(place.record) { return Formula(true) }
    switch discipline.protection(of: place, in: state) {
    case .constant: return Formula(false)
    case .nobody, .caller: return Formula(true)
    case .locks(let locks):
      return .all(locks.filter { !holdsAlone($0.lock) }.map { .!$0.when })
    }
  }

  /// Whether this thread holds a lock.
  public func holdsLock(_ lock: FieldPlace) -> Bool { held.contains { $0.lock == lock } }

  /// Whether it holds it alone.
  public func holdsAlone(_ lock: FieldPlace) -> Bool {
    held.contains { $0.lock == lock && !$0.mode.isShared }
  }

  /// Looks at what others did: what no held lock protects becomes arbitrary within the invariants.
  public func observeOthers() {
    guard isDisturbed, !isCut else { return }
    isDisturbed = false
    moment += 1
    let before = state
    for place in discipline.places + newPlaces {
      state.forget(place, at: moment, unless: stability(of: place))
    }
    state.written = []
    assumeInvariants(since: before)
    note(.others(before: before, after: state))
  }

  /// Makes every field that is not a constant arbitrary within the invariants, whatever locks are held.
  func forget() {
    precondition(newPlaces.isEmpty && privateRecords.isEmpty, "a loop is come to with new records")
    isDisturbed = false
    moment += 1
    let before = state
    for place in discipline.places {
      if case .constant = discipline.protection(of: place, in: before) { continue }
      state.forget(place, at: moment, unless: Formula(false))
    }
    state.written = []
    assumeInvariants(since: nil)
    note(.others(before: before, after: state))
  }

  private func assumeInvariants(since before: RecordState?) {
    var known = discipline.invariants.map { $0.formula(state) } + [discipline.meaning(of: state)]
    if let before {
      let relied = discipline.steps.filter { step in step.exemption.map(holdsAlone) ?? true }
      known += relied.map { $0.formula(before, state) }
    }
    explorer.assume(.all(known), later: true)
  }

  /// Assumes what is true whenever nobody holds a lock alone.
  public func assumeInvariants(of lock: FieldPlace) {
    let known = discipline.invariants(of: lock).map { $0.formula(state) }
    explorer.assume(.all(known), later: true)
  }

  /// Shows what must be true whenever nobody holds a lock alone.
  func obligeInvariants(of lock: FieldPlace) {
    for invariant in discipline.invariants(of: lock) {
      oblige(invariant.name, invariant.text, invariant.formula(state))
    }
  }

  /// Changes fields in one step, which must keep what others rely on.
  func change(_ body: () -> Void) {
    let before = state
    state.written = []
    body()
    let written = state.written
    for invariant in discipline.invariants where !invariant.places.isDisjoint(with: written) {
      oblige(invariant.name, invariant.text, invariant.formula(state))
    }
    for step in discipline.steps where !step.places.isDisjoint(with: written) {
      let isExempt = step.exemption.map(holdsAlone) ?? false
      oblige(step.name, step.text, isExempt ? Formula(true) : step.formula(before, state))
    }
  }

  /// Makes a record that is there from the start this thread's own, with nothing in it, until it is
  /// published.
  public func own(_ record: UInt64) {
    privateRecords.insert(record)
    for place in discipline.places where place.record == record { state[place] = BitVector(0) }
  }

  /// Lets others see a record of this thread's own, of which everything must be true that is always.
  public func publish(_ record: UInt64, locks: [FieldPlace]) {
    guard !isCut else { return }
    privateRecords.remove(record)
    for invariant in discipline.invariants {
      oblige(invariant.name, invariant.text, invariant.formula(state))
    }
    for lock in locks { obligeInvariants(of: lock) }
  }

  /// Changes what no walker knows, in the step that is being made.
  public func remember(_ body: (inout RecordState) -> Void) { body(&state) }
}
