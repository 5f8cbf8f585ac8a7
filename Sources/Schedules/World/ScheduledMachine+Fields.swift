public import Machines

extension ScheduledMachine {
  /// Reads a field; others may run before.
  @inlinable @inline(__always)
  public func read(_ field: Field, of record: UInt64, _ access: Access) -> UInt64 {
    let word = word(field, record)
    reach(PendingOperation(.read, word: word, record: header(record)))
    if let weak = world.pointee.weak { return readWeakly(weak, field, record, word, access) }
    let value = world.pointee.words[Int(word)]
    note(value, in: word)
    emit(
      .read(
        FieldPlace(field, of: record),
        value: value,
        access,
        from: world.pointee.numbers[Int(word)]
      )
    )
    return value
  }

  /// Writes a field; others may run before.
  @inlinable @inline(__always)
  public func write(_ value: UInt64, _ field: Field, of record: UInt64, _ access: Access) {
    let word = word(field, record)
    var operation = PendingOperation(.write, isWrite: true, word: word, record: header(record))
    operation.isAnnounced = field.kind == .descriptor
    reach(operation)
    if let weak = world.pointee.weak {
      return writeWeakly(weak, value, field, record, word, access)
    }
    let old = put(value, word)
    emit(
      .write(
        FieldPlace(field, of: record),
        old: old,
        new: value,
        access,
        number: world.pointee.writeCount
      )
    )
  }

  /// Writes a word, if there is one, and numbers the write.
  @inlinable @inline(__always)
  @discardableResult
  func put(_ value: UInt64, _ word: UInt32) -> UInt64 {
    let old = world.pointee.words[Int(word)]
    noteChange(word, isNew: word == 0 || old != value)
    world.pointee.writeCount &+= 1
    guard word != 0 else { return old }
    note(value, in: word)
    world.pointee.words[Int(word)] = value
    if !L.isDeaf { world.pointee.numbers[Int(word)] = world.pointee.writeCount }
    return old
  }

  /// A read-modify-write of a word.
  @inlinable @inline(__always)
  func updating(
    _ field: Field,
    _ word: UInt32,
    _ record: UInt64,
    _ order: AtomicOrder
  ) -> PendingOperation {
    var operation = PendingOperation(.update, isWrite: true, word: word, record: header(record))
    operation.isFence = order == .full && world.pointee.weak != nil
    operation.isAnnounced = field.kind == .descriptor
    return operation
  }

  /// Reads and writes a field at once; others may run before.
  @inlinable @inline(__always)
  public func update(
    _ field: Field,
    of record: UInt64,
    _ operation: AtomicOperation,
    _ operand: UInt64,
    _ order: AtomicOrder
  ) -> UInt64 {
    let word = word(field, record)
    reach(updating(field, word, record, order))
    if let weak = world.pointee.weak {
      return updateWeakly(weak, field, record, word, order, expecting: nil) {
        operation.applied(to: $0, operand)
      }
    }
    let from = world.pointee.numbers[Int(word)]
    let old = world.pointee.words[Int(word)]
    let new = operation.applied(to: old, operand)
    note(old, in: word)
    put(new, word)
    let number = world.pointee.writeCount
    let place = FieldPlace(field, of: record)
    emit(.update(place, old: old, new: new, order, from: from, number: number))
    return old
  }

  /// Exchanges a field if it holds what is expected; others may run before.
  @inlinable @inline(__always)
  public func compareExchange(
    _ expected: UInt64,
    with value: UInt64,
    _ field: Field,
    of record: UInt64,
    _ order: AtomicOrder
  ) -> UInt64 {
    let word = word(field, record)
    reach(updating(field, word, record, order))
    if let weak = world.pointee.weak {
      return updateWeakly(weak, field, record, word, order, expecting: expected) { _ in value }
    }
    let from = world.pointee.numbers[Int(word)]
    let old = world.pointee.words[Int(word)]
    let place = FieldPlace(field, of: record)
    guard old == expected else {
      note(old, in: word)
      emit(.mismatch(place, found: old, from: from))
      return old
    }
    put(value, word)
    let number = world.pointee.writeCount
    emit(.update(place, old: old, new: value, order, from: from, number: number))
    return old
  }

  /// A fence; where memory is sequentially consistent nobody can tell.
  @inlinable @inline(__always)
  public func fence(_ fence: Fence) {
    if let weak = world.pointee.weak {
      let isGlobal = fence == .smpMB
      reach(
        PendingOperation(.local, isWrite: isGlobal, word: isGlobal ? ReservedWord.fence : 0)
      )
      weak.pointee.fence(fence, thread)
    }
    emit(.fence(fence))
  }

  /// Tells hardware something; others may run before, and whether they did so first matters to all who
  /// tell it something, or write what it reads at any moment.
  @inlinable
  public func announce(_ event: RecordEvent) {
    var operation = PendingOperation(.local)
    operation.isAnnounced = true
    reach(operation)
    emit(event)
  }

  /// What the latest write left in a word.
  @inlinable
  func latest(_ word: UInt32) -> UInt64 {
    world.pointee.weak?.pointee.latest(word) ?? world.pointee.words[Int(word)]
  }
}
