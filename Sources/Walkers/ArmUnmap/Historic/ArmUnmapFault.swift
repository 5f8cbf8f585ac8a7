/// One thing that can be wrong with an older walker.
public enum ArmUnmapFault: UInt8, Sendable, Hashable, CaseIterable {
  // The range of an unmap.
  /// A range of size 0 is walked as if it began before its end.
  case emptyRangeWalked
  /// Addresses that are no multiples of a page are never rounded.
  case rangeUnrounded
  /// A range that leaves the input address space is not refused.
  case rangeUnchecked
  /// Where an upper entry is empty the cursor moves by what the entry spans, not to its end.
  case unalignedStep

  // What is freed, and when.
  /// The top entry is followed whether or not there is a table.
  case topUnchecked
  /// Tables of the second level are never found empty.
  case pudTablesKept
  /// A table that was empty before is left where it is (the loop's).
  case emptyTablesKept
  /// Only entries that the hardware uses are cleared; annotations stay (the loop's).
  case annotationsKept
  /// Entries of every root page are counted at the first.
  case rootCountedOnce

  // Breaking and making.
  /// Nothing is invalidated in a hypervisor's table.
  case hypNotInvalidated
  /// A valid entry is overwritten by another, and invalidated afterwards.
  case noBreak
  /// An entry that is the same already is broken and made again.
  case sameEntryRewritten
  /// A block over a table overwrites the table entry, and what was beneath is left.
  case tableOverwritten

  // Faults of a guest.
  /// A block is installed whatever part of its window the slot has.
  case blockOutsideSlot
  /// A block is installed whether or not its two addresses are aligned alike.
  case blockMisaligned

  // Others.
  /// The flush follows the top entry whether or not there is a table.
  case flushTopUnchecked
  /// An unmap lets others run although its caller cannot wait.
  case yieldsAlways

  // Others that run meanwhile, or before.
  /// An unmap does not ask whether the root is still there when it has let others run.
  case rootLostInYield
  /// An unmap does not ask whether there is a root when it begins.
  case rootLostBefore
  /// Ageing does not ask whether there is a root.
  case rootLostByAge
  /// The top entry that an unmap goes on with was read before others ran (the functions').
  case staleTopEntry

  // Caches, and the register of the root.
  /// Memory is not cleaned from the data cache after it is unmapped.
  case unmapNotCleaned
  /// Memory that takes the place of other memory is not cleaned from the data cache before.
  case changeNotCleaned
  /// The register's field for the root begins one bit too high.
  case baseFieldTooHigh
}

/// Which faults an older walker has.
public typealias ArmUnmapFaultSet = FaultsOf<ArmUnmapFault>

extension FaultsOf where Member == ArmUnmapFault {
  /// What is wrong with the loop, as it stood before it was replaced; that neither cleaned what it
  /// unmapped is a piece by itself, since it would hide the rest.
  public static var loop: Self {
    [
      .rangeUnrounded, .rangeUnchecked, .topUnchecked, .pudTablesKept, .emptyTablesKept,
      .annotationsKept, .hypNotInvalidated,
    ]
  }
  /// What is wrong with one function a level, as it was posted.
  public static var nested: Self {
    [
      .emptyRangeWalked, .rangeUnrounded, .rangeUnchecked, .topUnchecked, .pudTablesKept,
      .hypNotInvalidated,
    ]
  }
}
