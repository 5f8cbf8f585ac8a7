import Architecture
import Machines
import Testing

/// Memory of a tree with one leaf of each level, from guest real address 0, 1 GiB, and 2 GiB on.
private struct PartitionMemory {
  var doublewords: [UInt64: UInt64] = [
    // The root at 64 KiB, a table of level 2 behind it, then one of level 1 and one of level 0.
    0x1_0000: 0x8000_0000_0002_0009,
    0x2_0000: 0x8000_0000_0002_1009,
    0x2_0008: 0xc000_0080_0000_0007,
    0x2_1000: 0x8000_0000_0002_2005,
    0x2_1008: 0xc000_0000_0020_0007,
    0x2_2000: 0xc000_0000_0001_0004,
  ]
  /// 52 bits, the root's address, 2^13 entries.
  static let root: UInt64 = 0x4000_0000_0001_00ad

  func read(_ address: UInt64) -> UInt64? { doublewords[address] ?? 0 }

  mutating func access(
    _ address: UInt64,
    isWrite: Bool = false,
    setsBits: Bool = true
  ) -> PartitionAccess {
    var written: (UInt64, UInt64)?
    let result = PartitionAccess.perform(
      address,
      isWrite: isWrite,
      from: PartitionMemory.root,
      setsBits: setsBits,
      read: { read($0) },
      write: { written = ($0, $1) }
    )
    if let written { doublewords[written.1] = written.0 }
    return result
  }
}

@Suite struct PartitionTests {
  @Test func `leaves of each level translate, and a hole does not`() {
    var memory = PartitionMemory()
    #expect(memory.access(0x1234) == .done(realAddress: 0x1_1234))
    #expect(memory.access(0x20_1234) == .done(realAddress: 0x20_1234))
    #expect(memory.access(0x4000_1234) == .done(realAddress: 0x80_0000_1234))
    #expect(memory.access(0x1_0000) == .noTranslation(.notPresent(level: 0)))
    #expect(memory.access(0x0008_0000_0000_0000) == .noTranslation(.notPresent(level: 3)))
  }

  @Test func `the hardware sets reference and change, or leaves that to software`() {
    var memory = PartitionMemory()
    #expect(memory.access(0, isWrite: true) == .denied)
    #expect(memory.access(0x20_0000, setsBits: false) == .needsReferenceOrChange)
    #expect(memory.access(0x20_0000) == .done(realAddress: 0x20_0000))
    #expect(memory.doublewords[0x2_1008] == 0xc000_0000_0020_0107)
    #expect(memory.access(0x20_0000, setsBits: false) == .done(realAddress: 0x20_0000))
    #expect(memory.access(0x20_0000, isWrite: true, setsBits: false) == .needsReferenceOrChange)
    #expect(memory.access(0x20_0000, isWrite: true) == .done(realAddress: 0x20_0000))
    #expect(memory.doublewords[0x2_1008] == 0xc000_0000_0020_0187)
  }

  @Test(arguments: RadixPageSize.allCases)
  func `a tlbie removes the leaf of its size at its address`(size: RadixPageSize) throws {
    func operand(_ value: UInt64, partition: UInt64 = 7) -> RadixOperand? {
      RadixOperand(
        RadixInvalidation(.translations, operand: value, partition: partition),
        ofPartition: 7
      )
    }
    let base: UInt64 = 0x40_0000_0000
    let shift = UInt64(size.rawValue.trailingZeroBitCount)
    let field = size.actualPageSize << 5
    #expect(try #require(operand(base | field)).drops(leafAt: base, shift: shift))
    #expect(try !#require(operand(base | field)).drops(leafAt: base + size.rawValue, shift: shift))
    #expect(try !#require(operand(base | field)).drops(leafAt: base, shift: shift + 1))
    #expect(try !#require(operand(base + 0x1000 | field)).drops(leafAt: base, shift: shift))
    #expect(try #require(operand(0x800)).drops(leafAt: base, shift: shift))
    #expect(operand(base | field, partition: 8) == nil)
    #expect(try !#require(operand(0x800)).dropsDirectories)
  }

  @Test func `an operand of a page size that there is not removes nothing`() {
    let unknown = RadixInvalidation<UInt64>(.translations, operand: 0xe0, partition: 7)
    #expect(RadixOperand(unknown, ofPartition: 7) == nil)
    let other = RadixInvalidation<UInt64>(
      .everything,
      operand: 0x800,
      partition: 7,
      isProcessScoped: true
    )
    #expect(RadixOperand(other, ofPartition: 7) == nil)
  }

  @Test func `an entry is gone after the whole sequence, and after no part of it`() {
    let steps: [(inout RadixCache) -> Void] = [
      { $0.barrier(.ptesync) },
      { _ = $0.invalidate(RadixInvalidation(.translations, operand: 0, partition: 1)) },
      { $0.barrier(.eieio) }, { $0.barrier(.tlbsync) }, { $0.barrier(.ptesync) },
    ]
    for missing in [nil, 0, 1, 2, 3, 4] as [Int?] {
      var cache = RadixCache(partition: 1)
      cache.keep(0xc000_0000_0010_0007, at: 0x1000, base: 0, shift: 12)
      for (number, step) in steps.enumerated() where number != missing { step(&cache) }
      #expect(cache.entries.isEmpty == (missing == nil), "without step \(missing ?? -1)")
    }
  }

  @Test func `an invalidation that comes too early says so`() {
    var cache = RadixCache(partition: 1)
    cache.keep(0xc000_0000_0010_0007, at: 0x1000, base: 0, shift: 12)
    let early = cache.invalidate(RadixInvalidation(.translations, operand: 0, partition: 1))
    #expect(early?.place == 0x1000)
  }
}
