import Schedules
import Testing
import Walkers

@testable import Checking
@testable import Systems

private func exploration(_ subject: String) throws -> SubjectExploration {
  try System.sharedBuffer.exploration(of: subject)
}

/// Explores any two calls on one buffer, from each state in which nobody would wait for devices.
private func explorePairs(_ subject: String) throws {
  #expect(try exploration(subject).expectPairsHold(preemptions: 1) > 600)
}

@Suite struct BufferExplorerTests {
  @Test func `no schedule of any two calls with one preemption breaks the built-in buffers`() throws
  {
    try explorePairs("built-in")
  }

  @Test func `no schedule of any two calls with one preemption breaks the reference`() throws {
    try explorePairs("reference")
  }

  @Test func `a callback that is added while its fence is signalled runs once, in every schedule`()
  {
    // The kernel's race_signal_callback, for every schedule instead of some.
    let (exploration, _) = BufferExploration.exploration(
      ListedSharedBuffers(),
      [
        [BufferOperation(thread: nil, kind: .callback(buffer: 0, isRemoved: false))],
        [BufferOperation(thread: nil, kind: .run(count: 1))],
      ],
      after: [BufferOperation(thread: nil, kind: .submit(buffer: 0, .write))]
    )
    #expect(exploration.isComplete)
    #expect(exploration.outcomes.keys.allSatisfy { $0.fingerprints.isEmpty })
  }

  @Test func `a race is found in every exploration, whatever its chances`() throws {
    let double = try exploration("cached-sgt-double-map")
      .broken("map", "map", from: "idle", preemptions: 1)
    #expect(double.contains { $0.hasPrefix("data-race/attachment.sgt") }, "\(double)")
    let freed = try exploration("release-frees-before-dentry")
      .broken("read-name", "close", from: "idle", preemptions: 1)
    #expect(freed.contains { $0.hasPrefix("record-used-after-free") }, "\(freed)")
  }

  @Test func `a name is read while another takes its place`() {
    func setName(_ name: UInt64) -> BufferOperation {
      BufferOperation(thread: nil, kind: .setName(buffer: 0, name: name, length: 5))
    }
    let (exploration, _) = BufferExploration.exploration(
      ListedSharedBuffers(faults: [.nameUnlocked]),
      [[BufferOperation(thread: nil, kind: .readName(buffer: 0, isKept: false))], [setName(2)]],
      after: [setName(1)],
      preemptions: 1
    )
    #expect(exploration.isExhausted)
    let broken = exploration.outcomes.keys.flatMap(\.fingerprints)
    #expect(broken.contains { $0.hasPrefix("record-used-after-free") }, "\(broken)")
  }
}
