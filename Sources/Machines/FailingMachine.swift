/// A machine that refuses allocations from the n-th on, and otherwise is the machine it wraps.
public struct FailingMachine<Base: ArmMachine & PowerMachine>: ArmMachine, PowerMachine {
  /// The word of the wrapped machine.
  public typealias W = Base.W
  /// The table of the wrapped machine.
  public typealias Table = Base.Table

  /// The machine that does the work.
  public var base: Base
  /// How many more table allocations succeed.
  public var remainingAllocations: Int
  /// What others do when the walker lets them run; nil where nobody wants to.
  public var others: ((inout FailingMachine<Base>) -> Void)?
  /// How many allocations were refused.
  public private(set) var refusalCount = 0

  /// A machine on which `allocations` more allocations succeed.
  public init(_ base: Base, allocations: Int) {
    self.base = base
    remainingAllocations = allocations
  }

  private mutating func mayAllocate() -> Bool {
    guard remainingAllocations > 0 else {
      refusalCount += 1
      return false
    }
    remainingAllocations -= 1
    return true
  }

  /// A table page, unless it is this one's turn to be refused.
  public mutating func allocateTable(level: LookupLevel) -> Table? {
    mayAllocate() ? base.allocateTable(level: level) : nil
  }
  /// A root, unless it is this one's turn to be refused.
  public mutating func allocateRoot(pageCount: Int, level: LookupLevel) -> Table? {
    mayAllocate() ? base.allocateRoot(pageCount: pageCount, level: level) : nil
  }

  /// As the wrapped machine.
  @inlinable
  public mutating func holds(_ condition: W.Condition) -> Bool { base.holds(condition) }
  /// As the wrapped machine.
  @inlinable
  public mutating func load(_ table: Table, at index: W) -> W { base.load(table, at: index) }
  /// As the wrapped machine.
  @inlinable
  public mutating func store(_ value: W, to table: Table, at index: W, order: MemoryOrder) {
    base.store(value, to: table, at: index, order: order)
  }
  /// As the wrapped machine.
  @inlinable
  public mutating func compareExchange(
    _ expected: W,
    with value: W,
    in table: Table,
    at index: W
  ) -> W {
    base.compareExchange(expected, with: value, in: table, at: index)
  }
  /// As the wrapped machine.
  @inlinable
  public mutating func rootPage(_ root: Table, at index: W) -> Table {
    base.rootPage(root, at: index)
  }
  /// As the wrapped machine.
  @inlinable
  public mutating func freeRoot(_ root: Table, pageCount: Int) {
    base.freeRoot(root, pageCount: pageCount)
  }
  /// As the wrapped machine.
  @inlinable
  public mutating func hasRoot(_ root: Table) -> W.Condition { base.hasRoot(root) }
  /// As the wrapped machine.
  @inlinable
  public mutating func address(of table: Table) -> W { base.address(of: table) }
  /// As the wrapped machine.
  @inlinable
  public mutating func table(at address: W, linkedFrom parent: Table, index: W) -> Table {
    base.table(at: address, linkedFrom: parent, index: index)
  }
  /// As the wrapped machine.
  @inlinable
  public mutating func retain(_ table: Table, by amount: Int) { base.retain(table, by: amount) }
  /// As the wrapped machine.
  @inlinable
  public mutating func release(_ table: Table, by amount: Int) { base.release(table, by: amount) }
  /// As the wrapped machine.
  @inlinable
  public mutating func count(of table: Table) -> W { base.count(of: table) }
  /// As the wrapped machine.
  @inlinable
  public mutating func invalidate(_ invalidation: TLBInvalidation<W>) {
    base.invalidate(invalidation)
  }
  /// As the wrapped machine.
  @inlinable
  public mutating func invalidate(_ invalidation: RadixInvalidation<W>) {
    base.invalidate(invalidation)
  }
  /// As the wrapped machine.
  @inlinable
  public mutating func barrier(_ barrier: Barrier) { base.barrier(barrier) }
  /// As the wrapped machine.
  @inlinable
  public mutating func barrier(_ barrier: PowerBarrier) { base.barrier(barrier) }
  /// As the wrapped machine.
  @inlinable
  public mutating func clean(_ address: W, sizeInBytes: W) {
    base.clean(address, sizeInBytes: sizeInBytes)
  }
  /// As the wrapped machine.
  @inlinable
  public mutating func invalidateInstructions(_ address: W, sizeInBytes: W) {
    base.invalidateInstructions(address, sizeInBytes: sizeInBytes)
  }
  /// As the wrapped machine, and others run.
  ///
  /// Those do not let others run in turn.
  public mutating func yield() {
    base.yield()
    guard let others else { return }
    self.others = nil
    others(&self)
    self.others = others
  }
  /// As the wrapped machine.
  @inlinable
  public mutating func warn(_ site: Site) { base.warn(site) }
}
