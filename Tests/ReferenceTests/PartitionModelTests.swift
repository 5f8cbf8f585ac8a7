import Machines
import Reference
import Testing

@Suite struct PartitionModelTests {
  private let model = PartitionModel(
    slots: [
      .init(frames: 0..<16, isWritable: true, hasLog: true),
      .init(frames: 32..<48, isWritable: false, hasLog: false),
    ],
    pageShift: 16
  )

  private func fault(
    _ frame: UInt64,
    isWrite: Bool = false,
    _ cause: PartitionFault.Cause = .translation
  ) -> PartitionFault {
    PartitionFault(address: frame << 16, isWrite: isWrite, cause: cause)
  }

  @Test func `faults end as their slot and cause say`() {
    #expect(model.outcome(of: fault(3, isWrite: true)) == .resume)
    #expect(model.outcome(of: fault(40)) == .resume)
    #expect(model.outcome(of: fault(40, isWrite: true)) == .failed(.fault))
    #expect(model.outcome(of: fault(20)) == .emulate)
    #expect(model.outcome(of: fault(20, .tableWalk)) == .reflect)
    #expect(model.outcome(of: fault(20, .referenceOrChange)) == .reflect)
    #expect(model.outcome(of: fault(3, .badAccess)) == .reflect)
    #expect(model.outcome(of: fault(3, .unsupported)) == .failed(.fault))
    #expect(model.outcome(of: fault(3 | 0x9 << 44)) == .resume, "the highest bits are no address")
  }

  @Test func `what is written is due until it is reported`() {
    var model = model
    model.write(3)
    model.write(40)
    #expect(model.unreported == [3], "a slot without a log owes nothing")
    #expect(model.harvest({ _ in false }, stillSet: [], slot: 0) == nil)
    #expect(model.unreported == [3])
    model.setChange(0..<4)
    #expect(model.harvest({ $0 == 3 }, stillSet: [0..<4], slot: 0) == nil)
    #expect(model.unreported == [3], "its change bit is set still")
    #expect(model.harvest({ $0 == 3 }, stillSet: [], slot: 0) == nil)
    #expect(model.unreported.isEmpty)
  }

  @Test func `what was never changed is not to be reported`() {
    var model = model
    model.setChange(0..<4)
    #expect(model.harvest({ $0 == 5 }, stillSet: [], slot: 0) == 5)
    #expect(model.harvest({ $0 == 2 }, stillSet: [], slot: 0) == 2, "that was the last harvest's")
  }

  @Test func `a removed slot has no frames and owes nothing`() {
    var model = model
    model.write(3)
    model.remove(slot: 0)
    #expect(model.unreported.isEmpty)
    #expect(model.outcome(of: fault(3)) == .emulate)
  }
}
