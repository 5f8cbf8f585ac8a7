import Architecture
import Checking
import Machines
import Oracles
import Reference
import Testing

@testable import Systems

@Suite struct TableComparisonTests {
  private static let mapping = Mapping(
    outputAddress: 0,
    protection: Protection.read | Protection.write
  )
  /// What the mapping is as a page's descriptor.
  private static let page: UInt64 = 0b11 | 0b1111 << 2 | 0b11 << 6 | 0b11 << 8 | 1 << 10 | 1 << 54

  private func finding(
    _ raw: UInt64,
    _ expected: EntryModel,
    level: LookupLevel = 3,
    hasExecutionByPrivilege: Bool = false
  ) -> Finding? {
    var configuration = Stage2Configuration()
    configuration.hasExecutionByPrivilege = hasExecutionByPrivilege
    let comparison = TableComparison(
      regime: TranslationRegime(configuration),
      memory: PhysicalMemory(granule: .size4K, base: 0, capacity: 1),
      root: 0
    )
    return comparison.compare(
      raw,
      at: EntryLocation(level: level, address: 0),
      address: nil,
      with: expected
    )
  }

  @Test func `a page that is what the model says is not told`() {
    #expect(finding(TableComparisonTests.page, .leaf(TableComparisonTests.mapping)) == nil)
    #expect(finding(0b11, .table, level: 2) == nil)
  }

  @Test func `what may be executed is guarded where branches are, and nothing else`() {
    var configuration = HypConfiguration()
    configuration.hasBranchTargets = true
    let comparison = TableComparison(
      regime: TranslationRegime(configuration),
      memory: PhysicalMemory(granule: .size4K, base: 0, capacity: 1),
      root: 0
    )
    func told(_ bits: UInt64, _ protection: UInt64) -> String? {
      // Read-only, inner shareable and accessed.
      let page: UInt64 = 0b11 | 0b11 << 6 | 0b11 << 8 | 1 << 10 | bits
      let mapping = Mapping(outputAddress: 0, protection: Protection.read | protection)
      return comparison.compare(
        page,
        at: EntryLocation(level: 3, address: 0),
        address: nil,
        with: .leaf(mapping)
      )?.fingerprint
    }
    let (guarded, executeNever): (UInt64, UInt64) = (1 << 50, 1 << 54)
    #expect(told(guarded, Protection.execute) == nil)
    #expect(told(executeNever, 0) == nil)
    #expect(told(0, Protection.execute) == "wrong-entry leaf, guard")
    #expect(told(guarded | executeNever, 0) == "wrong-entry leaf, guard")
  }

  @Test func `execution that is permitted to the other privilege is told, and whose it is`() {
    func page(_ xn: UInt64) -> UInt64 {
      TableComparisonTests.page & ~(0b11 << 53) | xn << 53
    }
    let (forEL0, forEL1): (UInt64, UInt64) = (page(0b01), page(0b11))
    func told(_ raw: UInt64, _ protection: UInt64) -> String? {
      let readWrite = Protection.read | Protection.write
      let mapping = Mapping(outputAddress: 0, protection: readWrite | protection)
      return finding(raw, .leaf(mapping), hasExecutionByPrivilege: true)?.fingerprint
    }
    #expect(told(forEL1, Protection.executePrivileged) == nil)
    #expect(told(forEL0, Protection.executeUnprivileged) == nil)
    #expect(told(page(0b00), Protection.execute) == nil)
    #expect(told(page(0b10), 0) == nil)
    let exchanged = "wrong-entry leaf, execute permission of EL1"
    #expect(told(forEL0, Protection.executePrivileged) == exchanged)
    #expect(told(forEL1, Protection.executeUnprivileged) == exchanged)
    #expect(told(page(0b00), Protection.executePrivileged)?.hasSuffix("of EL0") == true)
    #expect(told(forEL1, Protection.execute)?.hasSuffix("of EL0") == true)
  }

  @Test(arguments: [11, 48, 49, 50, 51, 53] as [UInt64])
  func `a bit of a page that nobody asked for is told`(bit: UInt64) throws {
    let raw = TableComparisonTests.page | 1 << bit
    let found = try #require(finding(raw, .leaf(TableComparisonTests.mapping)))
    #expect(found.rule.name == "wrong-entry")
    #expect(found.fingerprint.contains("reserved bits"))
    #expect(found.message.contains("the wrong way round"))
  }

  @Test(arguments: [48, 59, 60, 61, 62, 63] as [UInt64])
  func `a bit of a table that nobody asked for is told`(bit: UInt64) {
    #expect(finding(0b11 | 1 << bit, .table, level: 2)?.rule.name == "wrong-entry")
  }
}
