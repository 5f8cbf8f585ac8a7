import Machines
import Oracles
import Testing

@Suite struct LevelHintsTests {
  @Test func `a table entry invalidated with its level is convicted`() {
    var litmus = Litmus()
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.middle)
      $0.invalidate(0, hint: 2)
      $0.machine.release($0.last)
    }
    #expect(litmus.rules.first == .wrongLevelHint)
  }

  @Test func `a table entry invalidated with the level beneath is convicted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.last)
      $0.clear(0, of: $0.middle)
      $0.invalidate(0, hint: 3)
      $0.machine.release($0.last)
    }
    #expect(litmus.rules.first == .wrongLevelHint)
  }

  @Test(arguments: [-2, -1, 4, 17] as [LookupLevel])
  func `a hint of a level that there is not is convicted, whatever it is for`(hint: LookupLevel) {
    var litmus = Litmus()
    litmus.call(.unmap(cleans: false)) { $0.invalidate(0, hint: hint) }
    #expect(litmus.rules == [.wrongLevelHint])
  }

  @Test(arguments: [0, 1, 2, 3] as [LookupLevel])
  func `a hint where nothing is cached is acquitted`(hint: LookupLevel) {
    var litmus = Litmus()
    litmus.call(.unmap(cleans: false)) { $0.invalidate(0x4000_0000, hint: hint) }
    #expect(litmus.rules == [])
  }

  @Test func `a table entry invalidated without a level is acquitted`() {
    var litmus = Litmus()
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.middle)
      $0.invalidate(0)
      $0.machine.release($0.last)
    }
    #expect(litmus.rules == [])
  }

  @Test func `a block invalidated with the level of a page is convicted`() {
    var litmus = Litmus()
    litmus.call(.map) {
      $0.put($0.block(0x8000_0000), 1, of: $0.middle)
      $0.machine.barrier(.dsbISHST)
    }
    litmus.call(.unmap(cleans: false)) {
      $0.clear(1, of: $0.middle)
      $0.invalidate(Litmus.blockSize, hint: 3)
    }
    #expect(litmus.rules == [.wrongLevelHint])
  }

  @Test func `level 0 is no promise, and invalidates every level`() {
    var litmus = Litmus()
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.middle)
      $0.invalidate(0, hint: 0)
      $0.machine.release($0.last)
    }
    #expect(litmus.rules == [])
  }

  @Test func `leaves with their level first and the table without one afterwards are acquitted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<3)
    litmus.call(.unmap(cleans: false)) {
      for index in 0..<3 as Range<UInt64> {
        $0.clear(index, of: $0.last)
        $0.invalidate(index << 12, hint: 3)
      }
      $0.clear(0, of: $0.middle)
      $0.invalidate(0)
      $0.machine.release($0.last)
    }
    #expect(litmus.rules == [])
  }

  @Test func `deferred: leaf and table cleared, then the leaf with a level and the table without`()
  {
    var litmus = Litmus()
    litmus.mapPages(3..<4)
    litmus.call(.unmap(cleans: false)) {
      $0.clear(3, of: $0.last)
      $0.clear(0, of: $0.middle)
      $0.invalidate(3 << 12, hint: 3)
      $0.invalidate(0)
      $0.machine.release($0.last)
    }
    #expect(litmus.rules == [])
  }
}
