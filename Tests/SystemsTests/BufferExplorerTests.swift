import Machines
import Schedules
import Testing
import Walkers

@testable import Systems

private typealias Operation = BufferOperation

/// Calls on one buffer that wait for nobody.
private let kinds: [Operation.Kind] = [
  .close(buffer: 0), .setName(buffer: 0, name: 1, length: 5), .readName(buffer: 0, isKept: false),
  .list,
  .attach(buffer: 0, isDynamic: false), .submit(buffer: 0, .write),
  .poll(buffer: 0, .write, waits: false), .mapKernel(buffer: 0),
  .exportSync(buffer: 0, flags: 3), .run(count: 1), .callback(buffer: 0, isRemoved: true),
]

/// Every schedule of two operations up to some preemptions, and what some of them break.
private func explore<Walker: SharedBufferWalker>(
  _ walker: Walker,
  _ first: Operation.Kind,
  _ second: Operation.Kind,
  after earlier: [Operation.Kind] = [],
  preemptions: Int? = nil,
  exporter: BufferPlan.Exporter = .system,
  sharesAttachment: Bool = false,
  hasDevices: Bool = false
) -> Exploration<BufferExplorer<Walker>.Outcome> {
  var explorer = BufferExplorer(walker)
  explorer.preemptionLimit = preemptions
  explorer.exporters = [exporter, .system]
  explorer.sharesAttachment = sharesAttachment
  explorer.hasDevices = hasDevices
  return explorer.explore(
    [Operation(thread: 0, kind: first), Operation(thread: 1, kind: second)],
    after: earlier.map { Operation(thread: nil, kind: $0) }
  )
}

private func broken<Walker: SharedBufferWalker>(
  _ exploration: Exploration<BufferExplorer<Walker>.Outcome>
) -> Set<String> {
  #expect(exploration.isExhausted, "\(exploration.text)")
  return Set(exploration.outcomes.keys.flatMap(\.findings))
}

/// Explores any two calls on one buffer, with work for devices that is pending.
private func explorePairs<Walker: SharedBufferWalker>(_ walker: Walker) {
  for (index, first) in kinds.enumerated() {
    for second in kinds[index...] {
      // Who accesses the buffer would wait for devices.
      let waits = [first, second].contains(.mapKernel(buffer: 0))
      if waits, [first, second].contains(.submit(buffer: 0, .write)) { continue }
      let exploration = explore(
        walker,
        first,
        second,
        after: waits ? [] : [.submit(buffer: 0, .read)]
      )
      #expect(exploration.isComplete, "\(first), \(second): \(exploration.text)")
      let findings = broken(exploration)
      #expect(findings.isEmpty, "\(first), \(second): \(findings)")
    }
  }
}

@Suite struct BufferExplorerTests {
  @Test func `no schedule of any two calls breaks the built-in buffers`() {
    explorePairs(CompactSharedBuffers())
  }

  @Test func `no schedule of any two calls breaks the reference`() {
    explorePairs(ListedSharedBuffers())
  }

  @Test func `a callback that is added while its fence is signalled runs once, in every schedule`()
  {
    // The kernel's race_signal_callback, for every schedule instead of some.
    let exploration = explore(
      ListedSharedBuffers(),
      .callback(buffer: 0, isRemoved: false),
      .run(count: 1),
      after: [.submit(buffer: 0, .write)]
    )
    #expect(exploration.isComplete)
    #expect(broken(exploration).isEmpty)
  }

  @Test func `a race is found in every exploration, whatever its chances`() {
    let double = explore(
      ListedSharedBuffers(faults: [.mapsUnlocked]),
      .map(buffer: 0, .both),
      .map(buffer: 0, .both),
      preemptions: 1,
      exporter: .caching,
      sharesAttachment: true
    )
    #expect(broken(double).contains("data-race/attachment.sgt: marked write, plain read"))
    let freed = explore(
      ListedSharedBuffers(faults: [.freedWithFile]),
      .readName(buffer: 0, isKept: false),
      .close(buffer: 0),
      preemptions: 1
    )
    #expect(broken(freed).contains { $0.hasPrefix("record-used-after-free") })
    let named = explore(
      ListedSharedBuffers(faults: [.nameUnlocked]),
      .readName(buffer: 0, isKept: false),
      .setName(buffer: 0, name: 2, length: 5),
      after: [.setName(buffer: 0, name: 1, length: 5)],
      preemptions: 1
    )
    #expect(broken(named).contains { $0.hasPrefix("record-used-after-free") })
  }
}
