import Architecture
import Foundation
import Machines
import Oracles
import Testing

/// A tiny keeper of partition-scoped tables by hand: a tree under judgement, and the single steps from
/// which a test puts its sequence together.
///
/// In the first 2 MiB tables are linked down to level 0.
private struct RadixLitmus {
  var machine: TracingMachine<RadixJudges>
  let upper: UInt64
  let middle: UInt64
  let last: UInt64

  static let leaf: UInt64 = 0xc000_0000_0010_0000
  static let pageRights: UInt64 = 0x7
  static let reference: UInt64 = 0x100
  static let change: UInt64 = 0x80

  init(isDD1: Bool = false) {
    let memory = PhysicalMemory(granule: .size4K, base: 1 << 30, capacity: 64)
    machine = TracingMachine(
      memory: memory,
      listener: RadixJudges(memory: memory, partition: 1, isDD1: isDD1)
    )
    let root = machine.allocateRoot(pageCount: 16, level: 0) ?? 0
    upper = machine.allocateTable(level: 1) ?? 0
    middle = machine.allocateTable(level: 2) ?? 0
    last = machine.allocateTable(level: 3) ?? 0
    machine.listener.setRoot(root | 13)
    machine.store(RadixLitmus.table(upper), to: root, at: 0, order: .release)
    machine.store(RadixLitmus.table(middle), to: upper, at: 0, order: .release)
    machine.store(RadixLitmus.table(last), to: middle, at: 0, order: .release)
    self.root = root
  }

  let root: UInt64

  static func table(_ address: UInt64) -> UInt64 { 1 << 63 | address | 9 }

  static func page(_ bits: UInt64 = 0) -> UInt64 { leaf | pageRights | bits }

  /// One call.
  mutating func call(isFault: Bool = false, _ body: (inout RadixLitmus) -> Void) {
    machine.listener.beginCall(isFault: isFault)
    body(&self)
    machine.listener.endCall()
  }

  mutating func exchange(_ old: UInt64, _ new: UInt64, in table: UInt64, at index: UInt64 = 0) {
    _ = machine.compareExchange(old, with: new, in: table, at: index)
  }

  mutating func map(_ entry: UInt64 = RadixLitmus.page(), in table: UInt64? = nil) {
    let table = table ?? last
    call { $0.machine.store(entry, to: table, at: 0, order: .release) }
  }

  mutating func issue(
    _ operand: UInt64 = 0,
    _ target: RadixInvalidation<UInt64>.Target = .translations,
    partition: UInt64 = 1
  ) {
    machine.invalidate(RadixInvalidation(target, operand: operand, partition: partition))
  }

  mutating func complete() {
    for barrier: Barrier in [.eieio, .tlbsync, .ptesync] { machine.barrier(barrier) }
  }

  mutating func invalidate(_ operand: UInt64 = 0) {
    machine.barrier(.ptesync)
    issue(operand)
    complete()
  }

  var rules: [RadixRule] { machine.listener.violations.map(\.rule) }
}

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
      (nil, 1, [RadixRule.staleTranslation]), (0x20, 1, [.staleTranslation]),
      (0x1000, 1, [.staleTranslation]),
      // Another partition, a size that there is not, and everybody's.
      (0, 2, [.foreignInvalidation, .staleTranslation]),
      (0xe0, 1, [.foreignInvalidation, .staleTranslation]), (0xc00, 1, [.foreignInvalidation]),
    ] as [(UInt64?, UInt64, [RadixRule])]
  )
  func `a translation that is no more is invalidated by its own page`(
    operand: UInt64?,
    partition: UInt64,
    rules: [RadixRule]
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
      ([], [.invalidateWithoutBarrier, .staleTranslation]),
      ([.ptesync], [.incompleteInvalidation]),
    ] as [([Barrier], [RadixRule])]
  )
  func `an invalidation is ordered before and waited for after`(
    before: [Barrier],
    expected: [RadixRule]
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
      (UInt64(0x2), RadixRule.stalePermission), (RadixLitmus.change, .staleChange),
      (RadixLitmus.reference, nil),
    ] as [(UInt64, RadixRule?)] {
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
    #expect(changed.rules.first == .noBreak)
    for isDD1 in [false, true] {
      var litmus = RadixLitmus(isDD1: isDD1)
      litmus.map()
      litmus.call { $0.exchange(page, page | RadixLitmus.change, in: $0.last) }
      #expect(litmus.rules == (isDD1 ? [.noBreak] : []))
    }
  }

  @Test func `a valid entry is made only when what was there is gone`() {
    var litmus = RadixLitmus()
    litmus.map()
    litmus.call {
      $0.exchange(page, 0, in: $0.last)
      $0.machine.store(page + 0x1000, to: $0.last, at: 0, order: .release)
    }
    #expect(litmus.rules.first == .makeBeforeInvalidate)
  }

  @Test func `a leaf that the hardware may be changing is not overwritten by a plain store`() {
    var litmus = RadixLitmus()
    litmus.map()
    litmus.call {
      $0.machine.store(0, to: $0.last, at: 0, order: .relaxed)
      $0.invalidate()
    }
    #expect(litmus.rules == [.plainStore])
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
      #expect(litmus.rules == (isExcused ? [] : [.needlessBreak]))
    }
  }

  @Test func `tables are changed under their lock, by calls that have to take it`() {
    for (demandsLock, isLocked) in [(false, false), (true, true), (true, false)] {
      var litmus = RadixLitmus()
      litmus.machine.listener.beginCall(demandsLock: demandsLock)
      litmus.machine.listener.isLocked = isLocked
      litmus.machine.store(page, to: litmus.last, at: 0, order: .release)
      litmus.machine.listener.endCall()
      #expect(litmus.rules == (demandsLock && !isLocked ? [.storeOutsideLock] : []))
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
        #expect(litmus.rules == (isChanged && !mayHaveChanged ? [.changeUnasked] : []))
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
      #expect(litmus.rules == (isLocked ? [.allocateUnderLock] : []))
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
      #expect(litmus.rules == (rest == 0 ? [] : [.entryNotCleared]))
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
      #expect(litmus.rules == (isInvalidated ? [] : [.makeBeforeInvalidate]))
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
      #expect(litmus.rules == (isConvicted ? [.changeWithoutWrite] : []))
    }
  }

  @Test func `a table is freed when no TLB can hold a leaf of it`() {
    func free(_ target: RadixInvalidation<UInt64>.Target) -> [RadixRule] {
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
    #expect(free(.walkCache) == [.freedWhileCached, .staleTranslation])
  }

  @Test func `a new table is linked after its zeros, and each leads somewhere or is given back`() {
    for order: MemoryOrder in [.release, .relaxed] {
      var litmus = RadixLitmus()
      litmus.call {
        let table = $0.machine.allocateTable(level: 3) ?? 0
        $0.machine.store(RadixLitmus.table(table), to: $0.middle, at: 1, order: order)
      }
      #expect(litmus.rules == (order == .release ? [] : [.plainLink]))
    }
    for isGivenBack in [false, true] {
      var litmus = RadixLitmus()
      litmus.call {
        let table = $0.machine.allocateTable(level: 3) ?? 0
        if isGivenBack { $0.machine.release(table) }
      }
      #expect(litmus.rules == (isGivenBack ? [] : [.lostTable]))
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
    #expect(litmus.rules == [.foreignBits])
  }

  @Test func `a table is freed when nothing leads to it, in memory or in a walk cache`() {
    func free(_ target: RadixInvalidation<UInt64>.Target?, operand: UInt64 = 0x800) -> [RadixRule] {
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
    #expect(free(.translations) == [.freedWhileWalkable, .staleTable])
    #expect(free(.everything, operand: 0) == [.freedWhileWalkable, .staleTable])
    #expect(free(nil) == [.freedWhileWalkable, .staleTable])
    var linked = RadixLitmus()
    linked.call { $0.machine.release($0.last) }
    #expect(linked.rules == [.freedWhileLinked])
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
    #expect(litmus.rules == [.useAfterFree, .doubleFree, .accessOutsideTable])
    var leaking = RadixLitmus()
    leaking.machine.listener.judgeFreed()
    #expect(leaking.rules == [.leak])
  }

  @Test func `an entry leads to a live table of its own`() {
    var litmus = RadixLitmus()
    litmus.call {
      let entry = RadixLitmus.table($0.last)
      $0.machine.store(entry, to: $0.middle, at: 1, order: .release)
    }
    #expect(litmus.rules == [.badLink])
  }

  @Test func `warnings and endless calls are convicted`() {
    var litmus = RadixLitmus()
    litmus.call { $0.machine.warn(Site("impossible")) }
    litmus.machine.stepAllowance = 0
    litmus.call { _ = $0.machine.load($0.last, at: 0) }
    #expect(litmus.rules == [.unexpectedWarning, .runaway])
  }

  @Test func `every rule has a litmus test`() throws {
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    for rule in RadixRule.allCases { #expect(source.contains(".\(rule)"), "\(rule)") }
  }
}
