public import Machines

/// The software walk of a guest's own radix tables: the optimised one.
///
/// What a hypervisor needs to emulate a guest's access. It reads what the hardware would read, sets
/// no reference or change bit, and believes nothing of what the guest wrote.
public enum RadixTranslator {
  /// Translates one effective address.
  ///
  /// - Parameters:
  ///   - address: The effective address.
  ///   - registers: What of the guest's CPU decides.
  ///   - machine: The guest's memory.
  /// - Returns: The translation, with what it permits; `invalid` for addresses of the hypervisor's
  ///   quadrants, processes beyond the table and malformed tables; `notFound` for an entry that is not
  ///   valid; `fault` where a table is not in the guest's memory.
  @inlinable
  public static func translate<M: GuestMachine>(
    _ address: M.W,
    _ registers: RadixRegisters<M.W>,
    on machine: inout M
  ) -> RadixResult<M.W> {
    // Quadrant 0 is the process's, quadrant 3 the guest kernel's, whose process is number 0.
    let quadrant = address &>> 62
    let isKernel = machine.holds(quadrant .== M.W(3))
    guard isKernel || machine.holds(quadrant .== M.W(0)) else { return .refused(.invalid) }
    let offset = isKernel ? M.W(0) : (registers.pid & M.W(0xffff_ffff)) &<< 4
    let exponent = (registers.processTable & M.W(RadixLayout.processTableSize)) &+ M.W(12)
    guard machine.holds(offset .< RadixLayout.power(ofTwo: exponent)) else {
      return .refused(.invalid)
    }
    let base = registers.processTable & M.W(RadixLayout.processTableBase)
    guard let process = machine.read(base &+ offset) else { return .refused(.fault) }
    guard machine.holds(RadixLayout.treeBits(of: process) .== M.W(RadixLayout.treeBits)) else {
      return .refused(.invalid)
    }
    var table = process
    var shift = RadixLayout.treeBits
    for level in stride(from: RadixLevel.root, through: .last, by: -1) {
      // Base and size are in the same place in a process's entry and in a directory's.
      guard let bits = bits(table, level, on: &machine) else { return .refused(.invalid) }
      let base = table & M.W(RadixLayout.nextBase)
      guard machine.holds((base & M.W(8 &<< bits &- 1)) .== M.W(0)) else {
        return .refused(.invalid)
      }
      shift &-= bits
      let index = RadixLayout.index(of: address, shift: shift, bits: bits)
      guard let entry = machine.read(base &+ index &<< 3) else { return .refused(.fault) }
      guard machine.holds((entry & M.W(RadixLayout.present)) .!= M.W(0)) else {
        return .refused(.notFound)
      }
      if machine.holds((entry & M.W(RadixLayout.leaf)) .!= M.W(0)) {
        let misalignment = entry & M.W(RadixLayout.realAddress & (1 &<< shift &- 1))
        guard level < 3, machine.holds(misalignment .== M.W(0)) else { return .refused(.invalid) }
        return .translated(
          RadixLayout.translation(entry, shift: shift, of: address, registers, on: &machine)
        )
      }
      table = entry
    }
    return .refused(.invalid)
  }

  /// The address bits that a table of a level resolves; nil where its size is none that is supported.
  @inlinable
  static func bits<M: GuestMachine>(
    _ table: M.W,
    _ level: RadixLevel,
    on machine: inout M
  ) -> UInt64? {
    let bits = table & M.W(RadixLayout.sizeField)
    if level > 0 {
      let supported = RadixLayout.bits(at: level)
      return machine.holds(bits .== M.W(supported)) ? supported : nil
    }
    if machine.holds(bits .== M.W(9)) { return 9 }
    return machine.holds(bits .== M.W(5)) ? 5 : nil
  }
}
