import Machines
import Reference
import Testing

/// What the model of a guest's partition-scoped memory promises of leaves.
@Suite struct PartitionMappingTests {
  private let model = PartitionModel(
    slots: [
      .init(frames: 0x100..<0x700, isWritable: true, hasLog: true),
      .init(frames: 0x1000..<0x1800, isWritable: false, hasLog: false),
    ],
    pageShift: 12
  )

  /// The host's memory behind frames that lie as frames do.
  private func run(
    _ frame: UInt64,
    device: UInt64? = nil,
    mayBeStored: Bool = true,
    entryShift: UInt64 = 30
  ) -> PartitionModel.Backing {
    .init(
      frame,
      at: 1 << 40 | frame << 12,
      device: device,
      mayBeStored: mayBeStored,
      entryShift: entryShift
    )
  }

  private func mapping(_ frames: Range<UInt64>) -> PartitionModel.Mapping {
    PartitionModel.Mapping(frames, at: 1 << 40 | frames.lowerBound << 12)
  }

  @Test func `a leaf is all one slot's`() {
    #expect(model.judge(mapping(0x200..<0x400), over: [run(0x200)]) == nil)
    #expect(model.judge(mapping(0x600..<0x800), over: [run(0x600)]) == .beyondSlot)
    #expect(model.judge(mapping(0x800..<0xa00), over: []) == .beyondSlot)
  }

  @Test func `a leaf leads each of its frames to where the host has it`() {
    var apart = run(0x203)
    #expect(model.judge(mapping(0x200..<0x400), over: [run(0x200), apart]) == nil)
    apart.realAddress += 0x1000
    let fault = model.judge(mapping(0x200..<0x400), over: [run(0x200), apart])
    let (found, expected): (UInt64, UInt64) = (1 << 40 | 0x203 << 12, 1 << 40 | 0x204 << 12)
    #expect(fault == .elsewhere(frame: 0x203, found: found, expected: expected))
  }

  @Test func `a leaf permits stores only where the host and the slot do`() {
    let frozen = run(0x201, mayBeStored: false)
    var leaf = mapping(0x200..<0x400)
    #expect(model.judge(leaf, over: [run(0x200), frozen]) == .wronglyWritable)
    leaf.canWrite = false
    #expect(model.judge(leaf, over: [run(0x200), frozen]) == nil)
    #expect(model.judge(mapping(0x1000..<0x1200), over: [run(0x1000)]) == .wronglyWritable)
  }

  @Test func `a device is mapped as it behaves, and not executed`() {
    var leaf = mapping(0x200..<0x201)
    leaf.attributes = 0x20
    #expect(model.judge(leaf, over: [run(0x200, device: 0x20)]) == .wrongRights)
    leaf.canExecute = false
    #expect(model.judge(leaf, over: [run(0x200, device: 0x20)]) == nil)
    #expect(model.judge(leaf, over: [run(0x200, device: 0x30)]) == .wrongAttributes)
    #expect(model.judge(leaf, over: [run(0x200)]) == .wrongAttributes)
  }

  @Test func `the largest leaf is the slot's, the host's entry's, and in its place on both sides`()
  {
    #expect(model.largestLeaf(of: 0x2ff, over: run(0x2ff)) == 21)
    #expect(model.largestLeaf(of: 0x1ff, over: run(0x1ff)) == 12, "it begins before the slot")
    #expect(model.largestLeaf(of: 0x6ff, over: run(0x6ff)) == 12, "it ends behind the slot")
    #expect(model.largestLeaf(of: 0x2ff, over: run(0x2ff, entryShift: 16)) == 12)
    #expect(model.largestLeaf(of: 0x2ff, over: run(0x2ff, device: 0)) == 12)
    var skewed = run(0x2ff)
    skewed.realAddress += 0x1000
    #expect(model.largestLeaf(of: 0x2ff, over: skewed) == 12)
    let vast = PartitionModel(
      slots: [.init(frames: 0..<1 << 18, isWritable: true, hasLog: false)],
      pageShift: 12
    )
    #expect(vast.largestLeaf(of: 0x2ff, over: run(0x2ff)) == 30)
  }

  @Test func `a fault is handled by the largest leaf for which there is no table of smaller ones`()
  {
    let run = run(0x2ff)
    #expect(model.judge(mapping(0x200..<0x400), handling: 0x2ff, over: run, within: 39) == nil)
    let small = mapping(0x2ff..<0x300)
    #expect(
      model.judge(small, handling: 0x2ff, over: run, within: 30) == .tooSmall(largestShift: 21)
    )
    #expect(model.judge(small, handling: 0x2ff, over: run, within: 12) == nil)
    var blind = mapping(0x200..<0x400)
    blind.canRead = false
    #expect(model.judge(blind, handling: 0x2ff, over: run, within: 39) == .wrongRights)
  }

  @Test func `what others were given stays where a leaf is the same but for it`() {
    var before = mapping(0x200..<0x400)
    before.isDirty = true
    var wanted = mapping(0x200..<0x400)
    (wanted.canWrite, wanted.isYoung) = (false, false)
    #expect(PartitionModel.installing(wanted, over: nil) == wanted)
    #expect(PartitionModel.installing(wanted, over: before) == before)
    before.realAddress += 1 << 30
    #expect(PartitionModel.installing(wanted, over: before) == wanted, "another page's is gone")
    before.realAddress -= 1 << 30
    before.canExecute = false
    #expect(PartitionModel.installing(wanted, over: before) == wanted)
  }

  @Test func `a call changes what it is asked to`() {
    typealias Licence = PartitionModel.Licence
    #expect(model.licence(of: .age(frame: 5)) == Licence(.reference, of: 5..<6))
    #expect(model.licence(of: .testAge(frame: 5)) == Licence(.nothing))
    #expect(model.licence(of: .harvest(slot: 1)) == Licence(.change, of: 0x1000..<0x1800))
    #expect(model.licence(of: .unmap(frames: 3..<9)) == Licence(.everything, of: 3..<9))
    let fault = PartitionFault(address: 0x9000_0000_0000_5000, isWrite: true, cause: .translation)
    #expect(model.licence(of: .fault(fault)) == Licence(.everything, of: 5..<6))
    for (answer, part) in [
      (Errno.ok, PartitionModel.Part.everything), (.again, .nothing), (.noMemory, .nothing),
    ] {
      let licence = model.licence(of: .install(frames: 0..<512, answer: answer))
      #expect(licence.part == part)
    }
    #expect(model.licence(of: .makeTables) == Licence(.nothing))
  }
}
