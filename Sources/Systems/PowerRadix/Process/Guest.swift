import Architecture
import Machines

/// A guest that keeps a process table and radix trees in its memory, for a check to walk.
struct Guest {
  /// Its memory.
  var memory: GuestMemory
  /// What of its CPU decides, as it set it up.
  var registers: RadixRegisters<UInt64>
  /// The first address that no table has.
  private var free: UInt64 = 1 << 20

  /// A guest whose process table has 2^(12 + `tableSize`) bytes from `tableBase`.
  init(memorySize: UInt64, tableBase: UInt64, tableSize: UInt64, pid: UInt64) {
    memory = GuestMemory(sizeInBytes: memorySize)
    registers = RadixRegisters(processTable: tableBase | tableSize, pid: pid)
  }

  /// Where the process of an address has its entry.
  func processEntry(of address: UInt64) -> UInt64 {
    let pid = address >> 62 == 3 ? 0 : registers.pid
    return registers.processTable & RadixField.processTableBase.mask &+ pid << 4
  }

  /// Where the entry of a level for an address is; nil where no tables lead there.
  func entry(of address: UInt64, at level: RadixLevel) -> UInt64? {
    guard var entry = memory.doubleword(at: processEntry(of: address)), entry != 0 else {
      return nil
    }
    var shift: UInt64 = 52
    for upper in stride(from: RadixLevel.root, through: level, by: -1) {
      let bits = RadixField.nextSize.value(in: entry)
      guard bits > 0, bits <= shift else { return nil }
      shift -= bits
      let base = entry & RadixField.nextBase.mask
      let place = base &+ (address >> shift & (1 << bits - 1)) << 3
      if upper == level { return place }
      guard let next = memory.doubleword(at: place), next != 0 else { return nil }
      entry = next
    }
    return nil
  }

  /// Maps a page as a guest does, with tables down to it; `lastBits` is how many bits the table of
  /// the last level resolves where there is none yet.
  mutating func map(
    _ address: UInt64,
    level: RadixLevel,
    lastBits: UInt64,
    realAddress: UInt64,
    rights: UInt64
  ) {
    let process = processEntry(of: address)
    if memory.doubleword(at: process) == 0 {
      // 52 bits are 31 and 21: 0b10 in the field of two bits, 0b101 in that of three.
      let size = UInt64(0b10) << 61 | 0b101 << 5
      memory.write(size | table(bits: 13) | 13, at: process)
    }
    for upper in stride(from: RadixLevel.root, to: level, by: -1) {
      guard let place = entry(of: address, at: upper), let old = memory.doubleword(at: place)
      else { return }
      if old & RadixField.valid.mask != 0, old & RadixField.leaf.mask == 0 { continue }
      let bits = upper > 1 ? 9 : lastBits
      memory.write(RadixField.valid.mask | table(bits: bits) | bits, at: place)
    }
    guard let place = entry(of: address, at: level) else { return }
    let shift: UInt64 =
      switch level {
      case 2: 30
      case 1: 21
      default: 52 - 13 - 9 - 9 - lastBits
      }
    let real = realAddress & RadixField.realPage.mask & ~(1 << shift - 1)
    memory.write(RadixField.valid.mask | RadixField.leaf.mask | real | rights, at: place)
  }

  /// Room for a table of 2^`bits` entries, aligned to its size.
  private mutating func table(bits: UInt64) -> UInt64 {
    let size = UInt64(8) << bits
    let base = (free + size - 1) / size * size
    free = base + size
    return base
  }
}

extension Guest {
  /// What a guest does to its tables or its register; a translation changes nothing.
  mutating func change(_ operation: TranslateOperation) {
    switch operation {
    case .map(let address, let level, let lastBits, let real, let rights):
      map(address, level: level, lastBits: lastBits, realAddress: real, rights: rights)
    case .turn(let address, let level, let bits):
      let place = level == 4 ? processEntry(of: address) : entry(of: address, at: level)
      if let place, let old = memory.doubleword(at: place) { memory.write(old ^ bits, at: place) }
    case .turnRegister(let bits): registers.processTable ^= bits
    case .translate: break
    }
  }

  /// What of its CPU decides at a translation.
  func registers(for operation: TranslateOperation) -> RadixRegisters<UInt64> {
    guard case .translate(_, let pid, let amr, let iamr, let isProblemState) = operation else {
      return registers
    }
    var registers = registers
    registers.pid = pid
    registers.amr = amr
    registers.iamr = iamr
    registers.isProblemState = isProblemState
    return registers
  }
}
