public import Machines

extension LockingStage2 {
  /// Unmaps entry by entry.
  @inlinable
  public func unmap<M: SharedTableMachine>(
    ipa: M.W,
    sizeInBytes: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno {
    guard let (start, end) = table.tree.range(from: ipa, sizeInBytes: sizeInBytes, on: &machine)
    else { return .range }
    let geometry = table.tree.geometry
    var cursor = start
    while machine.holds(cursor .< end) {
      let root = machine.rootPage(table.tree.root, at: geometry.rootIndex(of: cursor))
      let next = geometry.next(after: cursor, at: geometry.startLevel &- 1)
      let part = M.W.select(next .< end, next, end)
      unmap(cursor, part, root, level: geometry.startLevel, in: table, on: &machine)
      cursor = next
    }
    return .ok
  }

  /// Unmaps what of a range one table resolves.
  @inlinable
  func unmap<M: SharedTableMachine>(
    _ start: M.W,
    _ end: M.W,
    _ page: M.Table,
    level: LookupLevel,
    in table: Stage2<M>,
    on machine: inout M
  ) {
    let geometry = table.tree.geometry
    var cursor = start
    while machine.holds(cursor .< end) {
      let index = geometry.index(of: cursor, at: level)
      let descriptor = machine.load(page, at: index)
      let entry = Entry<M>(table: page, index: index, level: level, descriptor: descriptor)
      let next = geometry.next(after: cursor, at: level)
      if Encoding.isLeaf(descriptor, level: level, on: &machine) {
        drop(entry, cursor, level: level, in: table, on: &machine)
      } else if machine.holds(Encoding.isValid(descriptor)) {
        let child = table.tree.child(of: entry, on: &machine)
        let part = M.W.select(next .< end, next, end)
        unmap(cursor, part, child, level: level &+ 1, in: table, on: &machine)
        if machine.holds(machine.count(of: child) .== M.W(1)) {
          drop(entry, cursor, level: nil, in: table, on: &machine)
          if faults.contains(.unmapFreesAtOnce) {
            machine.release(child)
          } else {
            machine.releaseUnlinked(child, level: level &+ 1)
          }
        }
      } else if machine.holds(descriptor .!= M.W(0)) {
        // Whose it is said to be: nobody walks by it.
        machine.store(M.W(0), to: page, at: index, order: .relaxed)
        machine.release(page)
      }
      cursor = next
    }
  }

  /// Breaks an entry for good.
  @inlinable
  func drop<M: SharedTableMachine>(
    _ entry: Entry<M>,
    _ cursor: M.W,
    level: LookupLevel?,
    in table: Stage2<M>,
    on machine: inout M
  ) {
    machine.store(M.W(0), to: entry.table, at: entry.index, order: .relaxed)
    if faults.contains(.unmapInvalidatesLocally), let level {
      table.invalidation.invalidateLocally(cursor, level: level, on: &machine)
    } else {
      table.invalidation.invalidate(cursor, level: level, on: &machine)
    }
    if let level, !table.forcesWriteBack, machine.holds(table.isCacheable(entry.descriptor)) {
      machine.clean(
        table.encoding.output(of: entry.descriptor),
        sizeInBytes: M.W(table.tree.geometry.span(at: level))
      )
    }
    machine.release(entry.table)
  }

  /// Takes write permission from the leaves of a range.
  @inlinable
  public func writeProtect<M: SharedTableMachine>(
    ipa: M.W,
    sizeInBytes: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno {
    table.writeProtect(ipa: ipa, sizeInBytes: sizeInBytes, on: &machine)
  }
}
