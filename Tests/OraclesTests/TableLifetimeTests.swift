import Machines
import Oracles
import Testing

@Suite struct TableLifetimeTests {
  /// Unmaps the empty level-3 table, properly unless told otherwise.
  private static func dropTable(
    invalidates: Bool = true,
    clears: Bool = true,
    releases: Int = 1,
    _ then: (inout Litmus) -> Void = { _ in }
  ) -> [Rule] {
    var litmus = Litmus()
    litmus.call(.unmap(cleans: false)) {
      if clears { $0.clear(0, of: $0.middle) }
      if invalidates { $0.invalidate(0) }
      for _ in 0..<releases { $0.machine.release($0.last) }
      if !invalidates { $0.invalidate(0) }
      then(&$0)
    }
    return litmus.rules
  }

  @Test func `a table freed after its entry is cleared and invalidated is acquitted`() {
    #expect(Self.dropTable() == [])
  }

  @Test func `a table freed before its entry is invalidated is convicted`() {
    #expect(Self.dropTable(invalidates: false) == [.freedWhileWalkable])
  }

  @Test func `a table freed while an entry leads to it is convicted`() {
    #expect(Self.dropTable(clears: false).first == .freedWhileLinked)
  }

  @Test func `a table that is not freed is lost`() {
    #expect(Self.dropTable(releases: 0) == [.lostTable])
  }

  @Test func `a table freed twice is convicted`() {
    #expect(Self.dropTable(releases: 2) == [.doubleFree])
  }

  @Test func `a freed table that is read is convicted`() {
    #expect(Self.dropTable { _ = $0.machine.load($0.last, at: 0) } == [.useAfterFree])
  }

  @Test func `a freed table that is written is convicted`() {
    let rules = Self.dropTable {
      $0.machine.store(0, to: $0.last, at: 0, order: .relaxed)
    }
    #expect(rules == [.useAfterFree])
  }

  @Test func `a freed table that is linked again is convicted`() {
    let rules = Self.dropTable {
      $0.machine.store($0.last | 0b11, to: $0.middle, at: 3, order: .release)
      $0.machine.retain($0.middle)
    }
    #expect(rules == [.linkedFreedTable])
  }

  @Test func `a table linked at two places is convicted`() {
    var litmus = Litmus()
    litmus.call(.map) {
      $0.put($0.last | 0b11, 3, of: $0.middle)
      $0.machine.barrier(.dsbISHST)
    }
    #expect(litmus.rules == [.linkedTwice])
  }

  @Test func `a table beneath a stale table entry may not be freed either`() {
    var litmus = Litmus()
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.root)
      $0.machine.release($0.last)
      $0.invalidateEverything()
      $0.machine.release($0.middle, by: 2)
    }
    #expect(litmus.rules == [.freedWhileWalkable])
  }

  @Test func `memory outside the window is no table`() {
    var litmus = Litmus()
    litmus.call { _ = $0.machine.load(0x1000, at: 0) }
    #expect(litmus.rules == [.accessOutsideMemory])
  }

  @Test func `a count below zero is convicted`() {
    var litmus = Litmus()
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.middle)
      $0.invalidate(0)
      $0.machine.release($0.last, by: 2)
    }
    #expect(litmus.rules == [.countBelowZero])
  }

  @Test func `destroy that frees everything is acquitted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<2)
    litmus.call(.destroy) {
      $0.machine.release($0.last, by: 3)
      $0.machine.release($0.middle, by: 2)
      $0.machine.release($0.root)
      $0.machine.freeRoot($0.root, pageCount: 2)
    }
    #expect(litmus.rules == [])
  }

  @Test func `destroy that leaves a table is convicted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<2)
    litmus.call(.destroy) {
      $0.machine.release($0.last, by: 2)
      $0.machine.release($0.middle, by: 2)
      $0.machine.release($0.root)
      $0.machine.freeRoot($0.root, pageCount: 2)
    }
    #expect(litmus.rules == [.leakAfterDestroy])
  }

  @Test func `a root freed with the wrong size is convicted`() {
    var litmus = Litmus()
    litmus.call(.destroy) {
      $0.machine.release($0.last)
      $0.machine.release($0.middle, by: 2)
      $0.machine.release($0.root)
      $0.machine.freeRoot($0.root, pageCount: 1)
    }
    #expect(litmus.rules == [.rootMismatch, .leakAfterDestroy])
  }
}
