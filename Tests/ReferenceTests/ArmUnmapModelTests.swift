import Machines
import Reference
import Testing

@Suite struct ArmUnmapModelTests {
  private static let readWrite = Protection.read | Protection.write

  /// A guest's table of three levels with a page at 0x1000.
  private func model(_ layout: ArmUnmapConfiguration.Layout = .threeLevels) -> ArmUnmapModel {
    var model = ArmUnmapModel(ArmUnmapConfiguration(layout: layout))
    let page = model.tables.pageSize
    let result = model.map(
      address: page,
      physical: page,
      protection: ArmUnmapModelTests.readWrite,
      level: 3,
      allocations: 3
    )
    #expect(result == .ok)
    return model
  }

  @Test(arguments: ArmUnmapConfiguration.Layout.allCases)
  func `an unmap leaves nothing of what it touches, not even tables`(
    layout: ArmUnmapConfiguration.Layout
  ) {
    var model = model(layout)
    let page = model.tables.pageSize
    #expect(model.unmap(address: page + 1, sizeInBytes: page - 1) == .ok)
    #expect(model.tables.leafCount == 0)
    #expect(model.tables.find(page).place.level == model.tables.startLevel)
  }

  @Test func `a range is rounded outwards, and one of no size is empty`() {
    var model = model()
    #expect(model.unmap(address: 0x1800, sizeInBytes: 0) == .ok)
    #expect(model.unmap(address: 0x800, sizeInBytes: 0x7ff) == .ok)
    #expect(model.tables.leafCount == 1)
    #expect(model.unmap(address: 0x800, sizeInBytes: 0x801) == .ok)
    #expect(model.tables.leafCount == 0)
  }

  @Test func `a range that leaves the space or wraps is refused, and nothing goes`() {
    var model = model()
    #expect(model.unmap(address: 0x1000, sizeInBytes: 1 << 40) == .range)
    #expect(model.unmap(address: 0x1000, sizeInBytes: 0 &- 0x1000) == .range)
    #expect(model.unmap(address: 1 << 40, sizeInBytes: 0) == .ok)
    #expect(model.tables.leafCount == 1)
  }

  @Test func `a guest's fault takes a huge page where the slot has all of it, aligned alike`() {
    for (base, size, physical, level) in [
      (0x20_0000, 0x20_0000, 0x40_0000, 2), (0x20_0000, 0x1f_f000, 0x40_0000, 3),
      (0x20_1000, 0x40_0000, 0x40_1000, 3), (0x20_0000, 0x20_0000, 0x40_1000, 3),
    ] as [(UInt64, UInt64, UInt64, LookupLevel)] {
      var model = ArmUnmapModel(ArmUnmapConfiguration())
      let slot = MemorySlot(
        base: base,
        sizeInBytes: size,
        physical: physical,
        isHugeBacked: true
      )
      let address = base + 0x3000
      let result = model.faultIn(address: address, slot: slot, isWrite: true, allocations: 2)
      #expect(result == .ok)
      let (place, entry) = model.tables.find(address)
      #expect(place.level == level, "slot at \(base)")
      let mapping = Mapping(
        outputAddress: physical + (place.address - base),
        protection: ArmUnmapModelTests.readWrite
      )
      #expect(entry == .leaf(mapping))
    }
  }

  @Test func `a fault outside its slot is refused`() {
    var model = ArmUnmapModel(ArmUnmapConfiguration())
    let slot = MemorySlot(base: 0x1000, sizeInBytes: 0x1000, physical: 0, isHugeBacked: false)
    for address in [0, 0x2000] as [UInt64] {
      let result = model.faultIn(address: address, slot: slot, isWrite: false, allocations: 2)
      #expect(result == .invalid)
    }
  }

  @Test func `others run after each root entry that led to a table, and the unmap goes on`() {
    var model = model()
    let far: UInt64 = 2 << 30
    for address in [far, far + (1 << 30)] {
      let result = model.map(
        address: address,
        physical: 0,
        protection: ArmUnmapModelTests.readWrite,
        level: 3,
        allocations: 3
      )
      #expect(result == .ok)
    }
    var rest = 0x1000..<far + 0x1000
    var hasMore = model.unmapPart(&rest)
    #expect(hasMore)
    #expect(rest == 1 << 30..<far + 0x1000)
    #expect(model.tables.leafCount == 2)
    hasMore = model.unmapPart(&rest)
    #expect(hasMore && rest.isEmpty)
    hasMore = model.unmapPart(&rest)
    #expect(!hasMore)
    #expect(model.tables.leafCount == 1, "what is behind the range stays")
  }

  @Test func `a leaf is young once, and of a destroyed table nothing is`() {
    var model = model()
    #expect(model.age(address: 0x1000) == true)
    #expect(model.age(address: 0x1000) == false)
    #expect(model.age(address: 0x2000) == false)
    #expect(model.age(address: 1 << 40) == false)
    model.destroy()
    #expect(model.isDestroyed)
    #expect(model.age(address: 0x1000) == false)
    #expect(model.unmap(address: 0, sizeInBytes: 1 << 40) == .ok)
    #expect(model.unmap(address: 0, sizeInBytes: 2 << 40) == .range)
  }
}
