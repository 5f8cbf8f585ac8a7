import Machines
import Symbolic
import Walkers

/// The symbolic machine of records with drivers that answer anything, and an account of what the thread has.
struct BufferProofMachine: LayeredRecordMachine {
  var base: SymbolicRecordMachine
  let discipline: BufferDiscipline

  /// Decides a condition; on a path that counts for nothing most of what is asked for is not there, so that every
  /// list ends.
  func holds(_ condition: Formula) -> Bool {
    let isOver = base.isCut || base.explorer.isAbandoned
    return isOver ? discipline.toss() : base.holds(condition)
  }

  func oblige(_ clause: Clause, _ formula: Formula) {
    base.oblige(clause, formula)
  }

  /// The record at an address, which must be there as long as the thread has what it has.
  @discardableResult
  private func reach(_ record: BitVector) -> UInt64? {
    guard !base.isCut else { return nil }
    var found = record.constant
    if found == nil {
      let addresses = discipline.addresses + discipline.left
      found = addresses.sorted().first { base.holds(record .== BitVector($0)) }
    }
    guard let found else { return nil }
    oblige(.reachesLive, Formula(discipline.isAlive(found, base)))
    return found
  }

  /// What is known of fences up to a usage is of concern only for calls about that usage.
  private func judgeKnown(_ field: Field, _ address: UInt64?) {
    guard discipline.operation.hasFences else { return }
    let others = FenceUsage.allCases.filter { $0 != discipline.usage }
    if address == BufferProofRecord.reservation,
      others.contains(where: { field == ReservationRecord.known($0) })
    {
      oblige(.knowsSignalled, Formula(false))
    }
  }

  func read(_ field: Field, of record: BitVector, _ access: Access) -> BitVector {
    let address = reach(record)
    judgeKnown(field, address)
    let value = base.read(field, of: record, access)
    if field == ReservationRecord.fences || field == ReservationRecord.known(.kernel) {
      discipline.hasLooked = true
    }
    if field == ReservationRecord.sequence, address == BufferProofRecord.reservation {
      discipline.sequenceRead = value
    }
    // A callback that is taken wakes who asks.
    if address == BufferProofRecord.buffer, !base.isCut {
      for (index, active) in [BufferRecord.readActive, BufferRecord.writeActive].enumerated()
      where field == active && base.holds(value .!= BitVector(0)) {
        discipline.isCallbackTaken[index] = true
      }
    }
    return value
  }

  func write(_ value: BitVector, _ field: Field, of record: BitVector, _ access: Access) {
    let address = reach(record)
    judgeKnown(field, address)
    if let address, discipline.made[address] != nil, field == discipline.countField(of: address) {
      discipline.delta = Int(value.constant ?? 0)
    }
    base.write(value, field, of: record, access)
  }

  func update(
    _ field: Field,
    of record: BitVector,
    _ operation: AtomicOperation,
    _ operand: BitVector,
    _ order: AtomicOrder
  ) -> BitVector {
    let address = reach(record)
    let isCount = address.map { discipline.countField(of: $0) == field } ?? false
    guard let address, isCount, operation == .add else {
      return base.update(field, of: record, operation, operand, order)
    }
    let givesBack = operand.constant == .max
    if givesBack {
      oblige(.countsReferences, Formula(discipline.own[address, default: 0] > 0))
    }
    discipline.delta = givesBack ? -1 : 1
    let old = base.update(field, of: record, operation, operand, order)
    if givesBack, !base.isCut, base.holds(old .== BitVector(1)) {
      discipline.lastIsGone(address, base)
    }
    return old
  }

  func compareExchange(
    _ expected: BitVector,
    with value: BitVector,
    _ field: Field,
    of record: BitVector,
    _ order: AtomicOrder
  ) -> BitVector {
    let address = reach(record)
    let isCount = address.map { discipline.countField(of: $0) == field } ?? false
    discipline.delta = isCount ? 1 : 0
    let found = base.compareExchange(expected, with: value, field, of: record, order)
    // Who finds another count tries again, as before.
    if isCount, discipline.delta != 0, !base.isCut { base.beginAgain() }
    discipline.delta = 0
    return found
  }

  // MARK: Loops

  func turn(at next: Int, below count: BitVector) -> Int? {
    discipline.roundCount = count
    if next == 0 {
      discipline.beginsRounds()
    } else if !base.isCut {
      discipline.passed.insert(next - 1)
    }
    return base.turn(at: next, below: count)
  }

  /// Where fences are gone through it is known from here on which record an address is.
  func record(at address: BitVector) -> BitVector {
    guard discipline.operation.hasRounds, !base.isCut else { return address }
    let known = discipline.fences + discipline.lists + [BufferProofRecord.otherCallback]
    let found = address.constant ?? known.first { base.holds(address .== BitVector($0)) }
    if let found, discipline.lists.contains(found) { discipline.lookedAt = found }
    return found.map { BitVector($0) } ?? address
  }

  /// Who looks again has what it had when it looked first.
  func yield() {
    if let before = discipline.ownAtLook {
      oblige(.fencesAlike, Formula(before == discipline.references))
    }
    base.yield()
  }

  // MARK: Records

  func allocate(_ layout: Layout, isZeroed: Bool, maySleep: Bool) -> BitVector? {
    guard !base.isCut else { return nil }
    if discipline.isPublished { oblige(.publishesWhole, Formula(false)) }
    let record = base.allocate(layout, isZeroed: isZeroed, maySleep: maySleep)
    guard !base.isCut else { return record }
    base.note(.answer(BitVector(record == nil ? 0 : 1)))
    if record == nil { discipline.reasons.append(Formula(true)) }
    if let address = record?.constant {
      discipline.made[address] = layout
      discipline.left.append(address)
      if layout.name == AttachmentRecord.layout.name { discipline.attachment = address }
    }
    return record
  }

  func free(_ record: BitVector) {
    freed(reach(record))
    base.free(record)
  }

  func free(_ record: BitVector, after domain: ReadDomain<BitVector>) {
    freed(reach(record))
    base.free(record, after: domain)
    // Where nobody is in a section it goes at once, which is one step more.
    if discipline.sectionDepth == 0, base.step() { base.note(.pause) }
  }

  /// Only what the thread made, or nobody else can reach any more, is the thread's to free.
  private func freed(_ address: UInt64?) {
    guard let address, !base.isCut else { return }
    discipline.freed.insert(address)
    if discipline.made[address] != nil {
      oblige(.losesNoRecord, Formula(discipline.left.contains(address)))
      discipline.left.removeAll { $0 == address }
    } else {
      oblige(.losesNoRecord, Formula(discipline.isFreed(address)))
    }
  }

  // MARK: Locks and sections

  func acquire(_ lock: Field, of record: BitVector, _ mode: LockMode) {
    reach(record)
    base.acquire(lock, of: record, mode)
  }

  func tryAcquire(_ lock: Field, of record: BitVector, _ mode: LockMode) -> Formula {
    reach(record)
    return base.tryAcquire(lock, of: record, mode)
  }

  func release(_ lock: Field, of record: BitVector, _ mode: LockMode) {
    reach(record)
    base.release(lock, of: record, mode)
  }

  func enterSection(_ domain: ReadDomain<BitVector>) {
    // Another look at all fences is one that begins again.
    if let before = discipline.ownAtLook {
      oblige(.fencesAlike, Formula(before == discipline.references))
      base.beginAgain()
    }
    discipline.ownAtLook = discipline.references
    base.enterSection(domain)
    discipline.sectionDepth += 1
  }

  func leaveSection(_ domain: ReadDomain<BitVector>) {
    base.leaveSection(domain)
    discipline.sectionDepth -= 1
  }
}
