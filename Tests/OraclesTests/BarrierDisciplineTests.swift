import Machines
import Oracles
import Testing

@Suite struct BarrierDisciplineTests {
  @Test(arguments: [
    (MemoryOrder.relaxed, nil as Barrier?, [Rule.plainLink]), (.release, nil, []),
    (.relaxed, .dsbISHST, []), (.relaxed, .dsbISH, []), (.relaxed, .dmbISHST, []),
    (.relaxed, .dsbNSHST, [.plainLink]), (.relaxed, .isb, [.plainLink]),
  ])
  func `a table is linked by a release, or after a barrier`(
    order: MemoryOrder,
    barrier: Barrier?,
    expected: [Rule]
  ) {
    var litmus = Litmus()
    litmus.call(.map) {
      let table = $0.machine.allocateTable(level: 3)!
      if let barrier { $0.machine.barrier(barrier) }
      $0.machine.store(table | 0b11, to: $0.middle, at: 1, order: order)
      $0.machine.retain($0.middle)
      $0.machine.barrier(.dsbISHST)
    }
    #expect(litmus.rules == expected)
  }

  @Test(arguments: [true, false])
  func `a table filled before it is linked is filled visibly`(isRelease: Bool) {
    var litmus = Litmus()
    litmus.call(.map) {
      let table = $0.machine.allocateTable(level: 3)!
      $0.machine.barrier(.dsbISHST)
      $0.put($0.page(0x8000_0000), 0, of: table)
      $0.put(table | 0b11, 2, of: $0.last)  // nothing there leads to a table
      $0.machine.store(table | 0b11, to: $0.middle, at: 1, order: isRelease ? .release : .relaxed)
      $0.machine.retain($0.middle)
      $0.machine.barrier(.dsbISHST)
    }
    #expect(litmus.rules.contains(.plainLink) == !isRelease)
    litmus.machine.listener.audit()
    #expect(!litmus.rules.contains(.auditMismatch))
  }

  @Test(arguments: [nil, Barrier.dmbISHST, .isb, .dsbNSHST])
  func `an invalidation before the break is visible is convicted`(barrier: Barrier?) {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.last)
      if let barrier { $0.machine.barrier(barrier) }
      $0.machine.invalidate(TLBInvalidation(.vmalls12e1))
      $0.machine.barrier(.dsbISH)
    }
    #expect(litmus.rules == [.invalidateWithoutBarrier])
  }

  @Test(arguments: [nil, Barrier.dsbISHST, .dsbNSH, .isb])
  func `an invalidation that is not completed is convicted`(barrier: Barrier?) {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
      $0.machine.invalidate(TLBInvalidation(.vmalls12e1))
      if let barrier { $0.machine.barrier(barrier) }
    }
    #expect(litmus.rules == [.incompleteInvalidation])
  }

  @Test(arguments: [
    (nil as Barrier?, [Rule.storeWithoutBarrier]), (.dsbISHST, []), (.dsbISH, []),
    (.dmbISHST, [.storeWithoutBarrier]), (.dsbNSHST, [.storeWithoutBarrier]),
  ])
  func `a map ends with a barrier after its last store`(barrier: Barrier?, expected: [Rule]) {
    var litmus = Litmus()
    litmus.call(.map) {
      $0.put($0.page(0x8000_0000), 0, of: $0.last)
      if let barrier { $0.machine.barrier(barrier) }
    }
    #expect(litmus.rules == expected)
  }
}
