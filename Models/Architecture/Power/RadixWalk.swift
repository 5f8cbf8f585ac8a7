public import Machines

/// Why the hardware finds no process-scoped translation of an effective address.
public enum RadixFault: Error, Sendable, Hashable {
  /// Quadrants 1 and 2 belong to the hypervisor.
  case quadrant
  /// The process identifier is beyond the process table.
  case processBeyondTable
  /// A table is where there is no memory.
  case noMemory(level: RadixLevel?)
  /// The tree does not translate 52 bits, or its geometry is none that the implementation has.
  case geometry(level: RadixLevel?)
  /// A table is not aligned to its size.
  case tableMisaligned(level: RadixLevel)
  /// The entry is not valid.
  case notPresent(level: RadixLevel)
  /// The entry of the last level is no leaf.
  case noLeaf
  /// A leaf of the first level, of 512 GiB.
  case leafTooLarge
  /// A leaf's real address is not aligned to its size.
  case leafMisaligned(level: RadixLevel)
}

extension RadixFault {
  /// The fault in words, without where it is.
  public var name: String {
    switch self {
    case .quadrant: "quadrant"
    case .processBeyondTable: "process beyond its table"
    case .noMemory: "no memory"
    case .geometry: "geometry"
    case .tableMisaligned: "table misaligned"
    case .notPresent: "not present"
    case .noLeaf: "no leaf"
    case .leafTooLarge: "leaf too large"
    case .leafMisaligned: "leaf misaligned"
    }
  }
}

/// A process-scoped radix-tree walk, as POWER9 makes it for a guest.
///
/// Levels are numbered from 3, the first, to 0. Reference: Power ISA 3.0B, Book III, "Radix Tree
/// Translation" and "Storage Protection". Reference and change bits are not looked at: a walk in
/// software sets none. Effective-address bits between the quadrant and the 52 that are translated are
/// not looked at either.
public enum RadixWalk {
  /// Translates one effective address.
  ///
  /// - Parameters:
  ///   - effectiveAddress: The address.
  ///   - registers: What of the CPU decides.
  ///   - read: The doubleword at a guest real address; nil where there is no memory.
  /// - Returns: The translation with what it permits, or why there is none.
  public static func translate(
    _ effectiveAddress: UInt64,
    _ registers: RadixRegisters<UInt64>,
    read: (UInt64) -> UInt64?
  ) -> Result<RadixTranslation<UInt64>, RadixFault> {
    func fault(_ fault: RadixFault) -> Result<RadixTranslation<UInt64>, RadixFault> {
      .failure(fault)
    }
    let quadrant = effectiveAddress >> 62
    guard quadrant == 0 || quadrant == 3 else { return fault(.quadrant) }
    let pid = quadrant == 0 ? registers.pid : 0
    let tableSize =
      UInt64(1) << (12 + RadixField.processTableSize.value(in: registers.processTable))
    guard pid * 16 < tableSize else { return fault(.processBeyondTable) }
    let tableBase = registers.processTable & RadixField.processTableBase.mask
    guard let entry = read(tableBase + pid * 16) else { return fault(.noMemory(level: nil)) }
    return RadixTree.walk(effectiveAddress, from: entry, read: read).map { leaf in
      translation(leaf, effectiveAddress, registers)
    }
  }

  private static func translation(
    _ leaf: RadixLeaf,
    _ effectiveAddress: UInt64,
    _ registers: RadixRegisters<UInt64>
  ) -> RadixTranslation<UInt64> {
    func has(_ field: PowerField) -> Bool { field.value(in: leaf.entry) == 1 }
    // A privileged page is none of problem state's; the keys are for privileged accesses to others.
    let isDenied = registers.isProblemState && has(RadixField.privileged)
    let obeysKeys = !registers.isProblemState && !has(RadixField.privileged)
    func key(_ field: PowerField, _ register: UInt64) -> Bool {
      obeysKeys && field.value(in: register) == 1
    }
    return RadixTranslation(
      realAddress: leaf.realAddress(of: effectiveAddress),
      pageShift: leaf.shift,
      canRead: has(RadixField.read) && !isDenied && !key(RadixField.keyDeniesRead, registers.amr),
      canWrite: has(RadixField.write) && !isDenied
        && !key(RadixField.keyDeniesWrite, registers.amr),
      canExecute: has(RadixField.execute) && !isDenied
        && !key(RadixField.keyDeniesRead, registers.iamr)
    )
  }
}
