import Architecture
import Machines
import Oracles
import Testing

@Suite struct RadixJudgesTests {
  private let page = RadixLitmus.page()

  @Test func `a page that is taken away in order is no violation`() {
    var litmus = RadixLitmus()
    litmus.map()
    litmus.call {
      $0.exchange(page, 0, in: $0.last)
      $0.invalidate()
      $0.machine.store(page + 0x1000, to: $0.last, at: 0, order: .release)
    }
    #expect(litmus.rules.isEmpty)
  }

  @Test(
    arguments: [
      // Nothing, the wrong page size, an address inside the page.
      (nil, 1, [Rule.radixStaleTranslation]), (0x20, 1, [.radixStaleTranslation]),
      (0x1000, 1, [.radixStaleTranslation]),
      // Another partition, a size that there is not, and everybody's.
      (0, 2, [.radixForeignInvalidation, .radixStaleTranslation]),
      (0xe0, 1, [.radixForeignInvalidation, .radixStaleTranslation]),
      (0xc00, 1, [.radixForeignInvalidation]),
    ] as [(UInt64?, UInt64, [Rule])]
  )
  func `a translation that is no more is invalidated by its own page`(
    operand: UInt64?,
    partition: UInt64,
    rules: [Rule]
  ) {
    var litmus = RadixLitmus()
    litmus.map()
    litmus.call {
      $0.exchange(page, 0, in: $0.last)
      $0.machine.barrier(.ptesync)
      if let operand { $0.issue(operand, partition: partition) }
      $0.complete()
    }
    #expect(litmus.rules == rules)
  }

  @Test(
    arguments: [
      ([], [.radixInvalidateWithoutBarrier, .radixStaleTranslation]),
      ([.ptesync], [.radixIncompleteInvalidation]),
    ] as [([PowerBarrier], [Rule])]
  )
  func `an invalidation is ordered before and waited for after`(
    before: [PowerBarrier],
    expected: [Rule]
  ) {
    var litmus = RadixLitmus()
    litmus.map()
    litmus.call {
      $0.exchange(page, 0, in: $0.last)
      for barrier in before { $0.machine.barrier(barrier) }
      $0.issue()
      $0.machine.barrier(.ptesync)
    }
    #expect(litmus.rules == expected)
  }

  @Test
  func `permissions and change bits that are taken away are invalidated, references need not be`() {
    for (gone, rule) in [
      (UInt64(0x2), Rule.radixStalePermission), (RadixLitmus.change, .radixStaleChange),
      (RadixLitmus.reference, nil),
    ] as [(UInt64, Rule?)] {
      var litmus = RadixLitmus()
      let full = RadixLitmus.page(RadixLitmus.change | RadixLitmus.reference)
      litmus.map(full)
      litmus.call { $0.exchange(full, full & ~gone, in: $0.last) }
      #expect(litmus.rules == (rule.map { [$0] } ?? []))
    }
  }

  @Test func `a valid entry becomes another only by way of an invalid one`() {
    var changed = RadixLitmus()
    changed.map()
    changed.call { $0.exchange(page, page + 0x1000, in: $0.last) }
    #expect(changed.rules.first == .radixNoBreak)
    for isDD1 in [false, true] {
      var litmus = RadixLitmus(isDD1: isDD1)
      litmus.map()
      litmus.call { $0.exchange(page, page | RadixLitmus.change, in: $0.last) }
      #expect(litmus.rules == (isDD1 ? [.radixNoBreak] : []))
    }
  }

  @Test func `a valid entry is made only when what was there is gone`() {
    var litmus = RadixLitmus()
    litmus.map()
    litmus.call {
      $0.exchange(page, 0, in: $0.last)
      $0.machine.store(page + 0x1000, to: $0.last, at: 0, order: .release)
    }
    #expect(litmus.rules.first == .radixMakeBeforeInvalidate)
  }

  @Test func `a leaf that the hardware may be changing is not overwritten by a plain store`() {
    var litmus = RadixLitmus()
    litmus.map()
    litmus.call {
      $0.machine.store(0, to: $0.last, at: 0, order: .relaxed)
      $0.invalidate()
    }
    #expect(litmus.rules == [.radixPlainStore])
  }

  @Test func `a fault takes nothing away that it gives back, unless others took it`() {
    for isExcused in [false, true] {
      var litmus = RadixLitmus()
      litmus.map()
      litmus.call(isFault: true) {
        $0.exchange(page, 0, in: $0.last)
        $0.invalidate()
        if isExcused { $0.machine.listener.excuseBreaks() }
        $0.machine.store(page | RadixLitmus.change, to: $0.last, at: 0, order: .release)
      }
      #expect(litmus.rules == (isExcused ? [] : [.radixNeedlessBreak]))
    }
  }

  @Test func `tables are changed under their lock, by calls that have to take it`() {
    for (demandsLock, isLocked) in [(false, false), (true, true), (true, false)] {
      var litmus = RadixLitmus()
      litmus.machine.listener.beginCall(demandsLock: demandsLock)
      if isLocked { litmus.machine.listener.takeLock() }
      litmus.machine.store(page, to: litmus.last, at: 0, order: .release)
      litmus.machine.listener.endCall()
      #expect(litmus.rules == (demandsLock && !isLocked ? [.radixStoreOutsideLock] : []))
    }
  }

  @Test func `what rests on answers from before changes nothing until it was asked`() {
    for mayHaveChanged in [false, true] {
      for isChanged in [false, true] {
        var litmus = RadixLitmus()
        litmus.call(isFault: true) {
          $0.machine.listener.takeLock()
          if isChanged { $0.machine.store(page, to: $0.last, at: 0, order: .release) }
          $0.machine.listener.giveLockBack(mayHaveChanged: mayHaveChanged)
        }
        #expect(litmus.rules == (isChanged && !mayHaveChanged ? [.radixChangeUnasked] : []))
      }
    }
  }

  @Test func `memory for tables is asked for before the lock is taken`() {
    for isLocked in [false, true] {
      var litmus = RadixLitmus()
      litmus.call {
        if isLocked { $0.machine.listener.takeLock() }
        let spare = $0.machine.allocateTable(level: 3) ?? 0
        if isLocked { $0.machine.listener.giveLockBack(mayHaveChanged: true) }
        $0.machine.release(spare)
      }
      #expect(litmus.rules == (isLocked ? [.radixAllocateUnderLock] : []))
    }
  }

  @Test func `an entry that was taken away is zero in all its bits`() {
    for rest: UInt64 in [0, RadixLitmus.reference, 1 << 62] {
      var litmus = RadixLitmus()
      litmus.map()
      litmus.call {
        $0.exchange(page, rest, in: $0.last)
        $0.invalidate()
      }
      #expect(litmus.rules == (rest == 0 ? [] : [.radixEntryNotCleared]))
    }
    // On a DD1 it is so for a moment only.
    var broken = RadixLitmus(isDD1: true)
    broken.map()
    broken.call {
      $0.exchange(page, page & ~(1 << 63), in: $0.last)
      $0.invalidate()
      $0.exchange(page & ~(1 << 63), page | RadixLitmus.reference, in: $0.last)
    }
    #expect(broken.rules.isEmpty)
  }

  @Test func `a DD1 is invalidated between a leaf and the same leaf with other bits`() {
    for isInvalidated in [false, true] {
      var litmus = RadixLitmus(isDD1: true)
      litmus.map()
      litmus.call {
        $0.exchange(page, page & ~(1 << 63), in: $0.last)
        if isInvalidated { $0.invalidate() }
        $0.exchange(page & ~(1 << 63), page | RadixLitmus.reference, in: $0.last)
        if !isInvalidated { $0.invalidate() }
      }
      #expect(litmus.rules == (isInvalidated ? [] : [.radixMakeBeforeInvalidate]))
    }
  }

  @Test func `a fault records a change only where stores are permitted, and keeps what others did`()
  {
    let readable = page & ~0x2
    for (before, after, isConvicted) in [
      (readable, readable | RadixLitmus.change, true), (page, page | RadixLitmus.change, false),
      (readable, readable | RadixLitmus.reference, false),
      (
        readable | RadixLitmus.change,
        readable | RadixLitmus.change | RadixLitmus.reference, false
      ),
    ] {
      var litmus = RadixLitmus()
      litmus.map(before)
      litmus.call(isFault: true) { $0.exchange(before, after, in: $0.last) }
      #expect(litmus.rules == (isConvicted ? [.radixChangeWithoutWrite] : []))
    }
  }

  @Test func `a table is freed when no TLB can hold a leaf of it`() {
    func free(_ target: RadixInvalidation<UInt64>.Target) -> [Rule] {
      var litmus = RadixLitmus()
      litmus.map()
      litmus.call {
        $0.exchange(RadixLitmus.table($0.last), 0, in: $0.middle)
        $0.machine.barrier(.ptesync)
        $0.issue(0x800, target)
        $0.complete()
        $0.machine.release($0.last)
      }
      return litmus.rules
    }
    #expect(free(.everything).isEmpty)
    #expect(free(.walkCache) == [.radixFreedWhileCached, .radixStaleTranslation])
  }

  @Test func `a new table is linked after its zeros, and each leads somewhere or is given back`() {
    for order: MemoryOrder in [.release, .relaxed] {
      var litmus = RadixLitmus()
      litmus.call {
        let table = $0.machine.allocateTable(level: 3) ?? 0
        $0.machine.store(RadixLitmus.table(table), to: $0.middle, at: 1, order: order)
      }
      #expect(litmus.rules == (order == .release ? [] : [.radixPlainLink]))
    }
    for isGivenBack in [false, true] {
      var litmus = RadixLitmus()
      litmus.call {
        let table = $0.machine.allocateTable(level: 3) ?? 0
        if isGivenBack { $0.machine.release(table) }
      }
      #expect(litmus.rules == (isGivenBack ? [] : [.radixLostTable]))
    }
  }

  @Test func `what the hardware sets is its own, and tells which leaf was written last`() {
    var litmus = RadixLitmus()
    litmus.map()
    let changed = page | RadixLitmus.change
    litmus.call {
      $0.machine.memory.pointer(to: $0.last).pointee = changed
      $0.machine.listener.observe(.hardwareStore(address: $0.last, old: page, new: changed))
    }
    #expect(litmus.rules.isEmpty)
    #expect(litmus.machine.listener.hardwareBits == [litmus.last: RadixLitmus.change])
    #expect(litmus.machine.listener.changePlace(of: 0xfff) == litmus.last)
    #expect(litmus.machine.listener.changePlace(of: 0x1000) == nil)
  }

  @Test func `a leaf has bits of its own scope only`() {
    var litmus = RadixLitmus()
    litmus.map(RadixLitmus.page(0x8))
    #expect(litmus.rules == [.radixForeignBits])
  }

  @Test func `a table is freed when nothing leads to it, in memory or in a walk cache`() {
    func free(_ target: RadixInvalidation<UInt64>.Target?, operand: UInt64 = 0x800) -> [Rule] {
      var litmus = RadixLitmus()
      let entry = RadixLitmus.table(litmus.last)
      litmus.call {
        $0.exchange(entry, 0, in: $0.middle)
        $0.machine.barrier(.ptesync)
        if let target { $0.issue(operand, target) }
        $0.complete()
        $0.machine.release($0.last)
      }
      return litmus.rules
    }
    #expect(free(.everything).isEmpty)
    #expect(free(.walkCache).isEmpty)
    #expect(free(.translations) == [.radixFreedWhileWalkable, .radixStaleTable])
    #expect(free(.everything, operand: 0) == [.radixFreedWhileWalkable, .radixStaleTable])
    #expect(free(nil) == [.radixFreedWhileWalkable, .radixStaleTable])
    var linked = RadixLitmus()
    linked.call { $0.machine.release($0.last) }
    #expect(linked.rules == [.radixFreedWhileLinked])
  }

  @Test func `freed tables and what is no table are left alone, and nothing is left in the end`() {
    var litmus = RadixLitmus()
    litmus.call {
      let spare = $0.machine.allocateTable(level: 3) ?? 0
      $0.machine.release(spare)
      _ = $0.machine.load(spare, at: 0)
      $0.machine.release(spare)
      _ = $0.machine.load(0x1000, at: 0)
    }
    #expect(litmus.rules == [.radixUseAfterFree, .radixDoubleFree, .radixAccessOutsideTable])
    var leaking = RadixLitmus()
    leaking.machine.listener.judgeFreed()
    #expect(leaking.rules == [.radixLeak])
  }

  @Test func `an entry leads to a live table of its own`() {
    var litmus = RadixLitmus()
    litmus.call {
      let entry = RadixLitmus.table($0.last)
      $0.machine.store(entry, to: $0.middle, at: 1, order: .release)
    }
    #expect(litmus.rules == [.radixBadLink])
  }

  @Test func `warnings and endless calls are convicted`() {
    var litmus = RadixLitmus()
    litmus.call { $0.machine.warn(Site("impossible")) }
    litmus.machine.stepAllowance = 0
    litmus.call { _ = $0.machine.load($0.last, at: 0) }
    #expect(litmus.rules == [.unexpectedWarning, .runaway])
  }
}
