import Architecture
import Machines
import Property
import Reference
import Testing
import Walkers

@Suite struct GeometryTests {
  @Test(arguments: Granule.allCases)
  func `levels and concatenated roots are what the architecture derives`(granule: Granule) {
    for bits in UInt64(32)...48 {
      let stage2 = Stage2Configuration(granule: granule, inputAddressBits: bits)
      let regime = TranslationRegime(stage2)
      let geometry = Geometry(stage2)
      #expect(geometry.startLevel == regime.startLevel, "stage 2, \(bits) bits")
      #expect(geometry.rootPageCount == regime.rootTableCount, "stage 2, \(bits) bits")
      let hyp = HypConfiguration(granule: granule, inputAddressBits: bits)
      #expect(Geometry(hyp).startLevel == TranslationRegime(hyp).startLevel)
      #expect(Geometry(hyp).rootPageCount == 1)
    }
  }

  @Test func `known roots`() {
    func root(_ granule: Granule, _ bits: UInt64) -> [Int] {
      let geometry = Geometry(Stage2Configuration(granule: granule, inputAddressBits: bits))
      return [geometry.startLevel.number, geometry.rootPageCount]
    }
    #expect(root(.size4K, 32) == [2, 4])
    #expect(root(.size4K, 40) == [1, 2])
    #expect(root(.size4K, 43) == [1, 16])
    #expect(root(.size4K, 44) == [0, 1])
    #expect(root(.size16K, 40) == [2, 16])
    #expect(root(.size16K, 48) == [1, 2])
    #expect(root(.size64K, 32) == [2, 1])
    #expect(root(.size64K, 46) == [2, 16])
  }
}

@Suite struct EncodingTests {
  @Test(arguments: Granule.allCases)
  func `every address bit survives, and the architecture reads what was meant`(granule: Granule) {
    let outputBits: UInt64 = granule == .size64K ? 52 : 48
    let regime = TranslationRegime(
      Stage2Configuration(granule: granule, outputAddressBits: outputBits)
    )
    let encoding = Encoding(pageShift: granule.shift)
    for bit in granule.shift..<outputBits {
      let output = UInt64(1) << bit
      #expect(encoding.output(of: encoding.address(output)) == output)
      for protection in UInt64(0)..<16 {
        let attributes = Encoding.stage2Attributes(protection, forcesWriteBack: false)
        let raw = encoding.leaf(output, attributes: attributes, level: 3)
        guard case .leaf(let leaf) = regime.decode(raw, at: .last) else {
          Issue.record("\(raw) is no leaf")
          continue
        }
        #expect(leaf.outputAddress == output)
        #expect(leaf.isReadable == (protection & Protection.read != 0))
        #expect(leaf.isWritable == (protection & Protection.write != 0))
        #expect(leaf.isExecutable == (protection & Protection.execute != 0))
      }
    }
  }
}

/// What two walkers make of the same calls.
private struct Twins {
  var fastMachine: DirectMachine
  var plainMachine: DirectMachine
  let fast: Stage2<DirectMachine>
  let plain: RecursiveStage2<DirectMachine>

  init?(_ configuration: Stage2Configuration) {
    func machine() -> DirectMachine {
      DirectMachine(
        memory: PhysicalMemory(granule: configuration.granule, base: 1 << 36, capacity: 256)
      )
    }
    (fastMachine, plainMachine) = (machine(), machine())
    guard let fast = Stage2.create(configuration, on: &fastMachine),
      let plain = RecursiveStage2.create(configuration, on: &plainMachine)
    else { return nil }
    (self.fast, self.plain) = (fast, plain)
  }

  /// Makes one call on both, and compares what they return.
  mutating func call(_ choices: inout Choices) {
    let ipa = choices.draw(through: 5) << 20 | choices.draw(through: 3) << 12
    let size = choices.pick([0x1000, 0x2000, 0x20_0000, 0x40_0000, 0] as [UInt64])
    switch choices.draw(through: 4) {
    case 0, 1:
      let physical = ipa &+ choices.draw(through: 1) << 21
      let protection = 0b110 | choices.draw(through: 1)
      let a = fast.map(
        ipa: ipa,
        sizeInBytes: size,
        physical: physical,
        protection: protection,
        on: &fastMachine
      )
      let b = plain.map(
        ipa: ipa,
        sizeInBytes: size,
        physical: physical,
        protection: protection,
        on: &plainMachine
      )
      #expect(a == b)
    case 2:
      let a = fast.unmap(ipa: ipa, sizeInBytes: size, on: &fastMachine)
      #expect(a == plain.unmap(ipa: ipa, sizeInBytes: size, on: &plainMachine))
    case 3:
      let owner = choices.draw(through: 1)
      let a = fast.setOwner(ipa: ipa, sizeInBytes: size, owner: owner, on: &fastMachine)
      #expect(a == plain.setOwner(ipa: ipa, sizeInBytes: size, owner: owner, on: &plainMachine))
    default:
      let a = fast.writeProtect(ipa: ipa, sizeInBytes: size, on: &fastMachine)
      #expect(a == plain.writeProtect(ipa: ipa, sizeInBytes: size, on: &plainMachine))
    }
  }

  /// Compares what every page of the first 8 MiB is mapped to.
  mutating func compareLeaves() {
    for page in stride(from: UInt64(0), to: 8 << 20, by: 4096) {
      let a = fast.leaf(at: page, on: &fastMachine)
      let b = plain.leaf(at: page, on: &plainMachine)
      #expect(a.level == b.level)
      // A table page lies where its machine put it, a leaf where the call says.
      #expect(a.descriptor == b.descriptor)
    }
  }
}

@Suite struct TwinTests {
  @Test(arguments: [false, true])
  func `the optimised walker does what the recursive one does`(forcesWriteBack: Bool) throws {
    for number in UInt64(0)..<12 {
      var twins = try #require(Twins(Stage2Configuration(hasForceWriteBack: forcesWriteBack)))
      var choices = Choices(seed: 11, case: number)
      for _ in 0..<12 { twins.call(&choices) }
      twins.compareLeaves()
      twins.fast.destroy(on: &twins.fastMachine)
      twins.plain.destroy(on: &twins.plainMachine)
      #expect(twins.fastMachine.warningCount == 0 && twins.plainMachine.warningCount == 0)
    }
  }

  @Test func `whichever allocation fails, what was mapped stays and nothing is lost`() throws {
    for allowed in 0...4 {
      let memory = PhysicalMemory(granule: .size4K, base: 1 << 36, capacity: 32)
      var machine = FailingMachine(DirectMachine(memory: memory), allocations: .max)
      let table = try #require(Stage2.create(Stage2Configuration(), on: &machine))
      machine.remainingAllocations = allowed
      // Two pages on both sides of a 1 GiB boundary: two tables each.
      let start: UInt64 = 1 << 30 - 4096
      let result = table.map(
        ipa: start,
        sizeInBytes: 8192,
        physical: start,
        protection: 0b110,
        on: &machine
      )
      #expect(result == (allowed < 4 ? .noMemory : .ok))
      let first = table.leaf(at: start, on: &machine)
      #expect((first.descriptor & 1 == 1) == (allowed >= 2))
      table.destroy(on: &machine)
      // Every page can be had again, so none was lost.
      machine.remainingAllocations = .max
      var pages = 0
      while machine.allocateTable(level: 3) != nil { pages += 1 }
      #expect(pages == 32)
    }
  }
}
