import Architecture
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

  /// A guest's root, made and handed to its user after `barrier`.
  private func made(
    _ regime: TranslationRegime,
    then barrier: Barrier?
  ) -> [Rule] {
    let memory = PhysicalMemory(granule: regime.granule, base: 0x4000_0000, capacity: 64)
    var machine = TracingMachine(
      memory: memory,
      listener: Judges(regime: regime, memory: memory, countsPages: true)
    )
    machine.listener.beginCall(.map)
    let root = machine.allocateRoot(
      pageCount: regime.rootTableCount,
      level: regime.startLevel
    )
    #expect(root != nil)
    if let barrier { machine.barrier(barrier) }
    machine.listener.endCall()
    return machine.listener.violations.map(\.rule)
  }

  @Test(arguments: [
    (nil as Barrier?, [Rule.rootWithoutBarrier]), (.dsbISHST, []), (.dsbISH, []),
    (.dmbISHST, [.rootWithoutBarrier]), (.isb, [.rootWithoutBarrier]),
  ])
  func `a guest's root is zeroed visibly before its user has it`(
    barrier: Barrier?,
    expected: [Rule]
  ) {
    #expect(made(TranslationRegime(Stage2Configuration()), then: barrier) == expected)
    // A hypervisor's own is not used before something is mapped, whose barrier serves both.
    #expect(made(TranslationRegime(HypConfiguration()), then: barrier).isEmpty)
  }

  @Test(arguments: [
    (MemoryOrder.relaxed, nil as Barrier?, [Rule.plainLeaf]), (.release, nil, []),
    (.relaxed, .dsbISHST, []), (.relaxed, .dmbISHST, []), (.relaxed, .isb, [.plainLeaf]),
  ])
  func `memory is mapped after what was written to it`(
    order: MemoryOrder,
    barrier: Barrier?,
    expected: [Rule]
  ) {
    for contract in [CallContract.publishing, .map] {
      var litmus = Litmus()
      litmus.call(contract) {
        if let barrier { $0.machine.barrier(barrier) }
        $0.machine.store($0.page(0x8000_0000), to: $0.last, at: 0, order: order)
        $0.machine.retain($0.last)
        $0.machine.barrier(.dsbISHST)
      }
      #expect(litmus.rules == (contract.publishesMemory ? expected : []))
    }
  }

  @Test func `permissions and age of what is mapped already are no news of its memory`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    var contract = CallContract.publishing
    contract.mayOweInvalidation = true
    litmus.call(contract) {
      let page = $0.page(0x8000_0000) & ~Bits.write
      $0.machine.store(page, to: $0.last, at: 0, order: .relaxed)
      $0.machine.barrier(.dsbISHST)
    }
    #expect(litmus.rules.isEmpty)
  }

  @Test(arguments: [
    (nil as Barrier?, [Rule.storeWithoutBarrier]), (.dsbISHST, []), (.dsbISH, []),
    (.dsbNSHST, [.storeWithoutBarrier]),
  ])
  func `a page made young is young for every walker when the call returns`(
    barrier: Barrier?,
    expected: [Rule]
  ) {
    var litmus = Litmus()
    litmus.call(.map) {
      $0.put($0.page(0x8000_0000) & ~Bits.accessed, 0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
    }
    litmus.call(.visible) {
      $0.machine.store($0.page(0x8000_0000), to: $0.last, at: 0, order: .relaxed)
      if let barrier { $0.machine.barrier(barrier) }
    }
    #expect(litmus.rules == expected)
  }

  @Test func `what translates nothing needs no barrier before the call returns`() {
    var litmus = Litmus()
    // An annotation, and the table that was made for it.
    litmus.call(.coherent) {
      let table = $0.link(at: 1, of: $0.middle, level: 3)
      $0.put(1 << 2, 0, of: table)
    }
    #expect(litmus.rules.isEmpty)
  }

  @Test(arguments: [
    ([Barrier.dsbISHST, .isb], [Rule]()), ([.dsbISHST], [.contextNotSynchronised]),
    ([.isb, .dsbISHST], [.contextNotSynchronised]), ([.dsbISHST, .isb, .dsbISH], []),
  ])
  func `a change of the tables that its own CPU walks ends with an isb`(
    barriers: [Barrier],
    expected: [Rule]
  ) {
    for synchronises in [true, false] {
      var litmus = Litmus.hypervisor()
      var contract = CallContract.map
      contract.synchronisesContext = synchronises
      litmus.call(contract) {
        $0.put($0.page(0x8000_0000), 0, of: $0.last)
        for barrier in barriers { $0.machine.barrier(barrier) }
      }
      #expect(litmus.rules == (synchronises ? expected : []))
    }
  }

  @Test(arguments: [true, false])
  func `an invalidation of its own CPU's translations ends with an isb`(isSynchronised: Bool) {
    var litmus = Litmus.hypervisor()
    litmus.mapPages(0..<1)
    var contract = CallContract.coherent
    contract.synchronisesContext = true
    litmus.call(contract) {
      $0.clear(0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
      $0.machine.barrier(.isb)
      $0.machine.invalidate(TLBInvalidation(.alle2))
      $0.machine.barrier(.dsbISH)
      if isSynchronised { $0.machine.barrier(.isb) }
    }
    #expect(litmus.rules == (isSynchronised ? [] : [.contextNotSynchronised]))
  }
}
