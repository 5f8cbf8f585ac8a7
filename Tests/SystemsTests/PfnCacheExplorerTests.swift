import Machines
import Schedules
import Testing
import Walkers

@testable import Systems

private typealias Operation = PfnCacheOperation

private let here = Operation.Bytes(address: 0, length: 8)
private let there = Operation.Bytes(address: 0x1000, length: 8)

/// Everything that can be done to one cache.
private let kinds: [Operation.Kind] = [
  .access(cache: 0, here, isWrite: true), .check(cache: 0, here),
  .refresh(cache: 0, here, willWrite: false), .refresh(cache: 0, there, willWrite: false),
  .activate(cache: 0, here, willWrite: false), .unmap(cache: 0), .deactivate(cache: 0),
  .invalidate(first: 0, count: 1, .move, maySleep: true), .changeSlots(page: 0, .move(to: 2)),
  .harvest,
]

/// A cache that is not in use, one that is valid, and one that was invalidated.
private let beginnings: [[Operation]] = [
  [], [Operation(thread: nil, kind: kinds[4])],
  [Operation(thread: nil, kind: kinds[4]), Operation(thread: nil, kind: kinds[7])],
]

/// Explores any two calls on one cache, from each beginning.
private func explorePairs<Walker: PfnCacheWalker>(_ walker: Walker) {
  let explorer = PfnCacheExplorer(walker)
  for earlier in beginnings {
    for (index, first) in kinds.enumerated() {
      for second in kinds[index...] {
        let operations = [
          Operation(thread: 0, kind: first), Operation(thread: 1, kind: second),
        ]
        let exploration = explorer.explore(operations, after: earlier)
        #expect(exploration.isComplete, "\(operations)")
        let findings = exploration.outcomes.keys.flatMap(\.findings)
        #expect(findings.isEmpty, "\(operations) after \(earlier): \(findings)")
      }
    }
  }
}

/// The rules that some schedule of two calls breaks in a cache with a fault.
private func broken(
  _ fault: PfnCacheFault,
  _ first: Operation.Kind,
  _ second: Operation.Kind,
  after earlier: [Operation] = []
) -> Set<String> {
  let exploration = PfnCacheExplorer(ListedPfnCache(faults: [fault])).explore(
    [Operation(thread: 0, kind: first), Operation(thread: 1, kind: second)],
    after: earlier
  )
  #expect(exploration.isComplete)
  return Set(exploration.outcomes.keys.flatMap(\.findings))
}

@Suite struct PfnCacheExplorerTests {
  @Test func `no schedule of any two calls breaks the built-in cache`() {
    explorePairs(IndexedPfnCache(index: PfnIndex(bucketBits: 1, chunkBits: 0)))
  }

  @Test func `no schedule of any two calls breaks the reference`() {
    explorePairs(ListedPfnCache())
  }

  @Test func `no schedule of a guest that runs and an invalidation breaks either`() {
    let earlier = [Operation(thread: nil, kind: .activate(cache: 1, here, willWrite: false))]
    let guest = Operation.Kind.enterGuest(cache: 1, here, accessCount: 2, isWrite: true)
    let operations = [
      Operation(thread: 0, kind: kinds[7]), Operation(thread: 1, kind: guest),
    ]
    let built = PfnCacheExplorer(IndexedPfnCache(index: PfnIndex(bucketBits: 1, chunkBits: 0)))
      .explore(operations, after: earlier, hasVCPU: true)
    let listed = PfnCacheExplorer(ListedPfnCache())
      .explore(operations, after: earlier, hasVCPU: true)
    for findings in [built.outcomes.keys.map(\.findings), listed.outcomes.keys.map(\.findings)] {
      #expect(!findings.isEmpty)
      #expect(findings.allSatisfy { $0.isEmpty })
    }
    #expect(built.isComplete && listed.isComplete)
  }

  @Test func `a race is found in every complete exploration, whatever its chances`() {
    #expect(broken(.skipsRefreshing, kinds[4], kinds[7]) == ["freed-page-accessed"])
    #expect(broken(.announcedLate, kinds[4], kinds[7]) == ["freed-page-accessed"])
    #expect(broken(.validWithoutMapping, kinds[4], kinds[0]) == ["unmapped-address/null"])
    let other = [Operation(thread: nil, kind: .activate(cache: 0, there, willWrite: false))]
    #expect(
      broken(.validForOldAddress, kinds[2], kinds[0], after: other) == ["wrong-page-accessed"]
    )
  }
}
