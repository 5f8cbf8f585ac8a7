/// How a field is read or written, by the kernel's names.
public enum Access: UInt8, Sendable, Hashable {
  /// An access that the compiler may tear, fuse or invent: right only where nobody else writes.
  case plain
  /// `READ_ONCE` or `WRITE_ONCE`: one access, in no order with others.
  case once
  /// `smp_load_acquire`, or `rcu_dereference`: what comes after it is done after it.
  ///
  /// The order of a dependency is weaker; it is not told apart.
  case acquire
  /// `smp_store_release`, or `rcu_assign_pointer`: what comes before it is done before it.
  case release

  /// Whether two such accesses of one field may meet without a lock.
  @inlinable public var isMarked: Bool { self != .plain }
}

/// The order of an atomic read-modify-write against other accesses of its thread.
public enum AtomicOrder: UInt8, Sendable, Hashable {
  /// None: `atomic_inc`, `atomic_xchg_relaxed`.
  case relaxed
  /// What comes after is done after.
  case acquire
  /// What comes before is done before.
  case release
  /// Both, as if `smp_mb` stood on either side: what returns a value, without a suffix.
  ///
  /// A compare-and-exchange that fails orders nothing.
  case full
}

/// What an atomic read-modify-write makes of what it finds.
public enum AtomicOperation: UInt8, Sendable, Hashable {
  /// The operand takes its place.
  case exchange
  /// The operand is added, modulo 2^64.
  case add
  /// Bitwise and.
  case and
  /// Bitwise or.
  case or
}

extension AtomicOperation {
  /// What becomes of `old`.
  @inlinable @inline(__always)
  public func applied<W: Word>(to old: W, _ operand: W) -> W {
    switch self {
    case .exchange: operand
    case .add: old &+ operand
    case .and: old & operand
    case .or: old | operand
    }
  }
}

/// A fence between accesses of one thread, by the kernel's name.
public enum Fence: UInt8, Sendable, Hashable, CaseIterable {
  /// `smp_mb`: every earlier access before every later one.
  case smpMB
  /// `smp_rmb`: earlier reads before later reads.
  case smpRMB
  /// `smp_wmb`: earlier writes before later writes.
  case smpWMB
}
