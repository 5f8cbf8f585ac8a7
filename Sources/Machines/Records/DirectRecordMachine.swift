public import Synchronization

/// The records' machine of production and of benchmarks: raw memory, and locks that cost what C's do.
///
/// A lock that is free is taken by one compare-and-exchange and given back by one store, as the
/// kernel's are; a fence is a fence of the CPU; RCU's sections cost nothing. There is one thread: to
/// wait for what nobody else can do is a fault of the program, and traps.
public struct DirectRecordMachine: RecordMachine {
  /// Plain numbers.
  public typealias W = UInt64
  /// How many conditions were reported that the code's author thought impossible.
  public private(set) var warningCount = 0

  /// A machine whose records come from the process's own memory.
  public init() {}

  /// The host address of a record.
  public typealias Record = UnsafeMutablePointer<UInt64>

  /// Bits of a lock's word: one for who holds it alone, the rest counts who share it.
  @usableFromInline static let exclusive: UInt64 = 1
  @usableFromInline static let shared: UInt64 = 2

  /// A field's word, as the CPU's atomic instructions take it.
  @inlinable @inline(__always)
  func atomic(_ field: Field, _ record: Record) -> UnsafeMutablePointer<Atomic<UInt64>> {
    UnsafeMutableRawPointer(record + Int(field.index)).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// The condition itself.
  @inlinable @inline(__always)
  public func holds(_ condition: Bool) -> Bool { condition }

  /// Counts the warning.
  public mutating func warn(_ site: Site) { warningCount += 1 }

  /// Reads one word.
  @inlinable @inline(__always)
  public func read(_ field: Field, of record: Record, _ access: Access) -> UInt64 {
    switch access {
    case .plain: record[Int(field.index)]
    case .once, .release: atomic(field, record).pointee.load(ordering: .relaxed)
    case .acquire: atomic(field, record).pointee.load(ordering: .acquiring)
    }
  }

  /// Writes one word.
  @inlinable @inline(__always)
  public func write(_ value: UInt64, _ field: Field, of record: Record, _ access: Access) {
    switch access {
    case .plain: record[Int(field.index)] = value
    case .once, .acquire: atomic(field, record).pointee.store(value, ordering: .relaxed)
    case .release: atomic(field, record).pointee.store(value, ordering: .releasing)
    }
  }

  /// One atomic instruction, whatever the order: on the CPUs that matter it orders both ways.
  @inlinable @inline(__always)
  public func update(
    _ field: Field,
    of record: Record,
    _ operation: AtomicOperation,
    _ operand: UInt64,
    _ order: AtomicOrder
  ) -> UInt64 {
    let word = atomic(field, record)
    return switch operation {
    case .exchange: word.pointee.exchange(operand, ordering: .sequentiallyConsistent)
    case .add: word.pointee.wrappingAdd(operand, ordering: .sequentiallyConsistent).oldValue
    case .and: word.pointee.bitwiseAnd(operand, ordering: .sequentiallyConsistent).oldValue
    case .or: word.pointee.bitwiseOr(operand, ordering: .sequentiallyConsistent).oldValue
    }
  }

  /// One compare-and-exchange.
  @inlinable @inline(__always)
  public func compareExchange(
    _ expected: UInt64,
    with value: UInt64,
    _ field: Field,
    of record: Record,
    _ order: AtomicOrder
  ) -> UInt64 {
    atomic(field, record).pointee.compareExchange(
      expected: expected,
      desired: value,
      ordering: .sequentiallyConsistent
    ).original
  }

  /// A fence of the CPU.
  @inlinable @inline(__always)
  public func fence(_ fence: Fence) {
    switch fence {
    case .smpMB: atomicMemoryFence(ordering: .sequentiallyConsistent)
    case .smpRMB: atomicMemoryFence(ordering: .acquiring)
    case .smpWMB: atomicMemoryFence(ordering: .releasing)
    }
  }
}
