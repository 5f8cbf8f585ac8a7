/// One thing that can be wrong with a software walk of radix tables.
public enum TranslatorFault: UInt8, Sendable, Hashable, CaseIterable {
  /// The process table's base is the whole register, its size field included.
  case processTableUnmasked
  /// The mask of a root directory's base leaves its highest bits out.
  case rootMaskNarrow
  /// The process table's size is computed in 32 bits.
  case sizeIn32Bits
  /// The offset into the process table is computed in 32 bits.
  case offsetIn32Bits
  /// Only the low field of a tree's size is looked at.
  case treeSizeLowOnly
  /// A table that is not aligned to its size is walked.
  case tableAlignmentUnchecked
  /// A leaf whose real address is not aligned to its size is believed.
  case leafAlignmentUnchecked
  /// A leaf of the first level is believed.
  case topLeafAccepted
  /// An entry that is not valid is believed.
  case presenceUnchecked
  /// The hypervisor's quadrants are taken for the process's.
  case quadrantsUnchecked
  /// The process identifier is not compared with the table's size.
  case processUnchecked
  /// What is privileged is permitted to problem state.
  case privilegeIgnored
  /// The keys of AMR and IAMR deny nothing.
  case keysIgnored
  /// An index is added to a table's base as it is, not in entries.
  case indexUnscaled
}

/// Which faults a software walk has.
public typealias TranslatorFaultSet = FaultsOf<TranslatorFault>

extension FaultsOf where Member == TranslatorFault {
  /// What is wrong with the walk of the document the project was created from.
  public static var seed: Self {
    [.sizeIn32Bits, .offsetIn32Bits]
  }
}
