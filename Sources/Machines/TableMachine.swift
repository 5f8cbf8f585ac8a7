/// What a page-table walker runs on: the one door to memory, page counts and decisions.
///
/// Every `Table` is one page of memory that holds descriptors; a root made of several concatenated tables
/// is several of them.
public protocol TableMachine: Machine {
  /// A handle on one table page: an address, or symbolically a place in a tree.
  associatedtype Table

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
  mutating func allocateTable(level: LookupLevel) -> Table?
  /// `pageCount` contiguous zeroed pages, aligned to their total size, each with a count of 1; nil
  /// when there is no memory.
  ///
  /// The handle is that of the first page.
  mutating func allocateRoot(pageCount: Int, level: LookupLevel) -> Table?
  /// The page number `index` of a root, counted from 0.
  mutating func rootPage(_ root: Table, at index: W) -> Table
  /// Gives a root's pages back, whose counts are 1 again.
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
  /// Takes the last 1 from the count of a table to which no entry leads any more, and frees it: at once,
  /// or where others walk without the walker's lock, when those have left that could have come to it.
  mutating func releaseUnlinked(_ table: Table, level: LookupLevel)
  /// The table page's count.
  mutating func count(of table: Table) -> W
}

extension TableMachine {
  /// Nobody takes a root away.
  @inlinable @inline(__always)
  public mutating func hasRoot(_ root: Table) -> W.Condition { W.Condition(true) }
  /// Frees it at once.
  @inlinable @inline(__always)
  public mutating func releaseUnlinked(_ table: Table, level: LookupLevel) { release(table, by: 1) }
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
