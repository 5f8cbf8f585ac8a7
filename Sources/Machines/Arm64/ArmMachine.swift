/// What a walker of Arm's tables runs on.
public protocol ArmMachine: TableMachine {
  /// Issues one TLB maintenance instruction; it completes at the next `dsb`.
  mutating func invalidate(_ invalidation: TLBInvalidation<W>)
  /// Issues one barrier.
  mutating func barrier(_ barrier: Barrier)
  /// Cleans and invalidates the data cache to the point of coherency, over `sizeInBytes` from a
  /// physical address.
  mutating func clean(_ address: W, sizeInBytes: W)
  /// Invalidates the instruction cache to the point of unification, over `sizeInBytes` from a
  /// physical address.
  mutating func invalidateInstructions(_ address: W, sizeInBytes: W)
}

/// A barrier instruction of Arm, spelled as its manual does.
public enum Barrier: UInt8, Sendable, Hashable, CaseIterable {
  /// `dsb ishst`: earlier stores are visible to every table walker of the inner shareable domain.
  case dsbISHST
  /// `dsb ish`: earlier accesses and TLB maintenance are complete in the inner shareable domain.
  case dsbISH
  /// `dsb nsh`: the same for this CPU alone.
  case dsbNSH
  /// `dsb nshst`: earlier stores are visible to this CPU's table walker.
  case dsbNSHST
  /// `dmb ishst`: earlier stores are ordered before later stores.
  case dmbISHST
  /// `isb`: context synchronisation of this CPU.
  case isb
}
