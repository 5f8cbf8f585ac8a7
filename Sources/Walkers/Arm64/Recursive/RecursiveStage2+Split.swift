public import Machines

extension RecursiveStage2 {
  /// Splits the blocks that a range touches into pages, each block as a whole or not at all, with
  /// `cachedPages` pages at hand.
  ///
  /// The tree that takes a block's place is filled before it is linked, since no other walk may find
  /// it half empty.
  /// - Returns: `range`, or `noMemory` at the first block for which the pages do not suffice.
  @inlinable
  public func split(
    ipa: M.W,
    sizeInBytes: M.W,
    cachedPages: Int,
    on machine: inout M
  ) -> Errno {
    var pagesLeft = cachedPages
    let result = walker.walk(ipa, sizeInBytes, .leaf, on: &machine) { visit, machine in
      let block = machine.load(visit.table, at: visit.index)
      guard visit.level < Geometry.lastLevel, machine.holds(Encoding.isValid(block)) else {
        return .ok
      }
      guard
        let tree = unlinkedTree(
          of: block,
          from: encoding.output(of: block),
          level: visit.level + 1,
          &pagesLeft,
          on: &machine
        )
      else { return .noMemory }
      breakEntry(block, visit.asUpdate, on: &machine)
      machine.retain(visit.table)
      machine.store(
        encoding.table(at: machine.address(of: tree)),
        to: visit.table,
        at: visit.index,
        order: .release
      )
      return .ok
    }
    machine.barrier(.dsbISHST)
    return result
  }

  /// A table of `level`, linked nowhere, that maps what a block did from `output` on, in pages; nil
  /// when there is no memory, and then nothing is left of it.
  @inlinable
  func unlinkedTree(
    of block: M.W,
    from output: M.W,
    level: LookupLevel,
    _ pagesLeft: inout Int,
    on machine: inout M
  ) -> M.Table? {
    guard pagesLeft > 0, let table = machine.allocateTable(level: level) else { return nil }
    pagesLeft -= 1
    var attributes =
      block & M.W(0xffc | executionBits | Protection.software)
      | M.W(Encoding.accessFlag)
    if faults.contains(.splitForgetsType) {
      attributes =
        attributes & ~M.W(Encoding.stage2MemoryAttributes)
        | M.W(Encoding.stage2Normal(forcesWriteBack: forcesWriteBack))
    }
    var output = output
    for index in 0..<geometry.entryCount {
      var entry = encoding.leaf(output, attributes: attributes, level: level)
      if level < Geometry.lastLevel {
        guard
          let child = unlinkedTree(
            of: block,
            from: output,
            level: level + 1,
            &pagesLeft,
            on: &machine
          )
        else {
          freeUnlinked(table, level: level, on: &machine)
          if faults.contains(.unlinkedFreedTwice) { machine.release(table) }
          return nil
        }
        entry = encoding.table(at: machine.address(of: child))
      }
      machine.store(entry, to: table, at: M.W(index), order: .release)
      machine.retain(table)
      output = output &+ M.W(geometry.span(at: level))
    }
    return table
  }

  /// Frees a table that is linked nowhere, and everything beneath it.
  @inlinable
  func freeUnlinked(_ table: M.Table, level: LookupLevel, on machine: inout M) {
    Tree<M>(geometry: geometry, root: root).free(table, level: level, on: &machine)
  }
}
