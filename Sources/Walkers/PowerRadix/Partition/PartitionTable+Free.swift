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
    host.countInvalidation()
    unmap(slot.frames, of: slot, on: &machine, log: &host)
    host.unlock(on: &machine)
  }

  /// Frees every table; a second time there is nothing to free.
  ///
  /// The root leads nowhere any more before all CPUs forget the partition, once.
  @inlinable
  public mutating func free(on machine: inout M) {
    guard let directory else { return }
    var children: [M.Table] = []
    for index in 0..<UInt64(1) &<< configuration.rootBits {
      let address = index &<< configuration.shift(of: 3)
      let (table, place) = rootPlace(directory, address, on: &machine)
      guard let child = child(of: table, place, on: &machine) else { continue }
      machine.store(M.W(0), to: table, at: M.W(place), order: .relaxed)
      children.append(child)
    }
    forgetAll(on: &machine)
    for child in children { freeTable(child, level: 2, on: &machine) }
    machine.freeRoot(directory, pageCount: configuration.rootPageCount)
    self.directory = nil
  }

  /// The table that an entry leads to; nil for none.
  @inlinable @inline(__always)
  func child(of table: M.Table, _ index: UInt64, on machine: inout M) -> M.Table? {
    let entry = machine.load(table, at: M.W(index))
    guard isTable(entry, on: &machine) else { return nil }
    let next = entry & M.W(RadixLayout.nextBase)
    return machine.table(at: next, linkedFrom: table, index: M.W(index))
  }

  /// Makes every CPU forget whatever it knows of the partition.
  @inlinable
  func forgetAll(on machine: inout M) {
    machine.barrier(.ptesync)
    machine.invalidate(
      RadixInvalidation(
        .everything,
        operand: M.W(RadixLayout.allOfPartition),
        partition: M.W(configuration.partition)
      )
    )
    completeInvalidations(on: &machine)
  }

  /// Frees a table that nothing leads to any more, and those below it.
  @inlinable
  func freeTable(_ table: M.Table, level: RadixLevel, on machine: inout M) {
    if level > 0 {
      for index in 0..<UInt64(1) &<< configuration.bits(of: level) {
        if let child = child(of: table, index, on: &machine) {
          freeTable(child, level: level &- 1, on: &machine)
        }
      }
    }
    machine.release(table)
  }
}
