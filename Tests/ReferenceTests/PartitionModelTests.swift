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

  /// A bitmap of the first slot's sixteen frames.
  private func words(_ frames: [UInt64]) -> [UInt64] { [frames.reduce(0) { $0 | 1 << $1 }] }

  /// A harvest of the first slot that hands out some frames.
  private func harvest(
    _ model: inout PartitionModel,
    _ report: [UInt64],
    due before: FrameSet? = nil,
    stillSet current: [Range<UInt64>] = [],
    setMeanwhile fresh: [Range<UInt64>] = []
  ) -> PartitionModel.LogFault? {
    model.harvest(
      words(report),
      due: before ?? model.due[0],
      stillSet: current,
      setMeanwhile: fresh,
      slot: 0
    )
  }

  @Test func `a harvest reports what was written before it began, in that report`() {
    var model = model
    model.setChange(3..<5)
    model.setChange(40..<41)
    #expect(model.due[1].isEmpty, "a slot without a log owes nothing")
    var late = model
    #expect(harvest(&late, [3], stillSet: [4..<5]) == .missing(frame: 4), "a later one is too late")
    #expect(harvest(&model, [3, 4]) == nil)
    #expect(model.due[0].isEmpty)
    #expect(harvest(&model, [3]) == .needless(frame: 3), "that was the last harvest's")
  }

  @Test func `what is written while a harvest runs is in it or due still`() {
    for report: [UInt64] in [[3], [3, 7]] {
      var model = model
      model.setChange(3..<4)
      let before = model.due[0]
      model.setChange(7..<8)
      let left = report.contains(7) ? [] : [UInt64(7)..<8]
      let fault = harvest(&model, report, due: before, stillSet: left, setMeanwhile: left)
      #expect(fault == nil)
      #expect(model.due[0].contains(7) == !report.contains(7))
    }
  }

  @Test func `after a harvest the log starts anew`() {
    var model = model
    model.setChange(0..<4)
    var other = model
    #expect(harvest(&model, [0, 1, 2, 3], stillSet: [0..<4]) == .kept(frame: 0))
    let again = harvest(&other, [0, 1, 2, 3], stillSet: [0..<4], setMeanwhile: [0..<4])
    #expect(again == nil, "the hardware set it again")
    #expect(other.due[0].contains(3))
  }

  @Test func `what is due waits in the log or has its change bit set, and nothing else waits`() {
    var model = model
    model.setChange(3..<6)
    #expect(model.judgeLog(words([3]), stillSet: [4..<6], slot: 0) == nil)
    #expect(model.judgeLog(words([3]), stillSet: [4..<5], slot: 0) == .lost(frame: 5))
    #expect(model.judgeLog(words([3, 9]), stillSet: [4..<6], slot: 0) == .needless(frame: 9))
    #expect(model.judgeLog([1], stillSet: [], slot: 1) == nil, "it has no log")
  }

  @Test func `a removed slot has no frames and owes nothing`() {
    var model = model
    model.setChange(3..<4)
    model.remove(slot: 0)
    #expect(model.due[0].isEmpty)
    model.setChange(3..<4)
    #expect(model.due[0].isEmpty)
    #expect(model.outcome(of: fault(3)) == .emulate)
  }

  @Test func `an ageing forgets what it tells of, and tells what it forgets`() {
    func mayAge(_ before: Bool, _ meanwhile: Bool, _ after: Bool, _ answer: Bool) -> Bool {
      PartitionModel.mayAge(
        .init(before: before, isSetMeanwhile: meanwhile, after: after),
        answering: answer
      )
    }
    #expect(mayAge(true, false, false, true))
    #expect(mayAge(false, false, false, false))
    #expect(!mayAge(true, false, true, true), "it is as it was")
    #expect(!mayAge(true, false, true, false), "it is as it was")
    #expect(!mayAge(true, false, false, false), "it does not tell")
    #expect(!mayAge(false, false, false, true), "there was nothing")
    #expect(mayAge(true, true, true, true), "set again after it was forgotten")
    #expect(mayAge(false, true, true, false), "set after the look")
    #expect(mayAge(false, true, false, true), "set before the look")
    #expect(!mayAge(false, true, false, false), "an access is lost")
    #expect(!mayAge(false, true, true, true), "told, and not forgotten")
  }

  @Test func `a question for the age forgets nothing`() {
    func may(_ before: Bool, _ meanwhile: Bool, _ after: Bool, _ answer: Bool) -> Bool {
      PartitionModel.mayTestAge(
        .init(before: before, isSetMeanwhile: meanwhile, after: after),
        answering: answer
      )
    }
    #expect(may(true, false, true, true))
    #expect(may(false, false, false, false))
    #expect(!may(true, false, true, false))
    #expect(!may(false, false, false, true))
    #expect(!may(true, false, false, true), "it forgot")
    #expect(may(false, true, true, true) && may(false, true, true, false), "either moment")
  }
}
