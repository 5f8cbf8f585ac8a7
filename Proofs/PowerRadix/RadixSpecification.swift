import Architecture
import Machines
import Symbolic
import Walkers

/// A guest's memory of arbitrary contents and size, on symbolic words.
struct SymbolicGuest: GuestMachine {
  let explorer: PathExplorer
  /// The addresses that were read, in order.
  private(set) var reads: [BitVector] = []

  init(explorer: PathExplorer) { self.explorer = explorer }

  /// The size of the memory in bytes, a multiple of 8.
  var size: BitVector { explorer.context.variable("memory") & ~BitVector(7) }

  /// What is at an address.
  func doubleword(at address: BitVector) -> BitVector {
    explorer.context.function("guest")(address)
  }

  /// Decides a condition: the path forks where both are possible.
  func holds(_ condition: Formula) -> Bool { explorer.decide(condition) }

  /// Reads a doubleword.
  mutating func read(_ address: BitVector) -> BitVector? {
    reads.append(address)
    return holds(address .< size) ? doubleword(at: address) : nil
  }
}

/// The architecture's process-scoped radix walk, on symbolic words and along one path.
///
/// The same as `RadixWalk`, told again with the fields' own masks, so that a proof shares nothing with
/// the walkers. Reference: Power ISA 3.0B, Book III, "Radix Tree Translation".
struct RadixSpecification {
  /// One table that the hardware reads an entry of.
  struct Lookup {
    let base: BitVector
    let sizeInBytes: BitVector
    let address: BitVector
  }

  let guest: SymbolicGuest
  let registers: RadixRegisters<BitVector>
  let address: BitVector
  private(set) var lookups: [Lookup] = []

  init(
    guest: SymbolicGuest,
    registers: RadixRegisters<BitVector>,
    address: BitVector
  ) {
    self.guest = guest
    self.registers = registers
    self.address = address
  }

  private func decide(_ formula: Formula) -> Bool { guest.explorer.decide(formula) }

  private func field(_ field: PowerField, _ word: BitVector) -> BitVector {
    (word & BitVector(field.mask)) &>> (63 - field.last)
  }

  private func has(_ bit: PowerField, _ word: BitVector) -> Bool {
    decide((word & BitVector(bit.mask)) .!= BitVector(0))
  }

  /// The walk's end; what it looked up is kept.
  mutating func translate() -> RadixResult<BitVector> {
    let quadrant = field(PowerField(0, 1), address)
    let isKernel = decide(quadrant .== BitVector(3))
    guard isKernel || decide(quadrant .== BitVector(0)) else { return .refused(.invalid) }
    let pid = isKernel ? BitVector(0) : registers.pid
    // One number for each of the 32 sizes.
    let tableSize = (0..<UInt64(32)).reduce(BitVector(0)) { size, exponent in
      let isThis =
        field(RadixField.processTableSize, registers.processTable) .== BitVector(exponent)
      return BitVector.select(isThis, BitVector(1 << (12 + exponent)), size)
    }
    guard decide(pid &<< 4 .< tableSize) else { return .refused(.invalid) }
    let tableBase = registers.processTable & BitVector(RadixField.processTableBase.mask)
    guard let entry = look(up: pid &<< 4, in: tableBase, of: tableSize) else {
      return .refused(.fault)
    }
    let size =
      field(RadixField.treeSizeHigh, entry) &<< 3 | field(RadixField.treeSizeLow, entry)
    guard decide(size .== BitVector(52 - 31)) else { return .refused(.invalid) }
    return walk(
      base: entry & BitVector(RadixField.rootBase.mask),
      bits: field(RadixField.rootSize, entry)
    )
  }

  private mutating func look(
    up offset: BitVector,
    in base: BitVector,
    of size: BitVector
  ) -> BitVector? {
    let place = base &+ offset
    lookups.append(Lookup(base: base, sizeInBytes: size, address: place))
    return decide(place .< guest.size) ? guest.doubleword(at: place) : nil
  }

  private mutating func walk(base: BitVector, bits: BitVector) -> RadixResult<BitVector> {
    var (base, size) = (base, bits)
    var shift: UInt64 = 52
    for level in stride(from: RadixLevel.root, through: .last, by: -1) {
      let supported: [UInt64] = level == 3 ? [13] : level == 0 ? [9, 5] : [9]
      guard let bits = supported.first(where: { decide(size .== BitVector($0)) }) else {
        return .refused(.invalid)
      }
      guard decide((base & BitVector(8 << bits - 1)) .== BitVector(0)) else {
        return .refused(.invalid)
      }
      shift -= bits
      let index = (address &>> shift) & BitVector(1 << bits - 1)
      guard let entry = look(up: index &<< 3, in: base, of: BitVector(8 << bits)) else {
        return .refused(.fault)
      }
      guard has(RadixField.valid, entry) else { return .refused(.notFound) }
      if has(RadixField.leaf, entry) { return leaf(entry, level, shift) }
      base = entry & BitVector(RadixField.nextBase.mask)
      size = field(RadixField.nextSize, entry)
    }
    return .refused(.invalid)
  }

  private func leaf(
    _ entry: BitVector,
    _ level: RadixLevel,
    _ shift: UInt64
  ) -> RadixResult<BitVector> {
    let page = entry & BitVector(RadixField.realPage.mask)
    let offset = BitVector(1 << shift - 1)
    guard level < 3, decide((page & offset) .== BitVector(0)) else { return .refused(.invalid) }
    let isPrivileged = has(RadixField.privileged, entry)
    func permits(_ right: PowerField, _ register: BitVector, _ key: PowerField) -> Bool {
      if registers.isProblemState, isPrivileged { return false }
      let isGranted = (entry & BitVector(right.mask)) .!= BitVector(0)
      if registers.isProblemState || isPrivileged { return decide(isGranted) }
      return decide(isGranted .& ((register & BitVector(key.mask)) .== BitVector(0)))
    }
    return .translated(
      RadixTranslation(
        realAddress: page &+ (address & offset),
        pageShift: shift,
        canRead: permits(RadixField.read, registers.amr, RadixField.keyDeniesRead),
        canWrite: permits(RadixField.write, registers.amr, RadixField.keyDeniesWrite),
        canExecute: permits(RadixField.execute, registers.iamr, RadixField.keyDeniesRead)
      )
    )
  }
}
