public import Machines

extension SymbolicMachine {
  /// A zeroed page, or nil on the path on which there is no memory.
  public func allocateTable(level: LookupLevel) -> SymbolicTable? {
    guard step(), mayAllocate(level: level) else { return nil }
    let page = SymbolicPage(level: level, origin: .fresh(address: nextAddress()), parent: nil)
    let table = add(page)
    note(.allocate(table))
    return table
  }

  /// Zeroed consecutive pages, or nil on the path on which there is no memory.
  public func allocateRoot(pageCount: Int, level: LookupLevel) -> SymbolicTable? {
    guard step(), mayAllocate(level: level) else { return nil }
    let table = add(SymbolicPage(level: level, origin: .root(isFresh: true), parent: nil))
    note(.allocate(table))
    return table
  }

  private func mayAllocate(level: LookupLevel) -> Bool {
    let name = "allocation\(allocationCount).succeeds"
    if !refusesAllocations || explorer.decide(explorer.context.proposition(name)) { return true }
    note(.refuse(level: level))
    return false
  }

  /// Records that a root's pages were given back.
  public func freeRoot(_ root: SymbolicTable, pageCount: Int) {
    guard step() else { return }
    note(.freeRoot(root, pageCount: pageCount))
    tables[root.number].isFreed = true
    for page in tables[root.number].rootPages { tables[page.table.number].isFreed = true }
  }

  /// Adds to a page's count.
  public func retain(_ handle: SymbolicTable, by amount: Int) {
    guard let table = counted(handle) else { return }
    tables[table.number].countChange += amount
    note(.retain(table, amount: amount))
  }

  /// Takes from a page's count; the path forks where that may or may not leave 0.
  public func release(_ handle: SymbolicTable, by amount: Int) {
    guard let table = counted(handle) else { return }
    let before = countNow(of: table)
    oblige(
      .countSuffices,
      "takes no more from a count than is there",
      BitVector(UInt64(amount)) .<= before
    )
    guard !isCut else { return }
    let isFreed = explorer.decide(before .== BitVector(UInt64(amount)))
    tables[table.number].countChange -= amount
    tables[table.number].isFreed = isFreed
    note(.release(table, amount: amount, isFreed: isFreed))
  }

  /// A page's count.
  public func count(of handle: SymbolicTable) -> BitVector {
    guard let table = counted(handle) else { return BitVector(1) }
    return countNow(of: table)
  }

  private func counted(_ handle: SymbolicTable) -> SymbolicTable? {
    guard step() else { return nil }
    let table = page(of: handle)
    obligeKnown(table)
    oblige(.usesLivePages, "uses no freed table", Formula(!tables[table.number].isFreed))
    return isCut ? nil : table
  }

  private func countNow(of table: SymbolicTable) -> BitVector {
    initialCount(of: table)
      &+ BitVector(UInt64(bitPattern: Int64(tables[table.number].countChange)))
  }

  /// A page's count before the walker ran: 1 and its nonzero entries.
  public func initialCount(of table: SymbolicTable) -> BitVector {
    if let known = tables[table.number].initialCount { return known }
    var count = BitVector(1)
    if shape.countsEntries, case .initial(let prefix) = tables[table.number].origin {
      count = explorer.context.function(nameNow("count\(tables[table.number].level)"))(prefix)
    }
    tables[table.number].initialCount = count
    assumeCount(of: table)
    return count
  }

  /// How many entries of a page were not 0 at the start, among those not met on this path.
  public func unseenCount(of table: SymbolicTable) -> BitVector {
    initialCount(of: table) &- BitVector(1) &- tables[table.number].initialNonzeroCount
  }

  /// Assumes that the count at the start is right, as far as entries were seen.
  ///
  /// It is 1, the nonzero entries seen, and not more than the entries unseen. That is all that 'the
  /// count is 1 and the nonzero entries' says of the entries seen, so nothing impossible is explored and
  /// nothing possible is left out.
  func assumeCount(of table: SymbolicTable) {
    let page = tables[table.number]
    guard shape.countsEntries, case .initial = page.origin, page.initialCount != nil else { return }
    // A walker that leaves the page has met more entries than there are; it owes that it does not.
    let unseen = (1 << shape.indexBits) - min(UInt64(page.entries.count), 1 << shape.indexBits)
    explorer.assume(unseenCount(of: table) .<= BitVector(unseen))
  }
}
