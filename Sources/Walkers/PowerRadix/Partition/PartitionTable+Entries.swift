public import Machines

extension RadixLayout {
  /// The page was accessed.
  @inlinable public static var reference: UInt64 { 0x100 }
  /// The page was written.
  @inlinable public static var change: UInt64 { 0x80 }
  /// How the memory behaves: idempotent or not.
  @inlinable public static var attributes: UInt64 { 0x30 }
  /// In a `tlbie`'s operand: all entries of a partition.
  @inlinable public static var allOfPartition: UInt64 { 2 << 10 }

  /// What a `tlbie`'s operand calls the size of a leaf of 2^`pageShift` bytes or of a level above.
  @inlinable @inline(__always)
  public static func sizeName(level: Int, pageShift: UInt64) -> UInt64 {
    switch level {
    case 0: pageShift == 16 ? 5 : 0
    case 1: 1
    default: 2
    }
  }

  /// A `tlbie`'s operand for the leaf of 2^`shift` bytes that translates an address.
  @inlinable @inline(__always)
  public static func operand<W: Word>(of address: W, shift: UInt64, sizeName: UInt64) -> W {
    address & W(~(1 &<< shift &- 1)) | W(sizeName &<< 5)
  }

  /// The first doubleword of the partition-table entry that leads to a root of 2^`rootBits` entries,
  /// which translates addresses of `addressBits` bits.
  @inlinable
  public static func partitionEntry<W: Word>(
    root: W,
    rootBits: UInt64,
    addressBits: UInt64
  ) -> W {
    let size = addressBits &- 31
    return root | W((size &>> 3) &<< 61 | (size & 7) &<< 5 | rootBits)
  }

  /// An entry that leads to a table of 2^`bits` entries.
  @inlinable @inline(__always)
  public static func link<W: Word>(to table: W, bits: UInt64) -> W { table | W(present | bits) }
}

extension PartitionTable {
  /// Changes an entry at once, whatever the hardware does to it meanwhile.
  /// - Returns: What it was.
  @inlinable @inline(__always)
  func exchange(
    _ table: M.Table,
    _ index: UInt64,
    clearing clear: UInt64,
    setting set: UInt64 = 0,
    from known: M.W,
    on machine: inout M
  ) -> M.W {
    var old = known
    while true {
      let new = old & M.W(~clear) | M.W(set)
      let found = machine.compareExchange(old, with: new, in: table, at: M.W(index))
      if machine.holds(found .== old) { return old }
      old = found
    }
  }

  /// Changes bits of a leaf, on a DD1 by way of an invalid entry.
  /// - Returns: What it was.
  @inlinable
  func update(
    _ spot: PartitionSpot<M>,
    clearing clear: UInt64 = 0,
    setting set: UInt64 = 0,
    at address: UInt64,
    on machine: inout M
  ) -> M.W {
    if flaws.contains(.plainUpdate) {
      let new = spot.entry & M.W(~clear) | M.W(set)
      machine.store(new, to: spot.table, at: M.W(spot.index), order: .relaxed)
      return spot.entry
    }
    var (old, set) = (spot.entry, set)
    var isBroken = false
    if configuration.isDD1, clear & RadixLayout.present == 0, !flaws.contains(.unbrokenOnDD1) {
      old = exchange(
        spot.table,
        spot.index,
        clearing: RadixLayout.present,
        from: old,
        on: &machine
      )
      invalidate(address, spot.level, on: &machine)
      old = old & M.W(~RadixLayout.present)
      set |= RadixLayout.present
      isBroken = true
    }
    let found = exchange(
      spot.table,
      spot.index,
      clearing: clear,
      setting: set,
      from: old,
      on: &machine
    )
    return isBroken ? found | M.W(RadixLayout.present) : found
  }

  /// Issues the `tlbie` of the leaf of a level that translates an address.
  @inlinable @inline(__always)
  func issueInvalidation(_ address: UInt64, _ level: Int, on machine: inout M) {
    let isWrongSize = flaws.contains(.invalidationOfWrongSize) && level == 2
    let operand = RadixLayout.operand(
      of: address,
      shift: flaws.contains(.invalidationUnaligned) ? 12 : configuration.shift(of: level),
      sizeName: RadixLayout.sizeName(
        level: isWrongSize ? 1 : level,
        pageShift: configuration.pageShift
      )
    )
    machine.invalidate(
      RadixInvalidation(
        .translations,
        operand: M.W(operand),
        partition: M.W(configuration.partition)
      )
    )
  }

  /// Waits until every CPU has done what was issued.
  @inlinable
  func completeInvalidations(on machine: inout M) {
    if !flaws.contains(.invalidationIncomplete) {
      machine.barrier(.eieio)
      machine.barrier(.tlbsync)
    }
    machine.barrier(.ptesync)
  }

  /// Makes every CPU forget the leaf of a level that translates an address.
  @inlinable
  func invalidate(_ address: UInt64, _ level: Int, on machine: inout M) {
    orderChanges(on: &machine)
    issueInvalidation(address, level, on: &machine)
    completeInvalidations(on: &machine)
  }

  /// Makes changes visible to walks, before what they replaced is invalidated.
  @inlinable @inline(__always)
  func orderChanges(on machine: inout M) {
    if !flaws.contains(.invalidationUnordered) { machine.barrier(.ptesync) }
  }

  /// Makes a leaf invalid and logs it, without an invalidation.
  @inlinable
  func clear(_ spot: PartitionSpot<M>, at address: UInt64, on machine: inout M) -> M.W {
    let bits = flaws.contains(.unmapKeepsBits) ? RadixLayout.present : .max
    return update(spot, clearing: bits, at: address, on: &machine)
  }
}
