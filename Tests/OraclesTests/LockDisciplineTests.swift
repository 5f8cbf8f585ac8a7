import Architecture
import Machines
import Oracles
import Testing

/// Good and bad pairs for tables that are kept for other walks.
@Suite struct LockDisciplineTests {
  /// A map beside which other walks may run.
  private static let sharing: CallContract = {
    var contract = CallContract.map
    contract.sharesTables = true
    return contract
  }()

  @Test func `a store inside a section is good, and one outside is not`() {
    for isInside in [true, false] {
      var litmus = Litmus()
      litmus.call(LockDisciplineTests.sharing) {
        if isInside { $0.machine.readSection(isEntered: true) }
        $0.put($0.page(0x8000_0000), 0, of: $0.last)
        $0.machine.barrier(.dsbISHST)
        if isInside { $0.machine.readSection(isEntered: false) }
      }
      #expect(litmus.rules == (isInside ? [] : [.storeOutsideSection]))
    }
  }

  @Test func `a section that is not left, or not entered, is convicted`() {
    for isEntered in [true, false] {
      var litmus = Litmus()
      litmus.call { $0.machine.readSection(isEntered: isEntered) }
      #expect(litmus.rules == [.unbalancedSection])
    }
  }

  /// Takes the last table out of the tree and does `body` with it.
  private func unlinkingLast(
    _ contract: CallContract,
    _ body: (inout Litmus) -> Void
  ) -> Litmus {
    var litmus = Litmus()
    litmus.call(contract) {
      $0.machine.readSection(isEntered: true)
      $0.clear(0, of: $0.middle)
      $0.invalidateEverything()
      body(&$0)
      $0.machine.readSection(isEntered: false)
    }
    return litmus
  }

  @Test func `a table that others may read is given away, not freed`() {
    let freed = unlinkingLast(LockDisciplineTests.sharing) { $0.machine.release($0.last) }
    #expect(freed.rules == [.freedWhileShared])
    let alone = unlinkingLast(.coherent) { $0.machine.release($0.last) }
    #expect(alone.rules == [])
    var given = unlinkingLast(LockDisciplineTests.sharing) { $0.machine.deferFree($0.last) }
    #expect(given.rules == [])
    given.call(.quiesce) { $0.machine.release($0.last) }
    #expect(given.rules == [])
  }

  @Test func `what was given away is freed when it is time, and once`() {
    var kept = unlinkingLast(.coherent) { $0.machine.deferFree($0.last) }
    kept.call(.quiesce) { _ in }
    #expect(kept.rules == [.lostTable])
    let twice = unlinkingLast(.coherent) {
      $0.machine.deferFree($0.last)
      $0.machine.deferFree($0.last)
    }
    #expect(twice.rules == [.doubleFree])
  }

  @Test func `a table that an entry leads to is not given away, nor linked when it was`() {
    var litmus = Litmus()
    litmus.call { $0.machine.deferFree($0.last) }
    #expect(litmus.rules == [.freedWhileLinked])
    let linked = unlinkingLast(.map) {
      $0.machine.deferFree($0.last)
      $0.put($0.last | 0b11, 1, of: $0.middle)
      $0.machine.barrier(.dsbISHST)
    }
    #expect(linked.rules.first == .linkedFreedTable)
  }
}
