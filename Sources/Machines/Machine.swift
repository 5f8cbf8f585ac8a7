/// What a walker runs on: the one door to memory, TLBs, caches, page counts and decisions.
///
/// A walker is generic over its machine and does nothing except through it, so the same source is
/// benchmarked (`DirectMachine`), observed (`TracingMachine`), starved of memory
/// (`FailingMachine`) and proved (the symbolic machine). Every `Table` is one page of memory that
/// holds descriptors; a root made of several concatenated tables is several of them.
public protocol Machine {
  /// The word the walker computes with.
  associatedtype W: Word
  /// A handle on one table page: an address, or symbolically a place in a tree.
  associatedtype Table

  /// Decides a condition; the only way from a `Condition` to a Swift `Bool`.
  mutating func holds(_ condition: W.Condition) -> Bool

  /// Reads the descriptor at `index` (in descriptors, below the table's entry count).
  mutating func load(_ table: Table, at index: W) -> W
  /// Writes the descriptor at `index`, single-copy atomically, with the given ordering.
  mutating func store(_ value: W, to table: Table, at index: W, order: MemoryOrder)
  /// Writes `value` at `index` if `expected` is there, with acquire-release ordering.
  /// - Returns: what was found; the exchange took place if that is `expected`.
  mutating func compareExchange(
    _ expected: W,
    with value: W,
    in table: Table,
    at index: W
  ) -> W

  /// A zeroed table page for use at `level`, its count 1; nil when there is no memory.
  mutating func allocateTable(level: Int) -> Table?
  /// `pageCount` contiguous zeroed pages, aligned to their total size, each with a count of 1; nil
  /// when there is no memory.
  ///
  /// The handle is that of the first page.
  mutating func allocateRoot(pageCount: Int, level: Int) -> Table?
  /// The page number `index` of a root, counted from 0.
  mutating func rootPage(_ root: Table, at index: W) -> Table
  /// Gives a root's pages back, whatever their counts.
  mutating func freeRoot(_ root: Table, pageCount: Int)

  /// Whether the tables' owner still has this root; a walker asks when it begins, and again after
  /// others ran.
  mutating func hasRoot(_ root: Table) -> W.Condition

  /// The physical address of a table, in bytes.
  mutating func address(of table: Table) -> W
  /// The table at a physical address that the descriptor at `index` of `parent` points to.
  mutating func table(at address: W, linkedFrom parent: Table, index: W) -> Table

  /// Adds `amount` to the table page's count.
  mutating func retain(_ table: Table, by amount: Int)
  /// Takes `amount` from the table page's count; the page is freed when that leaves 0.
  mutating func release(_ table: Table, by amount: Int)
  /// The table page's count.
  mutating func count(of table: Table) -> W

  /// Issues one TLB maintenance instruction; it completes at the next `dsb`.
  mutating func invalidate(_ invalidation: TLBInvalidation<W>)
  /// Issues one `tlbie`; it completes at the next `ptesync` after `eieio` and `tlbsync`.
  mutating func invalidate(_ invalidation: RadixInvalidation<W>)
  /// Issues one barrier.
  mutating func barrier(_ barrier: Barrier)
  /// Cleans and invalidates the data cache to the point of coherency, over `sizeInBytes` from a
  /// physical address.
  mutating func clean(_ address: W, sizeInBytes: W)
  /// Invalidates the instruction cache to the point of unification, over `sizeInBytes` from a
  /// physical address.
  mutating func invalidateInstructions(_ address: W, sizeInBytes: W)
  /// Lets others run: the walker gives its lock up for a moment.
  mutating func yield()
  /// Reports a condition that the walker's author thought impossible.
  mutating func warn(_ site: Site)
}

extension Machine {
  /// Nobody takes a root away.
  @inlinable @inline(__always)
  public mutating func hasRoot(_ root: Table) -> W.Condition { W.Condition(true) }
  /// Nobody else wants to run.
  @inlinable @inline(__always)
  public mutating func yield() {}
  /// Adds 1 to the table page's count.
  @inlinable @inline(__always)
  public mutating func retain(_ table: Table) { retain(table, by: 1) }
  /// Takes 1 from the table page's count.
  @inlinable @inline(__always)
  public mutating func release(_ table: Table) { release(table, by: 1) }
}

/// The ordering of a store against earlier accesses of the same CPU.
public enum MemoryOrder: UInt8, Sendable, Hashable {
  /// May become visible before earlier accesses, in C a plain or `WRITE_ONCE` store.
  case relaxed
  /// Becomes visible after every earlier access, in C `smp_store_release`.
  case release
}

/// A barrier instruction of Arm or Power, spelled as its manual does.
public enum Barrier: UInt8, Sendable, Hashable, CaseIterable {
  /// `dsb ishst`: earlier stores are visible to every table walker of the inner shareable domain.
  case dsbISHST
  /// `dsb ish`: earlier accesses and TLB maintenance are complete in the inner shareable domain.
  case dsbISH
  /// `dsb nsh`: the same for this CPU alone.
  case dsbNSH
  /// `dsb nshst`: earlier stores are visible to this CPU's table walker.
  case dsbNSHST
  /// `dmb ishst`: earlier stores are ordered before later stores.
  case dmbISHST
  /// `isb`: context synchronisation of this CPU.
  case isb
  /// `ptesync`: earlier stores are visible to every table walk before anything later is done.
  case ptesync
  /// `eieio`: earlier `tlbie`s come before a later `tlbsync`.
  case eieio
  /// `tlbsync`: a later `ptesync` waits until every CPU has done earlier `tlbie`s.
  case tlbsync
}

/// A place in a walker's source that reports an impossible condition.
public struct Site: Sendable, CustomStringConvertible {
  /// What was found, in a few words.
  public let name: StaticString
  /// The line of the walker's source; 0 where the name says enough.
  public let line: UInt32
  /// The site called `name`.
  @inlinable
  public init(_ name: StaticString, line: UInt32 = 0) {
    self.name = name
    self.line = line
  }
  /// What was found, in a few words.
  public var description: String { line == 0 ? "\(name)" : "\(name) at line \(line)" }
}
