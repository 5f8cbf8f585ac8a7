import Machines

/// One thing that a machine of records does otherwise than it is told: a fault of a walker, made without
/// touching its source.
public struct RecordMutation: Sendable, Hashable {
  /// What becomes of an operation.
  public enum Change: Sendable, Hashable {
    /// A write of the field of this name writes nothing.
    case skipWrite(String)
    /// A write of the field of this name writes these bits the other way round.
    case alterWrite(String, UInt64)
    /// The field of this name is written with this before it is read.
    case overwrite(String, UInt64)
    /// A read of the field of this name finds this.
    case misread(String, UInt64)
    /// The lock of this name is neither taken nor given back.
    case skipLock(String)
    /// The lock of this name is not given back.
    case skipRelease(String)
    /// The lock of this name is made anew before it is taken.
    case remakeLock(String)
    /// The lock of this name is written as a number once it is taken.
    case overwriteLock(String)
    /// The thread sleeps before it gives back the lock of this name.
    case sleepIn(String)
    /// Before the lock of this name is taken, the walker comes to where it warns.
    case warn(String)
    /// A pointer that is followed is this one.
    case lead(UInt64)
    /// A count of the field of this name is not changed, by what changes it in one step.
    case skipUpdate(String)
    /// What surrounds the records leaves out the operation of this name.
    case skip(String)
    /// It does the operation of this name twice.
    case twice(String)
    /// It finds another word than is given to the operation of this name.
    case alter(String, UInt64)
  }

  /// What changes.
  public var change: Change
  /// Which operation of the kind, counted from 1; nil for every one.
  public var ordinal: Int?

  /// A mutation of every operation of the kind, or of one.
  public init(_ change: Change, ordinal: Int? = nil) {
    self.change = change
    self.ordinal = ordinal
  }
}

/// A machine of records that does one thing otherwise than it is told.
struct MutatingRecordMachine<Base: RecordMachine>: LayeredRecordMachine {
  var base: Base
  let mutation: RecordMutation?
  private var count = 0

  init(_ base: Base, _ mutation: RecordMutation?) {
    self.base = base
    self.mutation = mutation
  }

  /// Whether an operation is one that changes.
  mutating func changes(_ change: RecordMutation.Change) -> Bool {
    guard mutation?.change == change else { return false }
    count += 1
    return mutation?.ordinal == nil || mutation?.ordinal == count
  }

  mutating func read(_ field: Field, of record: Base.Record, _ access: Access) -> Base.W {
    if case .overwrite(let name, let word) = mutation?.change, name == "\(field.name)",
      changes(.overwrite(name, word))
    {
      base.write(Base.W(word), field, of: record, access)
    }
    let value = base.read(field, of: record, access)
    if case .misread(let name, let other) = mutation?.change, name == "\(field.name)",
      changes(.misread(name, other))
    {
      return Base.W(other)
    }
    return value
  }

  mutating func write(
    _ value: Base.W,
    _ field: Field,
    of record: Base.Record,
    _ access: Access
  ) {
    let name = "\(field.name)"
    if changes(.skipWrite(name)) { return }
    if case .alterWrite(name, let bits) = mutation?.change, changes(.alterWrite(name, bits)) {
      return base.write(value ^ Base.W(bits), field, of: record, access)
    }
    base.write(value, field, of: record, access)
  }

  mutating func update(
    _ field: Field,
    of record: Base.Record,
    _ operation: AtomicOperation,
    _ operand: Base.W,
    _ order: AtomicOrder
  ) -> Base.W {
    if changes(.skipUpdate("\(field.name)")) { return base.read(field, of: record, .once) }
    return base.update(field, of: record, operation, operand, order)
  }

  mutating func free(_ record: Base.Record) {
    if changes(.skip("free")) { return }
    base.free(record)
  }

  mutating func acquire(_ lock: Field, of record: Base.Record, _ mode: LockMode) {
    let name = "\(lock.name)"
    if changes(.skipLock(name)) { return }
    if changes(.remakeLock(name)) { base.initialise(lock, of: record) }
    if changes(.warn(name)) { base.warn(Site("a fault")) }
    base.acquire(lock, of: record, mode)
    if changes(.overwriteLock(name)) { base.write(Base.W(1), lock, of: record, .plain) }
  }

  mutating func release(_ lock: Field, of record: Base.Record, _ mode: LockMode) {
    let name = "\(lock.name)"
    if changes(.skipLock(name)) || changes(.skipRelease(name)) { return }
    if changes(.sleepIn(name)) { base.mightSleep() }
    base.release(lock, of: record, mode)
  }

  mutating func record(at address: Base.W) -> Base.Record {
    if case .lead(let other) = mutation?.change, changes(.lead(other)) {
      return base.record(at: Base.W(other))
    }
    return base.record(at: address)
  }
}
