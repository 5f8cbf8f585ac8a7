public import Machines

extension Stage2 {
  /// Takes a valid leaf out of its entry and out of every TLB.
  @inlinable
  func breakLeaf(_ entry: Entry<M>, cursor: M.W, on machine: inout M) {
    machine.store(M.W(0), to: entry.table, at: entry.index, order: .relaxed)
    invalidation.invalidate(cursor, level: entry.level, on: &machine)
  }

  /// Puts the empty table `child` in the place of an invalid entry or of a block, and counts it.
  @inlinable
  func link(_ child: M.Table, at entry: Entry<M>, cursor: M.W, on machine: inout M) {
    if machine.holds(Encoding.isValid(entry.descriptor)) {
      breakLeaf(entry, cursor: cursor, on: &machine)
    } else if machine.holds(entry.descriptor .== M.W(0)) {
      machine.retain(entry.table)
    }
    // A release, so that the hardware sees the child's zeroes before it sees the child.
    let descriptor = encoding.table(at: machine.address(of: child))
    machine.store(descriptor, to: entry.table, at: entry.index, order: .release)
  }
}
