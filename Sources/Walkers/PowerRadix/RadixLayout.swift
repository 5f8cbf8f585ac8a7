public import Machines

/// How the walkers read the tables of radix translation (POWER9).
///
/// Masks and shifts as software has them. Reference: Power ISA 3.0B, Book III, "Process Table" and
/// "Radix Tree Translation".
public enum RadixLayout {
  /// The process table's base, in the register that says where it is.
  @inlinable public static var processTableBase: UInt64 { 0x0fff_ffff_ffff_f000 }
  /// The process table's size field.
  @inlinable public static var processTableSize: UInt64 { 0x1f }
  /// A root directory's base, in a process-table entry.
  @inlinable public static var rootBase: UInt64 { 0x0fff_ffff_ffff_ff00 }
  /// The address field of an entry that leads to a table.
  @inlinable public static var nextBase: UInt64 { 0x0fff_ffff_ffff_ff00 }
  /// How many address bits the next table resolves.
  @inlinable public static var sizeField: UInt64 { 0x1f }
  /// The entry is valid.
  @inlinable public static var present: UInt64 { 1 << 63 }
  /// The entry is a leaf.
  @inlinable public static var leaf: UInt64 { 1 << 62 }
  /// The real address in a leaf.
  @inlinable public static var realAddress: UInt64 { 0x01ff_ffff_ffff_f000 }
  /// For privileged state only.
  @inlinable public static var privileged: UInt64 { 0x8 }
  /// Loads.
  @inlinable public static var read: UInt64 { 0x4 }
  /// Stores.
  @inlinable public static var write: UInt64 { 0x2 }
  /// Instruction fetches.
  @inlinable public static var execute: UInt64 { 0x1 }
  /// In the AMR: stores of privileged state to pages that are not privileged are denied.
  @inlinable public static var keyDeniesWrite: UInt64 { 1 << 63 }
  /// In the AMR: such loads; in the IAMR such fetches.
  @inlinable public static var keyDeniesRead: UInt64 { 1 << 62 }
  /// The address bits that a tree translates.
  @inlinable public static var treeBits: UInt64 { 52 }

  /// The size of a tree in address bits, by its two fields in a process-table entry.
  @inlinable
  public static func treeBits<W: Word>(of entry: W) -> W {
    ((entry &>> 58) & W(0b11000) | (entry &>> 5) & W(0b111)) &+ W(31)
  }

  /// The address bits that the table of a level before the last resolves.
  @inlinable
  public static func bits(at level: RadixLevel) -> UInt64 { level == 3 ? 13 : 9 }

  /// The index for an address in a table of 2^`bits` entries, each for 2^`shift` bytes.
  @inlinable @inline(__always)
  public static func index<W: Word>(of address: W, shift: UInt64, bits: UInt64) -> W {
    address &>> shift & W(1 &<< bits &- 1)
  }

  /// 2^`exponent`, of an exponent below 64.
  @inlinable
  public static func power<W: Word>(ofTwo exponent: W) -> W {
    var power = W(1)
    for bit: UInt64 in 0..<6 {
      let isSet = (exponent & W(1 &<< bit)) .!= W(0)
      power = W.select(isSet, power &<< (1 &<< bit), power)
    }
    return power
  }
}

/// What a software walk ends with.
public enum RadixResult<W: Word>: Sendable {
  /// There is a translation.
  case translated(RadixTranslation<W>)
  /// There is none.
  case refused(Errno)
}

extension RadixResult: Equatable where W: Equatable {}

extension RadixLayout {
  /// The end of a walk at a leaf of 2^`shift` bytes, whose real address is aligned or not.
  @inlinable
  static func translation<M: GuestMachine>(
    _ entry: M.W,
    shift: UInt64,
    of address: M.W,
    _ registers: RadixRegisters<M.W>,
    obeysPrivilege: Bool = true,
    obeysKeys: Bool = true,
    on machine: inout M
  ) -> RadixTranslation<M.W> {
    let offset = M.W(1 &<< shift &- 1)
    let isPrivileged = machine.holds((entry & M.W(privileged)) .!= M.W(0))
    let isDenied = obeysPrivilege && registers.isProblemState && isPrivileged
    let hasKeys = obeysKeys && !registers.isProblemState && !isPrivileged
    func permits(_ right: UInt64, _ register: M.W, _ key: UInt64) -> Bool {
      guard !isDenied else { return false }
      let isGranted = (entry & M.W(right)) .!= M.W(0)
      return machine.holds(
        hasKeys ? isGranted .& ((register & M.W(key)) .== M.W(0)) : isGranted
      )
    }
    return RadixTranslation(
      realAddress: (entry & M.W(realAddress)) &+ (address & offset),
      pageShift: shift,
      canRead: permits(read, registers.amr, keyDeniesRead),
      canWrite: permits(write, registers.amr, keyDeniesWrite),
      canExecute: permits(execute, registers.iamr, keyDeniesRead)
    )
  }
}
