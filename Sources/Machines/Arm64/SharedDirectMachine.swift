public import Synchronization

/// The direct machine for walks that may run at once: exchanges and counts are atomic, as C's would be.
///
/// A walk's section costs nothing, as RCU's does. What is unlinked is kept for the caller to free.
public struct SharedDirectMachine: SharedTableMachine {
  /// Plain numbers.
  public typealias W = UInt64

  /// The machine that does all the rest.
  @usableFromInline var base: DirectMachine
  /// Tables to which no entry leads any more, and for use at which level.
  public private(set) var unlinked: [(table: Table, level: LookupLevel)] = []

  /// A machine whose tables come from `memory`.
  public init(memory: PhysicalMemory) { base = DirectMachine(memory: memory) }

  /// The host address of a table page.
  public typealias Table = DirectMachine.Table

  /// A table that was unlinked, once; nil where there is none.
  public mutating func takeUnlinked() -> (table: Table, level: LookupLevel)? { unlinked.popLast() }

  /// The condition itself.
  @inlinable @inline(__always)
  public func holds(_ condition: Bool) -> Bool { condition }
  /// As the direct machine.
  @inlinable @inline(__always)
  public func load(_ table: Table, at index: UInt64) -> UInt64 { base.load(table, at: index) }
  /// As the direct machine.
  @inlinable @inline(__always)
  public func store(_ value: UInt64, to table: Table, at index: UInt64, order: MemoryOrder) {
    base.store(value, to: table, at: index, order: order)
  }

  /// One atomic instruction.
  @inlinable @inline(__always)
  public func compareExchange(
    _ expected: UInt64,
    with value: UInt64,
    in table: Table,
    at index: UInt64
  ) -> UInt64 {
    UnsafeMutableRawPointer(table + Int(truncatingIfNeeded: index))
      .assumingMemoryBound(to: Atomic<UInt64>.self).pointee.compareExchange(
        expected: expected,
        desired: value,
        ordering: .acquiringAndReleasing
      ).original
  }

  /// A page's count, as atomic instructions take it.
  @inlinable @inline(__always)
  func counter(of table: Table) -> UnsafeMutablePointer<Atomic<Int32>> {
    UnsafeMutableRawPointer(base.counts + base.page(of: table))
      .assumingMemoryBound(to: Atomic<Int32>.self)
  }

  /// One atomic instruction.
  @inlinable @inline(__always)
  public func retain(_ table: Table, by amount: Int) {
    counter(of: table).pointee.wrappingAdd(Int32(amount), ordering: .relaxed)
  }

  /// One atomic instruction; frees the page at 0.
  @inlinable @inline(__always)
  public func release(_ table: Table, by amount: Int) {
    let rest = counter(of: table).pointee
      .wrappingSubtract(Int32(amount), ordering: .acquiringAndReleasing).newValue
    if rest == 0 { base.memory.free(base.page(of: table)) }
  }

  /// A page's count.
  @inlinable @inline(__always)
  public func count(of table: Table) -> UInt64 { base.count(of: table) }
  /// As the direct machine.
  @inlinable
  public func allocateTable(level: LookupLevel) -> Table? { base.allocateTable(level: level) }
  /// As the direct machine.
  public func allocateRoot(pageCount: Int, level: LookupLevel) -> Table? {
    base.allocateRoot(pageCount: pageCount, level: level)
  }
  /// As the direct machine.
  @inlinable @inline(__always)
  public func rootPage(_ root: Table, at index: UInt64) -> Table {
    base.rootPage(root, at: index)
  }
  /// As the direct machine.
  public func freeRoot(_ root: Table, pageCount: Int) {
    base.freeRoot(root, pageCount: pageCount)
  }
  /// As the direct machine.
  @inlinable @inline(__always)
  public func address(of table: Table) -> UInt64 { base.address(of: table) }
  /// As the direct machine.
  @inlinable @inline(__always)
  public func table(at address: UInt64, linkedFrom parent: Table, index: UInt64) -> Table {
    base.table(at: address, linkedFrom: parent, index: index)
  }

  /// Nothing.
  @inlinable @inline(__always)
  public func enterWalk() {}
  /// Nothing.
  @inlinable @inline(__always)
  public func leaveWalk() {}
  /// Keeps it.
  @inlinable
  public mutating func unlink(_ table: Table, level: LookupLevel) { keep(table, level) }
  /// Keeps it.
  @inlinable
  public mutating func releaseUnlinked(_ table: Table, level: LookupLevel) { keep(table, level) }
  @usableFromInline
  mutating func keep(_ table: Table, _ level: LookupLevel) { unlinked.append((table, level)) }

  /// Nothing: there is no TLB to tell.
  @inlinable @inline(__always)
  public func invalidate(_ invalidation: TLBInvalidation<UInt64>) {}
  /// Nothing: there is no other observer.
  @inlinable @inline(__always)
  public func barrier(_ barrier: Barrier) {}
  /// Nothing: there is no cache.
  @inlinable @inline(__always)
  public func clean(_ address: UInt64, sizeInBytes: UInt64) {}
  /// Nothing: there is no cache.
  @inlinable @inline(__always)
  public func invalidateInstructions(_ address: UInt64, sizeInBytes: UInt64) {}
  /// Counts the warning.
  public mutating func warn(_ site: Site) { base.warn(site) }
}
