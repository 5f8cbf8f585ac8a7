import Architecture
import Machines
import Testing

@Suite struct WalkTests {
  /// Tables by hand: descriptors by physical address; where there is none, memory is zero.
  private struct Memory {
    var descriptors: [UInt64: UInt64] = [:]
    var end: UInt64 = 1 << 52
    func read(_ address: UInt64) -> UInt64? { address < end ? descriptors[address] ?? 0 : nil }
  }

  private static let regime = TranslationRegime(Stage2Configuration(inputAddressBits: 40))
  private static let attributes: UInt64 = 0b1111 << 2 | 0b11 << 6 | 0b11 << 8 | 1 << 10

  private func fault(_ result: WalkResult) -> WalkFault? {
    if case .fault(let fault) = result { fault } else { nil }
  }
  private func translation(_ result: WalkResult) -> Translation? {
    if case .translation(let translation) = result { translation } else { nil }
  }

  @Test func `a page is found through three levels, from the second concatenated table`() throws {
    var memory = Memory()
    let inputAddress: UInt64 = 1 << 39 | 3 << 30 | 5 << 21 | 7 << 12 | 0xabc
    memory.descriptors[0x1_0000 + (512 + 3) * 8] = 0x2_0003
    memory.descriptors[0x2_0000 + 5 * 8] = 0x3_0003
    memory.descriptors[0x3_0000 + 7 * 8] = 0x8_1234_5000 | Self.attributes | 0b11
    let found = Self.regime.walk(inputAddress, root: 0x1_0000, read: memory.read)
    let page = try #require(translation(found))
    #expect(page.outputAddress == 0x8_1234_5abc)
    #expect(page.leaf.level == .last)
    #expect(page.leaf.outputAddress == 0x8_1234_5000)
    #expect(page.entryAddress == 0x3_0000 + 7 * 8)
  }

  @Test(arguments: [1, 2])
  func `a block is found at its level, with its offset`(level: Int) throws {
    var memory = Memory()
    let regime = Self.regime
    let size = regime.entrySizeInBytes(at: LookupLevel(level))
    memory.descriptors[0x1_0000] =
      level == 1 ? 4 * size | Self.attributes | 0b01 : 0x2_0003
    memory.descriptors[0x2_0000] = 4 * size | Self.attributes | 0b01
    let found = try #require(
      translation(regime.walk(size - 1, root: 0x1_0000, read: memory.read))
    )
    #expect(found.outputAddress == 5 * size - 1)
    #expect(found.leaf.level.number == level)
  }

  @Test func `an invalid descriptor is a translation fault of its level`() {
    var memory = Memory()
    for level in 1...3 {
      let result = Self.regime.walk(0, root: 0x1_0000, read: memory.read)
      #expect(fault(result)?.kind == .translation)
      #expect(fault(result)?.level.number == level)
      let table = UInt64(level) << 16
      memory.descriptors[table] = table + 0x1_0000 | 0b11
    }
  }

  @Test func `an input address beyond the table is a translation fault of level 0`() {
    let result = Self.regime.walk(1 << 40, root: 0x1_0000, read: Memory().read)
    #expect(fault(result) == WalkFault(kind: .translation, level: LookupLevel(0)))
  }

  @Test func `a clear access flag is a fault that still shows the leaf`() {
    var memory = Memory()
    memory.descriptors[0x1_0000] = (Self.attributes & ~(1 << 10)) | 1 << 30 | 0b01
    let result = fault(Self.regime.walk(0, root: 0x1_0000, read: memory.read))
    #expect(result?.kind == .accessFlag)
    #expect(result?.level.number == 1)
    #expect(result?.leaf?.outputAddress == 1 << 30)
  }

  @Test(arguments: [true, false])
  func `an address of more bits than there are is an address size fault`(isTable: Bool) {
    let regime = TranslationRegime(
      Stage2Configuration(granule: .size64K, inputAddressBits: 42, outputAddressBits: 48)
    )
    var memory = Memory()
    memory.descriptors[0x1_0000] = isTable ? 0x2_1003 : 0x1001 | Self.attributes
    let result = fault(regime.walk(0, root: 0x1_0000, read: memory.read))
    #expect(result?.kind == .addressSize)
    #expect(result?.level.number == 2)
  }

  @Test func `a table where there is no memory is an external abort of the next level`() {
    var memory = Memory()
    memory.end = 1 << 40
    memory.descriptors[0x1_0000] = 1 << 41 | 0b11
    let result = fault(Self.regime.walk(0, root: 0x1_0000, read: memory.read))
    #expect(result?.kind == .external)
    #expect(result?.level.number == 2)
  }

  @Test func `EL2 tables may take permissions away from what hangs from them`() throws {
    let regime = TranslationRegime(HypConfiguration(inputAddressBits: 39))
    var memory = Memory()
    memory.descriptors[0x1_0000] = 0x2_0003
    memory.descriptors[0x2_0000] = 1 << 21 | 0b01 << 6 | 1 << 10 | 0b01
    func leaf() throws -> DecodedLeaf {
      try #require(translation(regime.walk(0, root: 0x1_0000, read: memory.read))).leaf
    }
    #expect(try leaf().isWritable && leaf().isExecutable)
    memory.descriptors[0x1_0000] = 0x2_0003 | 1 << 62
    #expect(try !leaf().isWritable && leaf().isExecutable)
    memory.descriptors[0x1_0000] = 0x2_0003 | 1 << 60
    #expect(try leaf().isWritable && !leaf().isExecutable)
  }
}
