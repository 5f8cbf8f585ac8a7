/// How a lock is taken; it is given back in the same mode.
public enum LockMode: UInt8, Sendable, Hashable, CaseIterable {
  /// `spin_lock`.
  case spin
  /// `spin_lock_irq`: interrupts are disabled meanwhile.
  case spinIRQ
  /// `read_lock`: beside other readers.
  case read
  /// `read_lock_irq`.
  case readIRQ
  /// `write_lock`: alone.
  case write
  /// `write_lock_irq`.
  case writeIRQ
  /// `mutex_lock`, which may sleep.
  case mutex

  /// Whether others may hold the lock in a mode that is shared too.
  @inlinable public var isShared: Bool { self == .read || self == .readIRQ }
  /// Whether interrupts are disabled while it is held.
  @inlinable
  public var disablesInterrupts: Bool { self == .spinIRQ || self == .readIRQ || self == .writeIRQ }
  /// Whether who waits for it sleeps, and who holds it may.
  @inlinable public var sleeps: Bool { self == .mutex }

  /// What a field has to be, to be locked so.
  @inlinable public var kind: FieldKind {
    switch self {
    case .spin, .spinIRQ: .spinLock
    case .read, .readIRQ, .write, .writeIRQ: .readWriteLock
    case .mutex: .mutex
    }
  }
}

/// What keeps a record from being freed while it is read.
public enum ReadDomain<Record> {
  /// `rcu_read_lock`: who reads may not sleep.
  case rcu
  /// `srcu_read_lock` of a field of a record: who reads may sleep.
  case srcu(Field, of: Record)
}

extension ReadDomain: Sendable where Record: Sendable {}
extension ReadDomain: Equatable where Record: Equatable {}
