import Machines
import Property
import Walkers

/// The software walk of a guest's radix tables: random pages of 1 GiB in a tree of four levels.
struct RadixBenchmark {
  static let pageCount = 1 << 14

  private var guest = DirectGuest(sizeInBytes: 1 << 24)
  private let registers = RadixRegisters<UInt64>(processTable: 1 << 16, pid: 1)
  private let addresses: [UInt64]
  /// What translations found, so that none can be left out.
  private(set) var checksum: UInt64 = 0

  /// A guest that maps 1 GiB in pages of 64 KiB.
  init() {
    // The tables lie from 1 MiB on; the last level's 512 of them have 32 entries each.
    let (root, upper, middle, last): (UInt64, UInt64, UInt64, UInt64) = (
      0x10_0000, 0x11_0000, 0x11_1000, 0x12_0000
    )
    guest.write(0x4000_0000_0000_00a0 | root | 13, at: 1 << 16 | 16)
    guest.write(1 << 63 | upper | 9, at: root)
    guest.write(1 << 63 | middle | 9, at: upper)
    for table in 0..<UInt64(512) {
      guest.write(1 << 63 | (last + table << 8) | 5, at: middle + table << 3)
      for entry in 0..<UInt64(32) {
        let page = (table << 5 | entry) << 16
        guest.write(3 << 62 | page | 6, at: last + table << 8 + entry << 3)
      }
    }
    var random = CaseRandom(seed: 1, case: 0)
    addresses = (0..<RadixBenchmark.pageCount).map { _ in random.next(through: 1 << 30 - 1) }
  }

  /// Translates every address by the optimised walk.
  mutating func translate() {
    for address in addresses {
      note(RadixTranslator.translate(address, registers, on: &guest))
    }
  }

  /// Translates every address by the walk that mirrors the kernel's.
  mutating func translateInSteps() {
    let walk = SteppedTranslator()
    for address in addresses { note(walk.translate(address, registers, on: &guest)) }
  }

  private mutating func note(_ result: RadixResult<UInt64>) {
    guard case .translated(let translation) = result else {
      preconditionFailure("the benchmark's guest maps every address")
    }
    checksum &+= translation.realAddress
  }
}
