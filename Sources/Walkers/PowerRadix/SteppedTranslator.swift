public import Machines

/// The software walk that mirrors the kernel's step by step, with its faults or mended.
public struct SteppedTranslator: Sendable, Hashable {
  @usableFromInline let faults: TranslatorFaultSet

  /// The walk with these faults.
  public init(faults: TranslatorFaultSet = []) { self.faults = faults }

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
    let mask = faults.contains(.offsetIn32Bits) ? 0xffff_ffff : UInt64.max
    let offset = (pid &<< 4) & M.W(mask)
    let size = processTableSize(registers)
    if !faults.contains(.processUnchecked) {
      guard machine.holds(offset .< size) else { return .refused(.invalid) }
    }
    let base =
      faults.contains(.processTableUnmasked)
      ? registers.processTable & ~M.W(7)
      : registers.processTable & M.W(RadixLayout.processTableBase)
    guard let process = machine.read(base &+ offset) else { return .refused(.fault) }
    let treeBits =
      faults.contains(.treeSizeLowOnly)
      ? ((process &>> 5) & M.W(0b111)) &+ M.W(31 + 16) : RadixLayout.treeBits(of: process)
    guard machine.holds(treeBits .== M.W(RadixLayout.treeBits)) else { return .refused(.invalid) }
    let rootMask =
      faults.contains(.rootMaskNarrow) ? RadixLayout.rootBase >> 4 & ~0xff : RadixLayout.rootBase
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
    let isProcess = faults.contains(.quadrantsUnchecked) || machine.holds(quadrant .== M.W(0))
    return isProcess ? registers.pid & M.W(0xffff_ffff) : nil
  }

  /// The process table's size in bytes.
  @inlinable
  func processTableSize<W: Word>(_ registers: RadixRegisters<W>) -> W {
    let field = registers.processTable & W(RadixLayout.processTableSize)
    let size = RadixLayout.power(ofTwo: field &+ W(12))
    guard faults.contains(.sizeIn32Bits) else { return size }
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
    for level in stride(from: RadixLevel.root, through: .last, by: -1) {
      guard let bits = RadixTranslator.bits(size, level, on: &machine) else {
        return .refused(.invalid)
      }
      shift &-= bits
      let index = RadixLayout.index(of: address, shift: shift, bits: bits)
      if !faults.contains(.tableAlignmentUnchecked) {
        guard machine.holds((root & M.W(1 &<< (bits &+ 3) &- 1)) .== M.W(0)) else {
          return .refused(.invalid)
        }
      }
      let offset = faults.contains(.indexUnscaled) ? index : index &<< 3
      guard let entry = machine.read(root &+ offset) else { return .refused(.fault) }
      if !faults.contains(.presenceUnchecked) {
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
    _ level: RadixLevel,
    _ shift: UInt64,
    _ address: M.W,
    _ registers: RadixRegisters<M.W>,
    on machine: inout M
  ) -> RadixResult<M.W> {
    if level == 3, !faults.contains(.topLeafAccepted) { return .refused(.invalid) }
    let real = entry & M.W(RadixLayout.realAddress)
    if !faults.contains(.leafAlignmentUnchecked) {
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
        obeysPrivilege: !faults.contains(.privilegeIgnored),
        obeysKeys: !faults.contains(.keysIgnored),
        on: &machine
      )
    )
  }
}
