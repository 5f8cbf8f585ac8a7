public import Machines

extension PartitionTable {
  /// Takes all of a slot from the guest, before the slot goes or moves.
  @inlinable
  public func flush<H: PartitionHost>(
    _ slot: GuestSlot,
    on machine: inout M,
    host: inout H
  ) where H.M == M {
    host.lock(on: &machine)
    // A fault that knows the slot from before would bring it back.
    if !flaws.contains(.flushUncounted) { host.countInvalidation() }
    unmap(slot.frames, of: slot, on: &machine, log: &host)
    host.unlock(on: &machine)
  }

  /// Frees every table; a second time there is nothing to free.
  @inlinable
  public mutating func free(on machine: inout M) {
    guard let root else { return }
    let size = UInt64(1) &<< configuration.rootBits
    for index in 0..<size {
      let address = index &<< configuration.shift(of: 3)
      let (table, place) = rootPlace(root, address, on: &machine)
      let entry = machine.load(table, at: M.W(place))
      guard isTable(entry, on: &machine) else { continue }
      let next = entry & M.W(RadixLayout.nextBase)
      let child = machine.table(at: next, linkedFrom: table, index: M.W(place))
      machine.store(M.W(0), to: table, at: M.W(place), order: .relaxed)
      forgetAll(on: &machine)
      freeTable(child, level: 2, on: &machine)
    }
    machine.freeRoot(root, pageCount: configuration.rootPageCount)
    if !flaws.contains(.freedRootKept) { self.root = nil }
  }

  /// Makes every CPU forget whatever it knows of the partition.
  @inlinable
  func forgetAll(on machine: inout M) {
    if flaws.contains(.freeUninvalidated) { return }
    orderChanges(on: &machine)
    machine.invalidate(
      RadixInvalidation(
        flaws.contains(.freeKeepsWalkCache) ? .translations : .everything,
        operand: M.W(RadixLayout.allOfPartition),
        partition: M.W(configuration.partition)
      )
    )
    completeInvalidations(on: &machine)
  }

  /// Frees a table that nothing leads to any more, and those below it.
  @inlinable
  func freeTable(_ table: M.Table, level: Int, on machine: inout M) {
    if level > 0 {
      for index in 0..<UInt64(1) &<< configuration.bits(of: level) {
        let entry = machine.load(table, at: M.W(index))
        let isFollowed =
          flaws.contains(.freeKnowsOneLeaf) && level == 2
          ? machine.holds((entry & M.W(RadixLayout.present)) .!= M.W(0))
          : isTable(entry, on: &machine)
        guard isFollowed else { continue }
        let next = entry & M.W(RadixLayout.nextBase)
        let child = machine.table(at: next, linkedFrom: table, index: M.W(index))
        freeTable(child, level: level &- 1, on: &machine)
      }
    }
    machine.release(table)
  }
}
