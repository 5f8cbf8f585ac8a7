public import Machines

extension LockingStage2 {
  /// Maps leaf by leaf, each from the root.
  @inlinable
  public func map<M: SharedTableMachine>(
    ipa: M.W,
    sizeInBytes: M.W,
    physical: M.W,
    protection: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno {
    if table.configuration.isIdentityMap, machine.holds(ipa .!= physical) { return .invalid }
    let forbidden = M.W(Protection.device | Protection.execute)
    guard machine.holds((protection & forbidden) .!= forbidden) else { return .invalid }
    guard
      let (start, end) = table.tree.range(from: ipa, sizeInBytes: sizeInBytes, on: &machine),
      let output = table.tree.outputStart(physical, sizeInBytes: end &- start, on: &machine)
    else { return .range }
    let attributes = Encoding.stage2Attributes(
      protection,
      forcesWriteBack: table.forcesWriteBack
    )
    let isCleaned =
      machine.holds((protection & M.W(Protection.device)) .== M.W(0)) && !table.forcesWriteBack
    let isExecutable = machine.holds((protection & M.W(Protection.execute)) .!= M.W(0))
    var forcesPages = table.forcesPages(protection, on: &machine)
    return walking(&machine) { machine in
      var cursor = start
      var ahead = M.W(0)
      var result = Errno.ok
      while result == .ok, machine.holds(cursor .< end) {
        // An output address is the input's, as far from the first: no count of its own goes wrong.
        let next = output &+ (cursor &- start) &+ ahead
        var level = table.tree.geometry.startLevel
        while level < Geometry.lastLevel,
          forcesPages || level < table.tree.geometry.firstBlockLevel
            || !machine.holds(
              table.tree.geometry.leafFits(
                at: level,
                input: cursor,
                output: next,
                remaining: end &- cursor
              )
            )
        {
          level &+= 1
        }
        let leaf = table.encoding.leaf(next, attributes: attributes, level: level)
        let span = M.W(table.tree.geometry.span(at: level))
        result = put(leaf, at: level, cursor, in: table, on: &machine) { machine in
          if isCleaned { machine.clean(next, sizeInBytes: span) }
          if isExecutable { machine.invalidateInstructions(next, sizeInBytes: span) }
        }
        if faults.contains(.countsOutput), level < Geometry.lastLevel,
          let found = table.tree.leaf(at: cursor, on: &machine), found.level > level
        {
          ahead = ahead &+ span
          forcesPages = true
        } else {
          cursor = cursor &+ span
        }
      }
      machine.barrier(.dsbISHST)
      return result
    }
  }

  /// Puts a leaf at a level, with tables above it, once its memory is prepared.
  @inlinable
  func put<M: SharedTableMachine>(
    _ leaf: M.W,
    at leafLevel: LookupLevel,
    _ cursor: M.W,
    in table: Stage2<M>,
    on machine: inout M,
    prepare: (inout M) -> Void
  ) -> Errno {
    let geometry = table.tree.geometry
    var page = machine.rootPage(table.tree.root, at: geometry.rootIndex(of: cursor))
    var level = geometry.startLevel
    while true {
      let index = geometry.index(of: cursor, at: level)
      let descriptor = machine.load(page, at: index)
      let entry = Entry<M>(table: page, index: index, level: level, descriptor: descriptor)
      if level == leafLevel {
        return replace(entry, by: leaf, cursor, in: table, on: &machine, prepare: prepare)
      }
      if machine.holds(Encoding.isTable(descriptor)) {
        page = table.tree.child(of: entry, on: &machine)
      } else {
        guard !faults.contains(.locksBeforeAllocating) || lock(entry, on: &machine) else {
          return .again
        }
        guard let child = machine.allocateTable(level: level &+ 1) else { return .noMemory }
        let link = table.encoding.table(at: machine.address(of: child))
        let result = replace(entry, by: link, cursor, in: table, on: &machine) { _ in }
        guard result == .ok else {
          if !faults.contains(.keepsLostTable) { machine.release(child) }
          return result
        }
        page = child
      }
      level &+= 1
    }
  }

  /// Takes an entry as it was found.
  @inlinable
  func lock<M: SharedTableMachine>(_ entry: Entry<M>, on machine: inout M) -> Bool {
    let locked = M.W(Encoding.locked)
    let isTaken = machine.holds(entry.descriptor .== locked)
    if isTaken { return faults.contains(.ignoresLock) }
    if faults.contains(.breaksUnchecked) {
      machine.store(locked, to: entry.table, at: entry.index, order: .relaxed)
      return true
    }
    let found = machine.compareExchange(
      entry.descriptor,
      with: locked,
      in: entry.table,
      at: entry.index
    )
    return machine.holds(found .== entry.descriptor)
  }

  /// Takes an entry, invalidates what it was, and makes it another.
  @inlinable
  func replace<M: SharedTableMachine>(
    _ entry: Entry<M>,
    by descriptor: M.W,
    _ cursor: M.W,
    in table: Stage2<M>,
    on machine: inout M,
    prepare: (inout M) -> Void
  ) -> Errno {
    let isLeaf = Encoding.isLeaf(entry.descriptor, level: entry.level, on: &machine)
    if isLeaf {
      let difference = (entry.descriptor ^ descriptor) & ~M.W(Encoding.stage2Permissions)
      guard machine.holds(difference .!= M.W(0)) else { return .again }
    }
    if faults.contains(.keepsLostCount) { machine.retain(entry.table) }
    let isLocked =
      faults.contains(.locksBeforeAllocating) && isLink(descriptor, entry, on: &machine)
    guard isLocked || lock(entry, on: &machine) else {
      return faults.contains(.mapClaimsLoss) ? .ok : .again
    }
    let isCounted =
      machine.holds(entry.descriptor .!= M.W(0))
      && machine.holds(entry.descriptor .!= M.W(Encoding.locked))
    let isLate = faults.contains(.makesBeforeInvalidation)
    if !isLate { invalidate(entry, isLeaf: isLeaf, cursor, in: table, on: &machine) }
    if isCounted { machine.release(entry.table) }
    prepare(&machine)
    make(descriptor, at: entry, on: &machine)
    if isLate { invalidate(entry, isLeaf: isLeaf, cursor, in: table, on: &machine) }
    if !isLeaf, machine.holds(Encoding.isValid(entry.descriptor)) {
      let child = table.tree.child(of: entry, on: &machine)
      unlink(child, level: entry.level &+ 1, in: table, on: &machine)
    }
    return .ok
  }

  /// Whether a descriptor for an entry is a table's.
  @inlinable
  func isLink<M: SharedTableMachine>(
    _ descriptor: M.W,
    _ entry: Entry<M>,
    on machine: inout M
  ) -> Bool {
    entry.level < Geometry.lastLevel && machine.holds(Encoding.isTable(descriptor))
  }

  /// Gives an entry back as something else, and counts it.
  @inlinable
  func make<M: SharedTableMachine>(
    _ descriptor: M.W,
    at entry: Entry<M>,
    on machine: inout M
  ) {
    let isLate = faults.contains(.countsAfterInstall)
    if !isLate, !faults.contains(.keepsLostCount) { machine.retain(entry.table) }
    machine.store(
      descriptor,
      to: entry.table,
      at: entry.index,
      order: faults.contains(.linksPlainly) ? .relaxed : .release
    )
    if isLate { machine.retain(entry.table) }
  }

  /// Invalidates what an entry was that has been taken.
  @inlinable
  func invalidate<M: SharedTableMachine>(
    _ entry: Entry<M>,
    isLeaf: Bool,
    _ cursor: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) {
    guard machine.holds(Encoding.isValid(entry.descriptor)) else { return }
    if isLeaf {
      if faults.contains(.breaksSilently) { return }
      guard !faults.contains(.invalidatesLocally) else {
        return table.invalidation.invalidateLocally(cursor, level: entry.level, on: &machine)
      }
      return table.invalidation.invalidate(cursor, level: entry.level, on: &machine)
    }
    if faults.contains(.invalidatesFirstPage) {
      return table.invalidation.invalidate(cursor, level: nil, on: &machine)
    }
    let span = table.tree.geometry.span(at: entry.level)
    let start = cursor & ~M.W(span &- 1)
    table.invalidation.invalidate(
      from: start,
      to: start &+ M.W(span),
      span: table.tree.geometry.pageSize,
      level: nil,
      on: &machine
    )
  }

  /// Gives a table away that no entry leads to any more.
  @inlinable
  func unlink<M: SharedTableMachine>(
    _ child: M.Table,
    level: LookupLevel,
    in table: Stage2<M>,
    on machine: inout M
  ) {
    if faults.contains(.freesAtOnce) {
      return freeUnlinked(child, level: level, in: table, on: &machine)
    }
    if faults.contains(.iteratesEarly) {
      let counted = table.tree.freeChildren(of: child, level: level, on: &machine)
      machine.release(child, by: counted)
    }
    machine.unlink(child, level: level)
  }

  /// Frees an unlinked table and what is beneath it.
  @inlinable
  public func freeUnlinked<M: SharedTableMachine>(
    _ child: M.Table,
    level: LookupLevel,
    in table: Stage2<M>,
    on machine: inout M
  ) {
    if faults.contains(.iteratesEarly) {
      machine.release(child)
    } else {
      table.tree.free(child, level: level, on: &machine)
    }
    if faults.contains(.unlinksTwice) { machine.release(child) }
  }
}
