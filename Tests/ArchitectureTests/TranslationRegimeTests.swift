import Architecture
import Machines
import Testing

@Suite struct TranslationRegimeTests {
  /// Start level and tables of a stage-2 root by input address bits, written down by hand from the
  /// manual's tables of input address ranges: first and last number of bits, start level, and the
  /// number of tables for the first.
  static let stage2: [(Granule, ClosedRange<UInt64>, level: Int, tables: Int)] = [
    (.size4K, 32...34, 2, 4), (.size4K, 35...39, 1, 1), (.size4K, 40...43, 1, 2),
    (.size4K, 44...48, 0, 1),
    (.size16K, 32...36, 2, 1), (.size16K, 37...40, 2, 2), (.size16K, 41...47, 1, 1),
    (.size16K, 48...48, 1, 2),
    (.size64K, 32...42, 2, 1), (.size64K, 43...46, 2, 2), (.size64K, 47...48, 1, 1),
  ]

  @Test(arguments: stage2.indices)
  func `stage 2 starts as low as sixteen concatenated tables allow`(row: Int) {
    let (granule, bits, level, tables) = Self.stage2[row]
    for inputAddressBits in bits {
      let regime = TranslationRegime(
        Stage2Configuration(granule: granule, inputAddressBits: inputAddressBits)
      )
      #expect(regime.startLevel.number == level, "\(granule), \(inputAddressBits) bits")
      let doublings = tables == 1 ? 0 : inputAddressBits - bits.lowerBound
      #expect(regime.rootTableCount == tables << doublings, "\(granule), \(inputAddressBits) bits")
    }
  }

  @Test func `the rows for stage 2 leave no number of bits out`() {
    for granule in Granule.allCases {
      let bits = Self.stage2.filter { $0.0 == granule }.flatMap { Array($0.1) }
      #expect(bits == Array(32...48))
    }
  }

  /// Start level of an EL2 root by input address bits.
  static let el2: [(Granule, ClosedRange<UInt64>, level: Int)] = [
    (.size4K, 32...39, 1), (.size4K, 40...48, 0),
    (.size16K, 32...36, 2), (.size16K, 37...47, 1), (.size16K, 48...48, 0),
    (.size64K, 32...42, 2), (.size64K, 43...48, 1),
  ]

  @Test(arguments: el2.indices)
  func `EL2 has one root table and as many levels as that takes`(row: Int) {
    let (granule, bits, level) = Self.el2[row]
    for inputAddressBits in bits {
      let regime = TranslationRegime(
        HypConfiguration(granule: granule, inputAddressBits: inputAddressBits)
      )
      #expect(regime.startLevel.number == level, "\(granule), \(inputAddressBits) bits")
      #expect(regime.rootTableCount == 1)
    }
  }

  @Test func `start levels that the architecture does not allow are refused`() {
    func tables(
      _ stage: TranslationRegime.Stage,
      _ granule: Granule,
      _ bits: UInt64,
      _ level: Int
    )
      -> Int?
    {
      TranslationRegime.rootTableCount(
        stage: stage,
        granule: granule,
        inputAddressBits: bits,
        startLevel: LookupLevel(level)
      )
    }
    #expect(tables(.stage2, .size4K, 43, 1) == 16)
    #expect(tables(.stage2, .size4K, 44, 1) == nil)
    #expect(tables(.stage2, .size4K, 40, 0) == 1)
    #expect(tables(.stage2, .size4K, 39, 0) == nil)
    #expect(tables(.stage2, .size16K, 48, 0) == nil)
    #expect(tables(.el2Stage1, .size16K, 48, 0) == 1)
    #expect(tables(.stage2, .size64K, 48, 0) == nil)
    #expect(tables(.el2Stage1, .size4K, 40, 1) == nil)
    #expect(tables(.stage2, .size4K, 52, 0) == nil)
  }

  @Test func `entries cover what the manual says, and blocks are where it says`() {
    let expected: [(Granule, [UInt64], blocks: [Bool])] = [
      (.size4K, [39, 30, 21, 12], [false, true, true, false]),
      (.size16K, [47, 36, 25, 14], [false, false, true, false]),
      (.size64K, [55, 42, 29, 16], [false, false, true, false]),
    ]
    for (granule, shifts, blocks) in expected {
      let regime = TranslationRegime(
        Stage2Configuration(granule: granule, inputAddressBits: 48)
      )
      for number in 0...3 {
        let level = LookupLevel(number)
        #expect(regime.entryShift(at: level) == shifts[number])
        #expect(regime.allowsBlocks(at: level) == blocks[number])
      }
    }
  }

  @Test func `forced write-back is in effect where the CPU has it and the table does not refuse`() {
    for has in [false, true] {
      for disables in [false, true] {
        let configuration = Stage2Configuration(
          hasForceWriteBack: has,
          disablesForceWriteBack: disables
        )
        #expect(TranslationRegime(configuration).forcesWriteBack == (has && !disables))
      }
    }
  }
}
