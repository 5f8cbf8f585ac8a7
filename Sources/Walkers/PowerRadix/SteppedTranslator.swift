public import Machines

/// One thing that can be wrong with a software walk of radix tables.
public enum RadixFlaw: UInt8, Sendable, Hashable, CaseIterable {
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

/// Which flaws a software walk has.
public typealias RadixFlawSet = FaultsOf<RadixFlaw>

extension FaultsOf where Member == RadixFlaw {
  /// What is wrong with the walk of the document the project was created from.
  public static var seed: Self {
    [.sizeIn32Bits, .offsetIn32Bits]
  }
}

/// The software walk that mirrors the kernel's step by step, with its flaws or mended.
public struct SteppedTranslator: Sendable, Hashable {
  @usableFromInline let flaws: RadixFlawSet

  /// The walk with these flaws.
  public init(flaws: RadixFlawSet = []) { self.flaws = flaws }

  /// Translates one effective address; see `RadixTranslator.translate`.
  @inlinable
  public func translate<M: GuestMachine>(
    _ address: M.W,
    _ registers: RadixRegisters<M.W>,
    on machine: inout M
  ) -> RadixResult<M.W> {
    guard let pid = effectivePID(address, registers, on: &machine) else {
      return .refused(.invalid)
    }
    let mask = flaws.contains(.offsetIn32Bits) ? 0xffff_ffff : UInt64.max
    let offset = (pid &<< 4) & M.W(mask)
    let size = processTableSize(registers)
    if !flaws.contains(.processUnchecked) {
      guard machine.holds(offset .< size) else { return .refused(.invalid) }
    }
    let base =
      flaws.contains(.processTableUnmasked)
      ? registers.processTable & ~M.W(7)
      : registers.processTable & M.W(RadixLayout.processTableBase)
    guard let process = machine.read(base &+ offset) else { return .refused(.fault) }
    let treeBits =
      flaws.contains(.treeSizeLowOnly)
      ? ((process &>> 5) & M.W(0b111)) &+ M.W(31 + 16) : RadixLayout.treeBits(of: process)
    guard machine.holds(treeBits .== M.W(RadixLayout.treeBits)) else { return .refused(.invalid) }
    let rootMask =
      flaws.contains(.rootMaskNarrow) ? RadixLayout.rootBase >> 4 & ~0xff : RadixLayout.rootBase
    return walk(
      root: process & M.W(rootMask),
      bits: process & M.W(RadixLayout.sizeField),
      address,
      registers,
      on: &machine
    )
  }

  /// The process whose table is walked; nil for addresses that are none of the guest's.
  @inlinable
  func effectivePID<M: GuestMachine>(
    _ address: M.W,
    _ registers: RadixRegisters<M.W>,
    on machine: inout M
  ) -> M.W? {
    let quadrant = address &>> 62
    if machine.holds(quadrant .== M.W(3)) { return M.W(0) }
    let isProcess = flaws.contains(.quadrantsUnchecked) || machine.holds(quadrant .== M.W(0))
    return isProcess ? registers.pid & M.W(0xffff_ffff) : nil
  }

  /// The process table's size in bytes.
  @inlinable
  func processTableSize<W: Word>(_ registers: RadixRegisters<W>) -> W {
    let field = registers.processTable & W(RadixLayout.processTableSize)
    let size = RadixLayout.power(ofTwo: field &+ W(12))
    guard flaws.contains(.sizeIn32Bits) else { return size }
    // A one that is shifted into the sign is extended, and one that is shifted out is gone.
    let low = size & W(0xffff_ffff)
    return W.select(low .== W(1 << 31), low | W(0xffff_ffff << 32), low)
  }

  /// Walks a tree from its root.
  @inlinable
  func walk<M: GuestMachine>(
    root: M.W,
    bits rootBits: M.W,
    _ address: M.W,
    _ registers: RadixRegisters<M.W>,
    on machine: inout M
  ) -> RadixResult<M.W> {
    var (root, size) = (root, rootBits)
    var shift = RadixLayout.treeBits
    for level in stride(from: 3, through: 0, by: -1) {
      guard let bits = RadixTranslator.bits(size, level, on: &machine) else {
        return .refused(.invalid)
      }
      shift &-= bits
      let index = RadixLayout.index(of: address, shift: shift, bits: bits)
      if !flaws.contains(.tableAlignmentUnchecked) {
        guard machine.holds((root & M.W(1 &<< (bits &+ 3) &- 1)) .== M.W(0)) else {
          return .refused(.invalid)
        }
      }
      let offset = flaws.contains(.indexUnscaled) ? index : index &<< 3
      guard let entry = machine.read(root &+ offset) else { return .refused(.fault) }
      if !flaws.contains(.presenceUnchecked) {
        guard machine.holds((entry & M.W(RadixLayout.present)) .!= M.W(0)) else {
          return .refused(.notFound)
        }
      }
      if machine.holds((entry & M.W(RadixLayout.leaf)) .!= M.W(0)) {
        return leaf(entry, level, shift, address, registers, on: &machine)
      }
      size = entry & M.W(RadixLayout.sizeField)
      root = entry & M.W(RadixLayout.nextBase)
    }
    return .refused(.invalid)
  }

  /// What a leaf gives.
  @inlinable
  func leaf<M: GuestMachine>(
    _ entry: M.W,
    _ level: Int,
    _ shift: UInt64,
    _ address: M.W,
    _ registers: RadixRegisters<M.W>,
    on machine: inout M
  ) -> RadixResult<M.W> {
    if level == 3, !flaws.contains(.topLeafAccepted) { return .refused(.invalid) }
    let real = entry & M.W(RadixLayout.realAddress)
    if !flaws.contains(.leafAlignmentUnchecked) {
      guard machine.holds((real & M.W(1 &<< shift &- 1)) .== M.W(0)) else {
        return .refused(.invalid)
      }
    }
    return .translated(
      RadixLayout.translation(
        entry,
        shift: shift,
        of: address,
        registers,
        obeysPrivilege: !flaws.contains(.privilegeIgnored),
        obeysKeys: !flaws.contains(.keysIgnored),
        on: &machine
      )
    )
  }
}
