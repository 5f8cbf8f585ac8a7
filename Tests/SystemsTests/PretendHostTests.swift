import Architecture
import Checking
import Machines
import Oracles
import Property
import Reference
import Testing

@testable import Systems
@testable import Walkers

@Suite struct PretendHostTests {
  @Test func `a page that was mapped for writing is marked while it is held, and no other is`() {
    #expect(
      HostLitmus.mapping(HostLitmus.writable) { host, page in
        host.setDirty(page)
        host.unpin(page)
      } == nil
    )
    #expect(HostLitmus.mapping(HostLitmus.readable) { $0.unpin($1) } == nil)
    #expect(HostLitmus.mapping(HostLitmus.writable) { $0.unpin($1) } == .hostPageUnmarked)
    #expect(HostLitmus.mapping(HostLitmus.readable) { $0.setDirty($1) } == .hostPageUnmarked)
  }

  @Test func `a page is let go once, and marked before`() {
    let twice = HostLitmus.mapping(HostLitmus.readable) { host, page in
      host.unpin(page)
      host.unpin(page)
    }
    #expect(twice == .pageHeld)
    let late = HostLitmus.mapping(HostLitmus.readable) { host, page in
      host.unpin(page)
      host.setDirty(page)
    }
    #expect(late == .pageHeld)
  }

  @Test func `invalidations are counted and looked for under the lock`() {
    for isLocked in [false, true] {
      let expected: Rule? = isLocked ? nil : .hostLock
      let counted = HostLitmus.rule { host, machine in
        if isLocked { host.lock(on: &machine) }
        host.countInvalidation()
      }
      #expect(counted == expected)
      let asked = HostLitmus.rule { host, machine in
        host.handed = [host.invalidations]
        if isLocked { host.lock(on: &machine) }
        _ = host.mustRetry(since: host.invalidations)
      }
      #expect(asked == expected)
    }
  }

  @Test func `invalidations are looked for since the fault began, and a flush is one`() {
    for count: UInt64 in [0, 1] {
      let rule = HostLitmus.rule { host, machine in
        host.handed = [host.invalidations]
        host.lock(on: &machine)
        _ = host.mustRetry(since: host.invalidations - count)
      }
      #expect(rule == (count == 0 ? nil : .invalidationUncounted))
    }
    for faults: PartitionTableFaultSet in [[], [.flushUncounted]] {
      let rule = HostLitmus.rule(faults: faults) { host, machine in host.remove(0, on: &machine) }
      #expect(rule == (faults == [] ? nil : .invalidationUncounted))
    }
  }

  @Test func `the lock is taken and given back in turn`() {
    #expect(HostLitmus.rule { $0.unlock(on: &$1) } == .hostLock)
    let twice = HostLitmus.rule { host, machine in
      host.lock(on: &machine)
      host.lock(on: &machine)
    }
    #expect(twice == .hostLock)
    let balanced = HostLitmus.rule { host, machine in
      host.lock(on: &machine)
      host.unlock(on: &machine)
    }
    #expect(balanced == nil)
  }

  @Test func `the log has a bit for each page of the slot`() {
    for (word, rule) in [(7, nil), (8, .bitmapBounds), (-1, .bitmapBounds)] as [(Int, Rule?)] {
      #expect(HostLitmus.rule { host, _ in host.mark(1, slot: 0, word: word) } == rule)
      #expect(HostLitmus.rule { host, _ in host.report(1, slot: 0, word: word) } == rule)
    }
    #expect(HostLitmus.rule { host, _ in host.mark(1, slot: 1, word: 0) } == .bitmapBounds)
  }

  @Test func `pages that were split move apart, and those that were not go as one`() {
    let rule = HostLitmus.rule { host, machine in
      let first = host.realAddress(ofFrame: 0)?.address ?? 0
      #expect(host.realAddress(ofFrame: 1)?.address == first + 0x1000)
      host.move(5..<6, on: &machine)
      let moved = host.realAddress(ofFrame: 0)?.address ?? 0
      #expect(moved != first)
      #expect(host.realAddress(ofFrame: 1)?.address == moved + 0x1000, "as one")
      host.resize(5..<6, slot: 0, on: &machine)
      #expect(host.realAddress(ofFrame: 5)?.address == moved + 0x5000, "where it was")
      host.move(5..<6, on: &machine)
      #expect(host.realAddress(ofFrame: 4)?.address == moved + 0x4000)
      #expect(host.realAddress(ofFrame: 5)?.address != moved + 0x5000)
      #expect(host.borders(0..<512, slot: 0) == [0, 5])
    }
    #expect(rule == nil)
  }
}

@Suite struct PartitionSessionTests {
  @Test func `a call that changes another leaf than it is asked to is convicted`() throws {
    var choices = Choices(replaying: [])
    let plan = PartitionGenerator(&choices)
    var session = try #require(PartitionSession(plan, PartitionKind.builtIn))
    var statistics = CheckStatistics()
    for frame: UInt64 in [0, 1] {
      let access = PartitionOperation.access(address: frame << 12, isWrite: false, setsBits: true)
      #expect(session.perform(access, &statistics) == nil)
    }
    let place = session.leaf(of: 0)?.place ?? 0
    session.call(demandsLock: false) { _, machine in
      let old = machine.load(place, at: 0)
      _ = machine.compareExchange(old, with: old & ~0x100, in: place, at: 0)
    }
    #expect(session.needlessChange("test", .age(frame: 0)) == nil)
    #expect(session.needlessChange("test", .harvest(slot: 0))?.rule == .needlessChange)
    #expect(
      session.needlessChange("test", .unmap(frames: 512..<513))?.rule == .needlessChange
    )
  }
}
