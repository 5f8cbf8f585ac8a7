import Machines
import Reference
import Testing

private let readWrite = Protection.read | Protection.write

@Suite struct Stage2ModelTests {
  private func model(_ configuration: Stage2Configuration = Stage2Configuration()) -> Stage2Model {
    Stage2Model(configuration)
  }

  @Test func `a map of a page is found, with what was asked for`() {
    var model = model()
    let result = model.map(
      ipa: 0x5000,
      sizeInBytes: 1,
      physical: 0x9fff,
      protection: readWrite,
      allocations: 2
    )
    #expect(result == .ok)
    let found = model.mapping(at: 0x5abc)
    #expect(found?.place == EntryLocation(level: 3, address: 0x5000))
    #expect(found?.mapping == Mapping(outputAddress: 0x9000, protection: readWrite))
    #expect(model.mapping(at: 0x6000) == nil)
  }

  @Test func `nothing leads beyond the input space, nor above the root`() {
    let tables = TableModel(
      granule: .size4K,
      inputAddressBits: 40,
      outputAddressBits: 48,
      rootPageLimit: 16,
      levelMinimum: 2
    )
    #expect(tables.startLevel == 1)
    #expect(tables.reach(EntryLocation(level: 1, address: 1 << 39)).isReachable)
    #expect(!tables.reach(EntryLocation(level: 1, address: 1 << 40)).isReachable)
    #expect(!tables.reach(EntryLocation(level: 0, address: 0)).isReachable)
  }

  @Test func `the largest block that fits is used, unless pages are forced`() {
    var model = model()
    _ = model.map(
      ipa: 0,
      sizeInBytes: 1 << 21,
      physical: 1 << 21,
      protection: readWrite,
      allocations: 9
    )
    #expect(model.mapping(at: 0)?.place.level == 2)
    var forced = self.model(Stage2Configuration(pageForcing: .always))
    _ = forced.map(
      ipa: 0,
      sizeInBytes: 1 << 21,
      physical: 1 << 21,
      protection: readWrite,
      allocations: 9
    )
    #expect(forced.mapping(at: 0)?.place.level == 3)
  }

  @Test func `each refusal has its error`() {
    var model = model(Stage2Configuration(isIdentityMap: true))
    func map(_ ipa: UInt64, _ size: UInt64, _ physical: UInt64, _ protection: UInt64) -> Errno {
      model.map(
        ipa: ipa,
        sizeInBytes: size,
        physical: physical,
        protection: protection,
        allocations: 9
      )
    }
    #expect(map(0, 0x1000, 0x1000, readWrite) == .invalid)
    #expect(map(0, 0x1000, 0, Protection.device | Protection.execute) == .invalid)
    #expect(map(1 << 40, 0x1000, 1 << 40, readWrite) == .range)
    #expect(map(0x1000, 0 &- 0x1000, 0x1000, readWrite) == .range)
    #expect(map(0, 0, 0, readWrite) == .ok)
    #expect(map(0, 0x1000, 0, readWrite) == .ok)
    #expect(map(0, 0x1000, 0, Protection.read) == .again)
  }

  @Test(arguments: [false, true])
  func `execution at EL1 and at EL0 are added to each other where they are told apart`(
    areToldApart: Bool
  ) {
    var configuration = Stage2Configuration()
    configuration.hasExecutionByPrivilege = areToldApart
    var model = model(configuration)
    func map(_ protection: UInt64) -> Errno {
      model.map(ipa: 0, sizeInBytes: 1, physical: 0, protection: protection, allocations: 9)
    }
    #expect(map(Protection.device | Protection.executeUnprivileged) == .invalid)
    #expect(map(Protection.executeUnprivileged) == (areToldApart ? .ok : .invalid))
    #expect(map(Protection.execute) == (areToldApart ? .again : .ok))
    var mapping: Mapping? { model.mapping(at: 0)?.mapping }
    #expect(mapping?.canExecute == !areToldApart && mapping?.canExecuteUnprivileged == true)
    let relaxed = model.relaxPermissions(ipa: 0, protection: Protection.executePrivileged)
    #expect(relaxed == (areToldApart ? .ok : .invalid))
    #expect(mapping?.canExecute == true && mapping?.canExecuteUnprivileged == true)
    let both = Protection.executePrivileged | Protection.executeUnprivileged
    #expect(map(both) == .again, "both alone are as both at once")
  }

  @Test func `an output beyond the output space is refused`() {
    var model = model()
    let result = model.map(
      ipa: 0,
      sizeInBytes: 0x2000,
      physical: 1 << 48 - 0x1000,
      protection: readWrite,
      allocations: 9
    )
    #expect(result == .range)
  }

  @Test func `without memory, what was mapped so far stays`() {
    var model = model()
    let start: UInt64 = 1 << 30 - 0x1000
    let result = model.map(
      ipa: start,
      sizeInBytes: 0x2000,
      physical: 0,
      protection: readWrite,
      allocations: 2
    )
    #expect(result == .noMemory)
    #expect(model.mapping(at: start) != nil)
    #expect(model.mapping(at: 1 << 30) == nil)
  }

  @Test func `an unmap takes whole blocks, annotations and the tables left empty`() {
    var model = model()
    _ = model.map(
      ipa: 0,
      sizeInBytes: 1 << 21,
      physical: 0,
      protection: readWrite,
      allocations: 9
    )
    _ = model.setOwner(ipa: 1 << 21, sizeInBytes: 1, owner: 1, allocations: 9)
    #expect(model.unmap(ipa: 0x1000, sizeInBytes: 1 << 21) == .ok)
    #expect(model.tables.leafCount == 0)
    #expect(model.tables.find(0).place.level == 1)
  }

  @Test func `a change of owner splits blocks, and owner 2 is refused`() {
    var model = model()
    _ = model.map(
      ipa: 0,
      sizeInBytes: 1 << 21,
      physical: 0,
      protection: readWrite,
      allocations: 9
    )
    #expect(model.setOwner(ipa: 0, sizeInBytes: 1, owner: 2, allocations: 9) == .invalid)
    #expect(model.setOwner(ipa: 0, sizeInBytes: 1, owner: 1, allocations: 9) == .ok)
    #expect(model.tables.find(0).entry == .owned(1))
    #expect(model.mapping(at: 0x1000) == nil)
  }

  @Test func `permissions and the access flag change in place`() {
    var model = model()
    _ = model.map(ipa: 0, sizeInBytes: 1, physical: 0, protection: readWrite, allocations: 9)
    #expect(model.writeProtect(ipa: 0, sizeInBytes: 1) == .ok)
    #expect(model.mapping(at: 0)?.mapping.canWrite == false)
    #expect(model.relaxPermissions(ipa: 0, protection: readWrite) == .ok)
    #expect(model.mapping(at: 0)?.mapping.canWrite == true)
    #expect(model.relaxPermissions(ipa: 0, protection: 1 << 55) == .invalid)
    #expect(model.setYoung(false, ipa: 0)?.isYoung == true)
    #expect(model.mapping(at: 0)?.mapping.isYoung == false)
    #expect(model.setYoung(true, ipa: 0x1000) == nil)
  }

  @Test func `what another fault adds stays, whoever comes first`() {
    var model = model()
    _ = model.map(ipa: 0, sizeInBytes: 1, physical: 0, protection: 0, allocations: 9)
    _ = model.setYoung(false, ipa: 0)
    model.beginCall()
    #expect(model.dealWithFault(ipa: 0, adding: Protection.read)?.isYoung == false)
    #expect(model.relaxPermissions(ipa: 0, protection: Protection.execute) == .ok)
    let mapping = model.mapping(at: 0)?.mapping
    #expect(mapping?.canRead == true && mapping?.canExecute == true && mapping?.isYoung == true)
    #expect(mapping?.canWrite == false)
    #expect(model.dealWithFault(ipa: 0x1000, adding: Protection.read) == nil)
  }

  @Test(arguments: [(512, Errno.noMemory), (513, .ok)])
  func `a block is split as a whole, or not at all, where the contract says so`(
    pages: Int,
    expected: Errno
  ) {
    var contract = Stage2Model.Contract()
    contract.splitsWholeBlocks = true
    var model = Stage2Model(Stage2Configuration(), contract: contract)
    let block: UInt64 = 1 << 30
    let mapped = model.map(
      ipa: 0,
      sizeInBytes: block,
      physical: 0,
      protection: readWrite,
      allocations: 9
    )
    #expect(mapped == .ok)
    let result = model.split(
      ipa: block / 2,
      sizeInBytes: 1,
      cachedPages: pages,
      allocations: .max
    )
    #expect(result == expected)
    #expect(model.tables.leafCount == (expected == .ok ? 1 << 18 : 1))
    #expect(
      model.mapping(at: block - 1)?.mapping.outputAddress == (expected == .ok ? block - 4096 : 0)
    )
  }

  @Test func `a fault on a page that has vanished is not dealt with`() {
    var model = model()
    #expect(model.relaxPermissions(ipa: 0, protection: readWrite) == .again)
    _ = model.setOwner(ipa: 0, sizeInBytes: 1, owner: 1, allocations: 9)
    #expect(model.relaxPermissions(ipa: 0, protection: readWrite) == .again)
  }

  @Test func `a flush names cacheable memory only, and nothing with forced write-back`() {
    var plain = model()
    _ = plain.map(ipa: 0, sizeInBytes: 1, physical: 0x3000, protection: readWrite, allocations: 9)
    _ = plain.map(
      ipa: 0x1000,
      sizeInBytes: 1,
      physical: 0x8000,
      protection: Protection.read | Protection.device,
      allocations: 9
    )
    #expect(plain.flush(ipa: 0, sizeInBytes: 0x2000) == [0x3000..<0x4000])
    var forced = model(Stage2Configuration(hasForceWriteBack: true))
    #expect(forced.flush(ipa: 0, sizeInBytes: 0x2000) == [])
  }
}

@Suite struct HypModelTests {
  private func mapped() -> HypModel {
    var model = HypModel(HypConfiguration())
    _ = model.map(
      address: 0,
      sizeInBytes: 0x2000,
      physical: 0,
      protection: readWrite,
      allocations: 9
    )
    return model
  }

  @Test func `a valid entry may change in its software bits only`() {
    var model = mapped()
    func map(_ physical: UInt64, _ protection: UInt64) -> Errno {
      model.map(
        address: 0,
        sizeInBytes: 1,
        physical: physical,
        protection: protection,
        allocations: 9
      )
    }
    #expect(map(0, readWrite) == .ok)
    #expect(map(0, readWrite | 1 << 55) == .ok)
    #expect(map(0, Protection.read) == .invalid)
    #expect(map(0x1000, readWrite) == .invalid)
    #expect(map(0, Protection.write) == .invalid)
    #expect(map(0, readWrite | Protection.execute) == .invalid)
  }

  @Test func `an unmap stops at the first hole and says how far it came`() {
    var model = mapped()
    #expect(model.unmap(address: 0, sizeInBytes: 0x5000) == 0x2000)
    #expect(model.unmap(address: 0, sizeInBytes: 0x1000) == 0)
  }

  @Test func `an unmap of part of a block does nothing`() {
    var model = HypModel(HypConfiguration())
    _ = model.map(
      address: 0,
      sizeInBytes: 1 << 21,
      physical: 0,
      protection: readWrite,
      allocations: 9
    )
    #expect(model.unmap(address: 0, sizeInBytes: 0x1000) == 0)
    #expect(model.unmap(address: 0x1000, sizeInBytes: 1 << 21) == 0)
    #expect(model.unmap(address: 0, sizeInBytes: 1 << 21) == 1 << 21)
    #expect(model.tables.leafCount == 0)
  }
}
