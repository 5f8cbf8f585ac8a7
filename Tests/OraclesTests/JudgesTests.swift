import Architecture
import Machines
import Oracles
import Testing

@Suite struct JudgesTests {
  @Test func `a call that takes more steps than its bound is convicted`() {
    var litmus = Litmus()
    let contract = CallContract(stepLimit: 3)
    litmus.call(contract) { for _ in 0..<3 { _ = $0.machine.load($0.last, at: 0) } }
    #expect(litmus.rules == [])
    litmus.call(contract) { for _ in 0..<4 { _ = $0.machine.load($0.last, at: 0) } }
    #expect(litmus.rules == [.tooManySteps])
  }

  @Test func `a call that is cut off is convicted`() {
    var litmus = Litmus()
    litmus.machine.stepAllowance = 10
    litmus.call { for _ in 0..<20 { _ = $0.machine.load($0.last, at: 0) } }
    #expect(litmus.rules == [.runaway])
  }

  @Test(arguments: [true, false])
  func `a warning is convicted unless the arguments deserve it`(isPermitted: Bool) {
    var litmus = Litmus()
    litmus.call(CallContract(permitsWarnings: isPermitted)) { $0.machine.warn(Site("odd")) }
    #expect(litmus.rules == (isPermitted ? [] : [.unexpectedWarning]))
  }

  @Test func `the entries a call writes are listed once, with what was there before`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.map) {
      $0.clear(0, of: $0.last)
      $0.invalidate(0)
      $0.put($0.page(0x9000_0000), 0, of: $0.last)
      $0.put($0.page(0x9000_1000), 7, of: $0.last)
      $0.machine.barrier(.dsbISHST)
    }
    let touched = litmus.machine.listener.touched
    #expect(touched.map(\.inputAddress) == [0, 7 << 12])
    #expect(touched.map(\.before) == [litmus.page(0x8000_0000), 0])
    #expect(touched.allSatisfy { $0.level == .last && $0.isLinked })
    litmus.call { _ in }
    #expect(litmus.machine.listener.touchedCount == 0)
  }

  @Test func `transitions are counted from kind to kind`() {
    var litmus = Litmus()
    let before = litmus.machine.listener.transitions
    litmus.mapPages(0..<3)
    let after = litmus.machine.listener.transitions
    #expect(after[from: .invalid, to: .page] - before[from: .invalid, to: .page] == 3)
    #expect(after[from: .invalid, to: .table] == 2)
  }

  @Test func `the audit visits every leaf and finds nothing in an honest tree`() {
    var litmus = Litmus()
    litmus.mapPages(4..<7)
    litmus.call { $0.put(1 << 2, 9, of: $0.last) }
    var visited: [UInt64] = []
    litmus.machine.listener.audit { inputAddress, level, _ in
      #expect(level == .last)
      visited.append(inputAddress)
    }
    #expect(visited == [4 << 12, 5 << 12, 6 << 12, 9 << 12])
    #expect(litmus.rules == [])
  }

  @Test func `the audit finds what was changed behind the judges' back`() {
    var litmus = Litmus()
    litmus.mapPages(4..<7)
    litmus.machine.memory.pointer(to: litmus.last + 8).pointee = 1
    litmus.machine.listener.audit()
    #expect(litmus.rules.contains(.auditMismatch))
  }

  @Test func `a reset leaves nothing of the case before`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call { $0.clear(0, of: $0.last) }
    #expect(!litmus.violations.isEmpty)
    litmus.machine.reset()
    litmus.machine.listener.reset()
    litmus.call(.map) {
      $0.makeRoot()
      $0.middle = $0.link(at: 0, of: $0.root, level: 2)
      $0.last = $0.link(at: 0, of: $0.middle, level: 3)
      $0.machine.barrier(.dsbISHST)
    }
    litmus.mapPages(0..<1, to: 0x9000_0000)
    litmus.machine.listener.audit()
    #expect(litmus.rules == [])
    #expect(litmus.machine.listener.touchedCount == 1)
  }

  @Test func `every rule says what it demands and where that comes from`() {
    for rule in Judges.rules + RadixJudges.rules {
      #expect(!rule.name.isEmpty && !rule.reference.isEmpty && !rule.oracle.isEmpty)
      #expect(rule.statement.first?.isLowercase == true, "\(rule)")
      #expect(!rule.statement.hasSuffix("."), "\(rule)")
    }
  }

  @Test func `fingerprints name no addresses`() {
    func fingerprint(_ index: UInt64, _ address: UInt64) -> [String] {
      var litmus = Litmus()
      litmus.mapPages(index..<index + 1, to: address)
      litmus.call { $0.clear(index, of: $0.last) }
      return litmus.violations.map(\.fingerprint)
    }
    #expect(fingerprint(0, 0x8000_0000) == fingerprint(77, 0x9000_0000))
  }
}
