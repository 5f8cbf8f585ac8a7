/// The machine of production and of benchmarks: plain words, raw memory, and nothing observed.
///
/// TLB, cache and barrier instructions cost nothing here, so what is measured is the walker. To see
/// that a walker is fully specialised on it (no witness-table calls):
/// `swift build -c release && objdump -d --no-show-raw-insn .build/release/walkproof | less`, search
/// for `Stage2` with `DirectMachine`, and look for indirect calls (`call *`).
public struct DirectMachine: ArmMachine, PowerMachine {
  /// Plain numbers.
  public typealias W = UInt64
  /// The memory that tables come from.
  @usableFromInline let memory: PhysicalMemory
  @usableFromInline let counts: UnsafeMutablePointer<Int32>
  @usableFromInline let host: UnsafeMutableRawPointer
  @usableFromInline let base: UInt64
  @usableFromInline let pageShift: UInt64
  /// How many conditions were reported that a walker thought impossible.
  public private(set) var warningCount = 0

  /// A machine whose tables come from `memory`.
  public init(memory: PhysicalMemory) {
    self.memory = memory
    counts = memory.counts
    host = memory.host
    base = memory.base
    pageShift = memory.pageShift
  }

  /// The host address of a table page.
  public typealias Table = UnsafeMutablePointer<UInt64>

  /// The page number of a table.
  @inlinable @inline(__always)
  func page(of table: Table) -> Int {
    (UnsafeMutableRawPointer(table) - host) &>> Int(truncatingIfNeeded: pageShift)
  }

  /// The table that is page number `page`.
  @inlinable @inline(__always)
  func table(page: Int) -> Table {
    (host + page &<< Int(truncatingIfNeeded: pageShift)).assumingMemoryBound(to: UInt64.self)
  }

  /// The condition itself.
  @inlinable @inline(__always)
  public func holds(_ condition: Bool) -> Bool { condition }

  /// Reads one descriptor.
  @inlinable @inline(__always)
  public func load(_ table: Table, at index: UInt64) -> UInt64 {
    table[Int(truncatingIfNeeded: index)]
  }

  /// Writes one descriptor.
  @inlinable @inline(__always)
  public func store(_ value: UInt64, to table: Table, at index: UInt64, order: MemoryOrder) {
    table[Int(truncatingIfNeeded: index)] = value
  }

  /// Compares and exchanges one descriptor; nothing runs beside a direct machine.
  @inlinable @inline(__always)
  public func compareExchange(
    _ expected: UInt64,
    with value: UInt64,
    in table: Table,
    at index: UInt64
  ) -> UInt64 {
    let found = table[Int(truncatingIfNeeded: index)]
    if found == expected { table[Int(truncatingIfNeeded: index)] = value }
    return found
  }

  /// A zeroed page with a count of 1; nil when the window is used up.
  @inlinable
  public func allocateTable(level: LookupLevel) -> Table? {
    let page: Int
    if let freed = memory.freePages.popLast() {
      page = freed
    } else {
      guard memory.nextPage < memory.capacity else { return nil }
      page = memory.nextPage
      memory.nextPage += 1
    }
    counts[page] = 1
    let table = table(page: page)
    table.update(repeating: 0, count: 1 &<< Int(truncatingIfNeeded: pageShift &- 3))
    return table
  }

  /// Contiguous zeroed pages, each with a count of 1; nil when the window is used up.
  public func allocateRoot(pageCount: Int, level: LookupLevel) -> Table? {
    let first = (memory.nextPage + pageCount - 1) / pageCount * pageCount
    guard first + pageCount <= memory.capacity else { return nil }
    memory.freePages.append(contentsOf: memory.nextPage..<first)
    memory.nextPage = first + pageCount
    for page in first..<first + pageCount { counts[page] = 1 }
    let table = table(page: first)
    table.update(repeating: 0, count: pageCount << Int(pageShift - 3))
    return table
  }

  /// The page number `index` of a root.
  @inlinable @inline(__always)
  public func rootPage(_ root: Table, at index: UInt64) -> Table {
    root + Int(truncatingIfNeeded: index &<< (pageShift &- 3))
  }

  /// Gives a root's pages back.
  public func freeRoot(_ root: Table, pageCount: Int) {
    let first = page(of: root)
    for page in first..<first + pageCount {
      counts[page] = 0
      memory.freePages.append(page)
    }
  }

  /// The physical address of a table.
  @inlinable @inline(__always)
  public func address(of table: Table) -> UInt64 {
    UInt64(UInt(bitPattern: UnsafeMutableRawPointer(table) - host)) &+ base
  }

  /// The table at a physical address.
  @inlinable @inline(__always)
  public func table(at address: UInt64, linkedFrom parent: Table, index: UInt64) -> Table {
    (host + Int(truncatingIfNeeded: address &- base)).assumingMemoryBound(to: UInt64.self)
  }

  /// Adds to a page's count.
  @inlinable @inline(__always)
  public func retain(_ table: Table, by amount: Int) {
    counts[page(of: table)] &+= Int32(truncatingIfNeeded: amount)
  }

  /// Takes from a page's count, and frees it at 0.
  @inlinable @inline(__always)
  public func release(_ table: Table, by amount: Int) {
    let page = page(of: table)
    counts[page] &-= Int32(truncatingIfNeeded: amount)
    if counts[page] == 0 { memory.free(page) }
  }

  /// A page's count.
  @inlinable @inline(__always)
  public func count(of table: Table) -> UInt64 {
    UInt64(truncatingIfNeeded: counts[page(of: table)])
  }

  /// Nothing: there is no TLB to tell.
  @inlinable @inline(__always)
  public func invalidate(_ invalidation: TLBInvalidation<UInt64>) {}
  /// Nothing: there is no TLB to tell.
  @inlinable @inline(__always)
  public func invalidate(_ invalidation: RadixInvalidation<UInt64>) {}
  /// Nothing: there is no other observer.
  @inlinable @inline(__always)
  public func barrier(_ barrier: Barrier) {}
  /// Nothing: there is no other observer.
  @inlinable @inline(__always)
  public func barrier(_ barrier: PowerBarrier) {}
  /// Nothing: there is no cache.
  @inlinable @inline(__always)
  public func clean(_ address: UInt64, sizeInBytes: UInt64) {}
  /// Nothing: there is no cache.
  @inlinable @inline(__always)
  public func invalidateInstructions(_ address: UInt64, sizeInBytes: UInt64) {}
  /// Counts the warning.
  public mutating func warn(_ site: Site) { warningCount += 1 }
}
