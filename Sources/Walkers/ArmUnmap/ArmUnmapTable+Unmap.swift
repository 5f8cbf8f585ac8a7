public import Machines

extension ArmUnmapTable {
  /// Unmaps `sizeInBytes` from `address`: drops leaves and annotations and frees the tables that are
  /// left empty.
  ///
  /// The range is rounded outwards to pages; a block that it touches goes as a whole. Of a guest's
  /// table the memory that was mapped cacheable is cleaned from the data cache. Where the root is
  /// gone there is nothing to unmap. It is one pass, with one barrier and one invalidation for each run
  /// of leaves.
  ///
  /// - Parameters:
  ///   - address: The first byte.
  ///   - sizeInBytes: The size; 0 unmaps nothing.
  ///   - mayYield: Whether others are let run after each root entry that led to a table.
  ///   - machine: The machine it runs on.
  /// - Returns: `range` where the range leaves the input address space; then nothing is unmapped.
  @inlinable
  public func unmap(
    address: M.W,
    sizeInBytes: M.W,
    mayYield: Bool,
    on machine: inout M
  ) -> Errno {
    guard let (start, end) = pages(from: address, sizeInBytes: sizeInBytes, on: &machine) else {
      return .range
    }
    guard hasRoot(on: &machine), machine.holds(sizeInBytes .!= M.W(0)) else { return .ok }
    var visitor = BatchedUnmap(table: self, yields: mayYield)
    // The walk stops early only where the root is gone.
    _ = tree.walk(from: start, to: end, visiting: &visitor, on: &machine)
    if visitor.run.isOpen { visitor.retire(level: visitor.run.level, on: &machine) }
    return .ok
  }
}

/// The callbacks of an unmap in runs.
///
/// A run goes on while input addresses rise in one table, over gaps too where the CPU invalidates by
/// range, and where the data cache has to be cleaned only while leaves differ in nothing but their
/// output addresses, which are contiguous. A table that is left empty goes with the run of its last
/// leaves, in one invalidation that promises no level.
@usableFromInline
struct BatchedUnmap<M: ArmMachine>: Visitor {
  @usableFromInline let table: ArmUnmapTable<M>
  @usableFromInline let yields: Bool
  @usableFromInline var run = BrokenRun<M>()
  /// The last leaf of the run.
  @usableFromInline var previous = M.W(0)
  /// Entries cleared in the current table page and not yet uncounted.
  @usableFromInline var uncounted = 0

  @inlinable
  init(table: ArmUnmapTable<M>, yields: Bool) {
    self.table = table
    self.yields = yields
  }

  /// Whether memory is cleaned from the data cache when it goes back to the host.
  @inlinable var cleansUnmapped: Bool { !table.configuration.isHyp }

  @inlinable @inline(__always)
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    guard machine.holds(entry.descriptor .!= M.W(0)) else {
      run.hasGap = true
      return .next
    }
    machine.store(M.W(0), to: entry.table, at: entry.index, order: .relaxed)
    uncounted &+= 1
    guard machine.holds(Encoding.isValid(entry.descriptor)) else {
      run.hasGap = true
      return .next
    }
    let (descriptor, span) = (entry.descriptor, table.tree.geometry.span(at: entry.level))
    if run.isOpen,
      !goesOn(from: previous, to: descriptor, span: span, hasGap: run.hasGap, on: &machine)
    {
      retire(level: run.level, on: &machine)
    }
    if run.isOpen ? run.isCleaned : isCleaned(descriptor, on: &machine) {
      run.clean(table.encoding.output(of: descriptor), span: span)
    }
    run.extend(over: cursor, span: span, level: entry.level)
    previous = descriptor
    return .next
  }

  /// Whether a run whose last leaf was `previous` goes on with one of `span` bytes.
  @inlinable @inline(__always)
  func goesOn(
    from previous: M.W,
    to descriptor: M.W,
    span: UInt64,
    hasGap: Bool,
    on machine: inout M
  ) -> Bool {
    if hasGap, !table.invalidation.usesRanges { return false }
    return !cleansUnmapped || machine.holds(descriptor .== previous &+ M.W(span))
  }

  /// Whether the memory behind a leaf has to be cleaned from the data cache.
  @inlinable @inline(__always)
  func isCleaned(_ descriptor: M.W, on machine: inout M) -> Bool {
    cleansUnmapped && machine.holds(table.isCacheable(descriptor))
  }

  /// Before another table is entered, what was gathered in this one is dealt with.
  @inlinable @inline(__always)
  mutating func tablePre(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    leave(entry.table, on: &machine)
    if run.isOpen { retire(level: run.level, on: &machine) }
    guard entry.level &+ 1 == Geometry.lastLevel else { return .descend(child) }
    unmapPages(of: child, cursor: cursor, end: end, on: &machine)
    return tablePost(entry, child: child, cursor: cursor, on: &machine)
  }

  /// Clears the entries of a table of the last level, where most of an unmap's time goes.
  @inlinable
  mutating func unmapPages(
    of child: M.Table,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) {
    let geometry = table.tree.geometry
    let page = M.W(geometry.pageSize)
    let lastByte = cursor | M.W(geometry.pageSize &<< geometry.bitsPerLevel &- 1)
    let stop = M.W.select(end .<= lastByte, end &- M.W(1), lastByte)
    let last = geometry.index(of: stop, at: Geometry.lastLevel)
    var index: M.W = geometry.index(of: cursor, at: Geometry.lastLevel)
    var address = cursor
    // The run is kept in locals while it grows.
    var (start, runEnd) = (cursor, cursor)
    var (first, previous) = (M.W(0), M.W(0))
    var (isOpen, hasGap) = (false, false)
    var clearedCount = 0
    while true {
      let descriptor = machine.load(child, at: index)
      if machine.holds(descriptor .!= M.W(0)) {
        machine.store(M.W(0), to: child, at: index, order: .relaxed)
        clearedCount &+= 1
      }
      if machine.holds(Encoding.isValid(descriptor)) {
        let span = geometry.pageSize
        if isOpen,
          !goesOn(from: previous, to: descriptor, span: span, hasGap: hasGap, on: &machine)
        {
          open(from: start, to: runEnd, first: first, last: previous, on: &machine)
          retire(level: Geometry.lastLevel, on: &machine)
          isOpen = false
        }
        if !isOpen { (start, first) = (address, descriptor) }
        isOpen = true
        hasGap = false
        previous = descriptor
        runEnd = address &+ page
      } else {
        hasGap = true
      }
      if machine.holds(index .== last) { break }
      index = index &+ M.W(1)
      address = address &+ page
    }
    if isOpen { open(from: start, to: runEnd, first: first, last: previous, on: &machine) }
    if clearedCount > 0 { machine.release(child, by: clearedCount) }
  }

  /// Makes the pages from `start` to `end` (not included) the run; `first` and `last` are their leaves.
  @inlinable
  mutating func open(
    from start: M.W,
    to end: M.W,
    first: M.W,
    last: M.W,
    on machine: inout M
  ) {
    run.open(from: start, to: end)
    guard isCleaned(first, on: &machine) else { return }
    let encoding = table.encoding
    run.clean(
      from: encoding.output(of: first),
      to: encoding.output(of: last) &+ M.W(table.tree.geometry.pageSize)
    )
  }

  /// Frees a table that holds nothing, with one invalidation for its leaves and its own entry.
  @inlinable @inline(__always)
  mutating func tablePost(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    if machine.holds(machine.count(of: child) .== M.W(1)) {
      machine.store(M.W(0), to: entry.table, at: entry.index, order: .relaxed)
      if !run.isOpen {
        run.extend(over: cursor, span: table.tree.geometry.pageSize, level: Geometry.lastLevel)
      }
      retire(level: nil, on: &machine)
      machine.release(entry.table)
      machine.release(child)
    } else if run.isOpen {
      retire(level: run.level, on: &machine)
    }
    return yields && entry.level == table.tree.geometry.startLevel ? letRun(on: &machine) : .next
  }

  /// Lets others run, and ends the walk where they took the root away.
  @inlinable
  mutating func letRun(on machine: inout M) -> Step<M.Table> {
    machine.yield()
    return table.hasRoot(on: &machine) ? .next : .stop(.notFound)
  }

  @inlinable @inline(__always)
  mutating func leave(_ table: M.Table, on machine: inout M) {
    guard uncounted > 0 else { return }
    machine.release(table, by: uncounted)
    uncounted = 0
  }

  /// Invalidates what the run may have left in the TLBs, and ends it.
  @inlinable
  mutating func retire(level: LookupLevel?, on machine: inout M) {
    table.invalidation.invalidate(
      from: run.start,
      to: run.end,
      span: table.tree.geometry.span(at: run.level),
      level: level,
      on: &machine
    )
    if run.isCleaned {
      machine.clean(run.cleanStart, sizeInBytes: run.cleanEnd &- run.cleanStart)
    }
    run.close()
  }
}
