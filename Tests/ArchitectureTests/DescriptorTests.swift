import Architecture
import Machines
import Testing

@Suite struct DescriptorTests {
  static func stage2(
    _ granule: Granule,
    bits: UInt64 = 48,
    forcesWriteBack: Bool = false
  ) -> TranslationRegime {
    TranslationRegime(
      Stage2Configuration(
        granule: granule,
        inputAddressBits: 48,
        outputAddressBits: bits,
        hasForceWriteBack: forcesWriteBack
      )
    )
  }

  static let el2 = TranslationRegime(HypConfiguration())
  /// EL2 with FEAT_BTI.
  static let guardedEL2 = {
    var configuration = HypConfiguration()
    configuration.hasBranchTargets = true
    return TranslationRegime(configuration)
  }()

  private func leaf(
    _ regime: TranslationRegime,
    _ raw: UInt64,
    at level: Int = 3
  ) throws -> DecodedLeaf {
    guard case .leaf(let leaf) = regime.decode(raw, at: LookupLevel(level)) else {
      throw NotALeaf()
    }
    return leaf
  }
  private struct NotALeaf: Error {}

  @Test(arguments: Granule.allCases)
  func `the two low bits and the level say what a descriptor is`(granule: Granule) {
    let regime = Self.stage2(granule)
    for number in 0...3 {
      let level = LookupLevel(number)
      let hasBlocks = number == 2 || (number == 1 && granule == .size4K)
      for rest in [0, 1 << 20, 0x7ff << 52] as [UInt64] {
        #expect(regime.kind(of: rest, at: level) == (rest == 0 ? .invalid : .annotated))
        #expect(regime.kind(of: rest | 0b10, at: level) == .annotated)
        #expect(regime.kind(of: rest | 0b01, at: level) == (hasBlocks ? .block : .annotated))
        #expect(regime.kind(of: rest | 0b11, at: level) == (number == 3 ? .page : .table))
      }
    }
  }

  @Test func `in the EL2&0 regime what EL0 may do has bits of its own`() throws {
    let regime = TranslationRegime(HypConfiguration(hasUnprivilegedAccess: true))
    for bits in 0...7 as ClosedRange<UInt64> {
      let (ap1, pxn, uxn) = (bits & 1, bits >> 1 & 1, bits >> 2)
      let leaf = try leaf(regime, ap1 << 6 | pxn << 53 | uxn << 54 | 0x403)
      #expect(leaf.isExecutable == (pxn == 0))
      #expect(leaf.isAccessibleByEL0 == (ap1 == 1) && leaf.isExecutableByEL0 == (uxn == 0))
      // In EL2 alone bit 54 is the only one that says so.
      let alone = try self.leaf(Self.el2, ap1 << 6 | pxn << 53 | uxn << 54 | 0x403)
      #expect(alone.isExecutable == (uxn == 0))
      #expect(alone.isAccessibleByEL0 == nil && alone.isExecutableByEL0 == nil)
    }
  }

  @Test func `with FEAT_BTI a leaf says whether branches to it are guarded`() throws {
    #expect(try leaf(Self.guardedEL2, 1 << 50 | 0x403).isGuarded == true)
    #expect(try leaf(Self.guardedEL2, 0x403).isGuarded == false)
    #expect(try leaf(Self.el2, 1 << 50 | 0x403).isGuarded == nil)
    #expect(try leaf(Self.stage2(.size4K), 0x403).isGuarded == nil)
  }

  @Test func `with FEAT_XNX the two bits of XN say who may execute`() throws {
    var configuration = Stage2Configuration()
    configuration.hasExecutionByPrivilege = true
    let regime = TranslationRegime(configuration)
    let permitted: [(xn: UInt64, toEL1: Bool, toEL0: Bool)] = [
      (0b00, true, true), (0b01, false, true), (0b10, false, false), (0b11, true, false),
    ]
    for (xn, toEL1, toEL0) in permitted {
      let raw: UInt64 = xn << 53 | 0x403
      let leaf = try leaf(regime, raw)
      #expect(leaf.isExecutable == toEL1 && leaf.isExecutableByEL0 == toEL0)
      #expect(leaf.isAccessibleByEL0 == nil)
      #expect(regime.isExecutable(raw) == (toEL1 || toEL0))
      #expect(regime.misplacedBits(in: raw, at: .last) == 0)
      // Without it bit 54 is XN, and bit 53 means nothing.
      let plain = Self.stage2(.size4K)
      #expect(try self.leaf(plain, raw).isExecutable == (xn & 2 == 0))
      #expect(try self.leaf(plain, raw).isExecutableByEL0 == nil)
      #expect(plain.misplacedBits(in: raw, at: .last) == (xn & 1) << 53)
    }
  }

  @Test func `a reserved encoding decodes as invalid, and keeps its bits`() {
    let regime = Self.stage2(.size4K)
    #expect(regime.decode(0x1001, at: .last) == .invalid(raw: 0x1001))
    #expect(regime.decode(0x1001, at: LookupLevel(0)) == .invalid(raw: 0x1001))
    #expect(regime.decode(0b100, at: .last) == .invalid(raw: 0b100))
  }

  @Test(arguments: Granule.allCases)
  func `every bit of an output address has one place`(granule: Granule) throws {
    let regime = Self.stage2(granule, bits: granule == .size64K ? 52 : 48)
    for number in 1...3 {
      let level = LookupLevel(number)
      guard number == 3 || regime.allowsBlocks(at: level) else { continue }
      let low: UInt64 = number == 3 ? 0b11 : 0b01
      var reached: UInt64 = 0
      for bit in 12..<52 as Range<UInt64> {
        reached |= try leaf(regime, 1 << bit | low, at: number).outputAddress
      }
      let top: UInt64 = granule == .size64K ? 52 : 48
      let mask: UInt64 = (1 << top - 1) & ~(1 << regime.entryShift(at: level) - 1)
      #expect(reached == mask)
      #expect(try leaf(regime, ~0 & ~0b11 | low, at: number).outputAddress == mask)
    }
  }

  @Test func `with 64 KiB granules bits 15 to 12 stand for bits 51 to 48`() throws {
    let regime = Self.stage2(.size64K, bits: 52)
    #expect(try leaf(regime, 0x1003).outputAddress == 1 << 48)
    #expect(try leaf(regime, 0x8003).outputAddress == 1 << 51)
    #expect(try leaf(regime, 0x9001, at: 2).outputAddress == 0x9 << 48)
    #expect(regime.tableAddress(in: 0xf000_0001_f003) == 0x000f_f000_0001_0000)
    #expect(Self.stage2(.size4K).tableAddress(in: 0xf000_0001_f003) == 0xf000_0001_f000)
    #expect(Self.stage2(.size16K).tableAddress(in: 0xf000_0001_f003) == 0xf000_0001_c000)
  }

  @Test func `stage 2 permissions are read from S2AP and XN`() throws {
    let regime = Self.stage2(.size4K)
    for value in 0..<8 as Range<UInt64> {
      let leaf = try leaf(regime, 0b11 | (value & 0b11) << 6 | (value >> 2) << 54)
      #expect(leaf.isReadable == (value & 1 != 0))
      #expect(leaf.isWritable == (value & 2 != 0))
      #expect(leaf.isExecutable == (value & 4 == 0))
    }
  }

  @Test func `EL2 permissions are read from AP and XN`() throws {
    let readWrite = try leaf(Self.el2, 0b11 | 0b01 << 6 | 1 << 54)
    #expect(
      (readWrite.isReadable, readWrite.isWritable, readWrite.isExecutable) == (true, true, false)
    )
    let readOnly = try leaf(Self.el2, 0b11 | 0b11 << 6)
    #expect(
      (readOnly.isReadable, readOnly.isWritable, readOnly.isExecutable) == (true, false, true)
    )
  }

  @Test func `memory types are read as the regime has them`() throws {
    for value in 0..<16 as Range<UInt64> {
      let raw = 0b11 | value << 2
      let plain = try leaf(Self.stage2(.size4K), raw).memoryType
      let other = DecodedLeaf.MemoryType.other(UInt8(value))
      #expect(plain == (value == 15 ? .normalWriteBack : value == 1 ? .deviceNGnRE : other))
      let forced = try leaf(Self.stage2(.size4K, forcesWriteBack: true), raw).memoryType
      #expect(forced == (value == 6 ? .normalWriteBack : value == 1 ? .deviceNGnRE : other))
      let index = value & 7
      let own = try leaf(Self.el2, raw).memoryType
      let unknown = DecodedLeaf.MemoryType.other(UInt8(index))
      #expect(own == (index == 0 ? .normalWriteBack : index == 4 ? .deviceNGnRE : unknown))
      for regime in [Self.stage2(.size4K), Self.stage2(.size4K, forcesWriteBack: true), Self.el2] {
        #expect(regime.isCacheable(raw) == (regime.memoryType(in: raw) == .normalWriteBack))
      }
    }
  }

  @Test func `the other fields of a leaf are where they belong`() throws {
    let regime = Self.stage2(.size4K)
    #expect(try leaf(regime, 0b11 | 0b10 << 8).shareability == 2)
    #expect(try leaf(regime, 0b11 | 1 << 10).isAccessed)
    #expect(try !leaf(regime, 0b11).isAccessed)
    #expect(try leaf(regime, 0b11 | 0b1011 << 55).softwareBits == 0b1011 << 55)
    #expect(try leaf(regime, 0b11 | 0b1_1111 << 59 | 1 << 54).softwareBits == 0)
    #expect(try leaf(regime, 0b11 | 1 << 52).isContiguous)
    #expect(try leaf(regime, 0b11).isPage)
    #expect(try !leaf(regime, 0b01, at: 2).isPage)
  }

  @Test func `each bit that nobody can ask for is told, and no other`() {
    /// The bits of which one more in `raw` is told.
    func told(_ regime: TranslationRegime, _ raw: UInt64, at level: Int) -> [UInt64] {
      (0..<64).filter {
        raw & 1 << $0 == 0
          && regime.misplacedBits(in: raw | 1 << $0, at: LookupLevel(level)) == 1 << $0
      }
    }
    let page = Self.stage2(.size4K)
    #expect(told(page, 0b11, at: 3) == [11, 48, 49, 50, 51, 53])
    #expect(told(page, 0b01, at: 2) == Array(11...20) + [48, 49, 50, 51, 53])
    #expect(told(page, 0b11, at: 2) == [48, 49, 50, 59, 60, 61, 62, 63])
    #expect(told(Self.stage2(.size64K), 0b11, at: 3) == [11, 48, 49, 50, 51, 53])
    #expect(told(Self.stage2(.size16K), 0b11, at: 3) == [11, 12, 13, 48, 49, 50, 51, 53])
    #expect(told(Self.el2, 0b11 | 1 << 6, at: 3) == [11, 48, 49, 50, 51, 53])
    #expect(told(Self.guardedEL2, 0b11 | 1 << 6, at: 3) == [11, 48, 49, 51, 53])
    let last = LookupLevel(3)
    #expect(Self.el2.misplacedBits(in: 0b11, at: last) == 1 << 6, "AP[1] is 1 where EL0 is not")
    #expect(page.misplacedBits(in: 0b10, at: last) == 0, "the hardware reads nothing of it")
  }

  @Test func `each bit of a page either demands a break, or is a permission, or is not read`() {
    let regime = Self.stage2(.size4K)
    let page: UInt64 = 0b11 | 0b1111 << 2 | 0b11 << 6 | 0b11 << 8 | 1 << 10
    let permissions: Set<UInt64> = [6, 7, 10, 51, 53, 54]
    for bit in 2..<64 as Range<UInt64> {
      let new = page ^ 1 << bit
      let isRead = bit < 55
      let demands = isRead && !permissions.contains(bit)
      #expect(regime.demandsBreak(from: page, to: new, at: .last) == demands, "bit \(bit)")
      #expect(regime.differs(page, new) == isRead, "bit \(bit)")
    }
  }

  @Test func `a table demands a break for another table or a leaf`() {
    let regime = Self.stage2(.size4K)
    let level = LookupLevel(2)
    #expect(regime.demandsBreak(from: 0x1003, to: 0x2003, at: level))
    #expect(regime.demandsBreak(from: 0x1003, to: 0x20_0001, at: level))
    #expect(regime.demandsBreak(from: 0x20_0001, to: 0x1003, at: level))
    #expect(!regime.demandsBreak(from: 0x1003, to: 0x1003, at: level))
  }
}
