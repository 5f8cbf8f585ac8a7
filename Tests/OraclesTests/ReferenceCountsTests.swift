import Machines
import Oracles
import Testing

@Suite struct ReferenceCountsTests {
  @Test func `a leaf that is not counted is convicted`() {
    var litmus = Litmus()
    litmus.call(.map) {
      $0.machine.store($0.page(0x8000_0000), to: $0.last, at: 0, order: .release)
      $0.machine.barrier(.dsbISHST)
    }
    #expect(litmus.rules == [.countMismatch])
    #expect(litmus.violations[0].fingerprint == "count-mismatch/too-low/last-level")
  }

  @Test func `a leaf replaced and counted again is convicted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.map) {
      $0.machine.store(0, to: $0.last, at: 0, order: .relaxed)
      $0.invalidate(0, hint: 3)
      $0.put($0.page(0x9000_0000), 0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
    }
    #expect(litmus.rules == [.countMismatch])
    #expect(litmus.violations[0].fingerprint.contains("too-high"))
  }

  @Test(arguments: [true, false])
  func `an annotation that is not zero is counted`(isCounted: Bool) {
    var litmus = Litmus()
    litmus.call {
      $0.machine.store(1 << 2, to: $0.last, at: 0, order: .release)
      if isCounted { $0.machine.retain($0.last) }
    }
    #expect(litmus.rules == (isCounted ? [] : [.countMismatch]))
  }

  @Test func `a root page is counted like any other`() {
    var litmus = Litmus()
    litmus.call { $0.machine.retain($0.root + 4096) }
    #expect(litmus.rules == [.countMismatch])
  }

  @Test(arguments: [0, 1])
  func `a root that is given back is counted by nobody else`(dropped: Int) {
    var litmus = Litmus()
    litmus.call(.destroy) {
      $0.machine.release($0.last)
      $0.machine.release($0.middle, by: 2)
      // Its own count, and one for its entry.
      if dropped > 0 { $0.machine.release($0.root, by: dropped) }
      $0.machine.freeRoot($0.root, pageCount: 2)
    }
    #expect(litmus.rules.contains(.countMismatch) == (dropped == 0))
  }

  @Test func `a subject that keeps no counts is not judged by them`() {
    var litmus = Litmus(countsPages: false)
    litmus.call { $0.machine.retain($0.root) }
    #expect(litmus.rules == [])
  }
}
