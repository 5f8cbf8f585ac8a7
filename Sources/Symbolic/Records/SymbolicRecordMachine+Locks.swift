public import Machines

extension SymbolicRecordMachine {
  /// The lock in a record; nil where the path is cut.
  private func place(_ field: Field, _ record: BitVector) -> FieldPlace? {
    guard step() else { return nil }
    let address = record.constant ?? addresses.first { holds(record .== BitVector($0)) }
    guard let address, addresses.contains(address), !freedRecords.contains(address) else {
      oblige(duty: RecordDuty.usesLiveRecords, Formula(false))
      cut()
      return nil
    }
    return FieldPlace(field, of: address)
  }

  /// Makes a lock anew, which must be nobody's yet.
  public func initialise(_ field: Field, of record: BitVector) {
    guard let place = place(field, record) else { return }
    note(.initialise(place))
    oblige(
      duty: RecordDuty.pairsLocks,
      Formula(privateRecords.contains(place.record))
    )
  }

  /// Takes a lock when nobody holds it, so that its invariants are true.
  public func acquire(_ lock: Field, of record: BitVector, _ mode: LockMode) {
    if mode.sleeps { obligeSleep() }
    guard let place = place(lock, record) else { return }
    oblige(duty: RecordDuty.pairsLocks, Formula(!holdsLock(place)))
    if holdsLock(place) { return cut() }
    take(place, mode)
  }

  private func take(_ place: FieldPlace, _ mode: LockMode) {
    observeOthers()
    note(.acquire(place, mode))
    assumeInvariants(of: place)
    held.append((place, mode))
    discipline.acquired(place, self)
  }

  /// Takes a lock, or finds it taken: the path forks.
  public func tryAcquire(_ lock: Field, of record: BitVector, _ mode: LockMode) -> Formula {
    guard let place = place(lock, record) else { return Formula(false) }
    let isFree = explorer.context.proposition("free \(stepCount)")
    guard !holdsLock(place), holds(isFree) else {
      note(.pause)
      return Formula(false)
    }
    take(place, mode)
    return Formula(true)
  }

  /// Gives a lock back, with its invariants true again.
  public func release(_ lock: Field, of record: BitVector, _ mode: LockMode) {
    guard let place = place(lock, record) else { return }
    guard let index = held.lastIndex(where: { $0.lock == place && $0.mode == mode }) else {
      oblige(duty: RecordDuty.pairsLocks, Formula(false))
      return cut()
    }
    note(.release(place, mode))
    if !mode.isShared {
      change { discipline.releases(place, self) }
      obligeInvariants(of: place)
    }
    held.remove(at: index)
  }

  /// Nothing: there are no interrupts here.
  public func setInterrupts(areEnabled: Bool) {}

  // MARK: Waiting

  /// Notes that the thread sleeps, which it must not with a spinning lock held.
  public func obligeSleep() {
    oblige(duty: RecordDuty.sleepsWhereItMay, Formula(held.allSatisfy { $0.mode.sleeps }))
  }

  /// Something at which others may run, and nothing else happens.
  private func pause() {
    if step() { note(.pause) }
  }

  /// Others may run.
  public func prepareToWait(on queue: Field, of record: BitVector) { pause() }
  /// Others may run; whatever they did, the thread may go on.
  public func sleep() {
    obligeSleep()
    pause()
    beginAgain()
  }
  /// Others may run.
  public func finishWait(on queue: Field, of record: BitVector) { pause() }
  /// Others may run.
  public func wake(_ queue: Field, of record: BitVector, all: Bool) { pause() }
  /// Others may run, and have completed what is waited for.
  public func awaitCompletion(_ completion: Field, of record: BitVector) {
    obligeSleep()
    pause()
  }
  /// Others may run.
  public func complete(_ completion: Field, of record: BitVector, forGood: Bool) { pause() }
  /// Others may run, and the thread may sleep.
  public func mightSleep() {
    obligeSleep()
    pause()
  }
  /// Others may run, and a round of waiting is over.
  public func yield() {
    if step() { note(.yield) }
    beginAgain()
  }

  // MARK: Sections

  /// Others may run.
  public func enterSection(_ domain: ReadDomain<BitVector>) {
    pause()
    sectionDepth += 1
  }
  /// Others may run; there must be a section to leave.
  public func leaveSection(_ domain: ReadDomain<BitVector>) {
    pause()
    oblige(duty: RecordDuty.pairsLocks, Formula(sectionDepth > 0))
    sectionDepth -= 1
  }
  /// Others may run.
  public func synchronise(_ domain: ReadDomain<BitVector>) {
    obligeSleep()
    oblige(duty: RecordDuty.pairsLocks, Formula(sectionDepth == 0))
    pause()
  }

  /// The call has returned: what was taken must have been given back, but for locks that the call is to
  /// leave held.
  public func finish(leaving locks: [FieldPlace] = []) {
    oblige(
      duty: RecordDuty.pairsLocks,
      Formula(held.map(\.lock) == locks && sectionDepth == 0)
    )
  }
}
