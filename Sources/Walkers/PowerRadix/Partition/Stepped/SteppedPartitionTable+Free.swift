public import Machines

extension SteppedPartitionTable {
  /// Frees every table; a second time there is nothing to free.
  @inlinable
  public mutating func free(on machine: inout M) {
    guard let directory else { return }
    for index in 0..<UInt64(1) &<< configuration.rootBits {
      let address = index &<< configuration.shift(of: 3)
      let (table, place) = rootPlace(directory, address, on: &machine)
      let entry = machine.load(table, at: M.W(place))
      guard isTable(entry, on: &machine) else { continue }
      let child = child(of: table, place, entry, on: &machine)
      machine.store(M.W(0), to: table, at: M.W(place), order: .relaxed)
      forgetAll(on: &machine)
      freeTable(child, level: 2, on: &machine)
    }
    machine.freeRoot(directory, pageCount: configuration.rootPageCount)
    if !faults.contains(.freedRootKept) { self.directory = nil }
  }

  /// Makes every CPU forget whatever it knows of the partition.
  @inlinable
  func forgetAll(on machine: inout M) {
    if faults.contains(.freeUninvalidated) { return }
    invalidate(
      faults.contains(.freeKeepsWalkCache) ? .translations : .everything,
      RadixLayout.allOfPartition,
      on: &machine
    )
  }

  /// Frees a table that nothing leads to any more, and those below it.
  @inlinable
  func freeTable(_ table: M.Table, level: RadixLevel, on machine: inout M) {
    if level > 0 {
      for index in 0..<UInt64(1) &<< configuration.bits(of: level) {
        let entry = machine.load(table, at: M.W(index))
        let isFollowed =
          faults.contains(.freeKnowsOneLeaf) && level == 2
          ? machine.holds((entry & M.W(RadixLayout.present)) .!= M.W(0))
          : isTable(entry, on: &machine)
        guard isFollowed else { continue }
        let child = child(of: table, index, entry, on: &machine)
        freeTable(child, level: level &- 1, on: &machine)
      }
    }
    machine.release(table)
  }
}
