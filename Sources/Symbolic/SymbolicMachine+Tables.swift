public import Machines

extension SymbolicMachine {
  /// The page and the position in it of the entry at `index`, which is met now or was before.
  func entry(of handle: SymbolicTable, at index: BitVector) -> (SymbolicTable, Int)? {
    let table = page(of: handle)
    obligeKnown(table)
    oblige(.usesLivePages, "uses no freed table", Formula(!tables[table.number].isFreed))
    oblige(.staysInside, "stays inside a table", index .< BitVector(1 << shape.indexBits))
    guard !isCut else { return nil }
    let entries = tables[table.number].entries
    if let same = entries.firstIndex(where: { BitVector.isIdentical($0.index, index) }) {
      return (table, same)
    }
    for (position, entry) in entries.enumerated() where explorer.decide(entry.index .== index) {
      return (table, position)
    }
    addEntry(to: table, at: index)
    return (table, entries.count)
  }

  /// Where an entry is, for judges, whose looks are no steps, events or obligations of the walker's.
  public func look(
    at index: BitVector,
    in handle: SymbolicTable
  ) -> (table: SymbolicTable, entry: Int) {
    let table = page(of: handle)
    let entries = tables[table.number].entries
    if let same = entries.firstIndex(where: { BitVector.isIdentical($0.index, index) }) {
      return (table, same)
    }
    for (position, entry) in entries.enumerated() where explorer.decide(entry.index .== index) {
      return (table, position)
    }
    addEntry(to: table, at: index)
    return (table, entries.count)
  }

  private func addEntry(to table: SymbolicTable, at index: BitVector) {
    let page = tables[table.number]
    guard case .initial(let prefix) = page.origin else {
      let zero = BitVector(0)
      tables[table.number].entries.append(
        SymbolicEntry(index: index, key: nil, initial: zero, current: zero)
      )
      return
    }
    let key = prefix &<< shape.indexBits | index
    let value = initialEntry(level: page.level, key: key)
    explorer.assume(shape.isWellFormed(value, page.level))
    tables[table.number].entries.append(
      SymbolicEntry(index: index, key: key, initial: value, current: value)
    )
    assumeCount(of: table)
  }

  /// The page a handle stands for: a root's handle is that of its first page.
  func page(of handle: SymbolicTable) -> SymbolicTable {
    guard case .root = tables[handle.number].origin else { return handle }
    return rootPage(handle, at: BitVector(0))
  }

  /// The page number `index` of a root.
  public func rootPage(_ root: SymbolicTable, at index: BitVector) -> SymbolicTable {
    guard case .root(let isFresh) = tables[root.number].origin else {
      oblige(.staysInside, "stays inside the root", index .== BitVector(0))
      return root
    }
    let known = tables[root.number].rootPages
    if let same = known.first(where: { BitVector.isIdentical($0.index, index) }) {
      return same.table
    }
    for page in known where explorer.decide(page.index .== index) { return page.table }
    let level = tables[root.number].level
    let page = add(
      SymbolicPage(
        level: level,
        origin: isFresh ? .fresh(address: nextAddress()) : .initial(prefix: index),
        parent: nil
      )
    )
    tables[root.number].rootPages.append((index, page))
    return page
  }

  /// The table at the address that the entry at `index` of `parent` links to.
  public func table(
    at address: BitVector,
    linkedFrom parent: SymbolicTable,
    index: BitVector
  ) -> SymbolicTable {
    guard step(), let (parent, position) = entry(of: parent, at: index) else { return parent }
    let entry = tables[parent.number].entries[position]
    let level = tables[parent.number].level
    oblige(
      .followsLinks,
      "follows the address in the entry",
      address .== shape.linkedAddress(entry.current)
    )
    oblige(.followsLinks, "follows links between levels only", Formula(level < shape.lastLevel))
    guard !isCut else { return parent }
    guard explorer.decide(shape.isLink(entry.current, level)) else {
      oblige(.followsLinks, "follows links to tables only", Formula(false))
      return parent
    }
    if !tables[parent.number].isFresh, entry.isUntouched {
      return initialChild(of: parent, entry: position)
    }
    if let fresh = freshTable(at: address, level: level + 1) { return fresh }
    oblige(.followsLinks, "follows links to tables only", Formula(false))
    return parent
  }

  /// The page that an entry linked to before the walker ran, which it must have.
  public func initialChild(of parent: SymbolicTable, entry position: Int) -> SymbolicTable {
    let entry = tables[parent.number].entries[position]
    if let known = entry.initialChild { return known }
    let child = add(
      SymbolicPage(
        level: tables[parent.number].level + 1,
        origin: .initial(prefix: entry.key ?? BitVector(0)),
        parent: (parent, position)
      )
    )
    tables[parent.number].entries[position].initialChild = child
    return child
  }

  /// The page handed out on this path that lies at `address`.
  private func freshTable(at address: BitVector, level: LookupLevel) -> SymbolicTable? {
    for (number, page) in tables.enumerated().reversed() {
      guard case .fresh(let base) = page.origin, page.level == level else { continue }
      if explorer.decide(address .== BitVector(base)) { return SymbolicTable(number: number) }
    }
    return nil
  }

  /// The physical address of a table.
  public func address(of table: SymbolicTable) -> BitVector {
    let page = tables[page(of: table).number]
    if case .fresh(let address) = page.origin { return BitVector(address) }
    obligeKnown(self.page(of: table))
    guard !isCut, let parent = page.parent else {
      return explorer.context.variable("root") & BitVector(~(1 << shape.pageShift - 1))
    }
    return shape.linkedAddress(tables[parent.table.number].entries[parent.entry].initial)
  }

  /// The address of the next page handed out.
  func nextAddress() -> UInt64 {
    allocationCount += 1
    return shape.freshBase + UInt64(allocationCount - 1) << shape.pageShift
  }
}

extension SymbolicMachine {
  /// What the entry number `key` of a level, counted from the first entry of the root, held before the
  /// walker ran, or before it went on after it had let others run.
  public func initialEntry(level: LookupLevel, key: BitVector) -> BitVector {
    explorer.context.function(nameNow("entry\(level)"))(key)
  }
}
