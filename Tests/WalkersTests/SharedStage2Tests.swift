import Machines
import Property
import Testing
import Walkers

/// A table on a machine of its own, and what faults and hosts ask of it.
private struct Guest<Walker: SharedStage2Walker> {
  let walker: Walker
  var machine: SharedDirectMachine
  let table: Stage2<SharedDirectMachine>

  init?(_ walker: Walker) {
    self.walker = walker
    let memory = PhysicalMemory(granule: .size4K, base: 1 << 32, capacity: 512)
    machine = SharedDirectMachine(memory: memory)
    let configuration = Stage2Configuration(hasForceWriteBack: true, hasRangeInvalidation: true)
    guard let table = Stage2.create(configuration, on: &machine) else { return nil }
    self.table = table
  }

  /// Makes call number `kind` on `count` pages from a page on.
  mutating func call(_ kind: UInt64, page: UInt64, count: UInt64, output: UInt64) -> Errno {
    let (ipa, size) = (page << 12, count << 12)
    defer {
      while let (child, level) = machine.takeUnlinked() {
        walker.freeUnlinked(child, level: level, in: table, on: &machine)
      }
    }
    switch kind {
    case 0, 1, 2:
      return walker.map(
        ipa: ipa,
        sizeInBytes: size,
        physical: output << 12,
        protection: Protection.read | (kind == 0 ? Protection.write : 0),
        in: table,
        on: &machine
      )
    case 3:
      let protection = Protection.read | Protection.execute
      return walker.relaxPermissions(ipa: ipa, protection: protection, in: table, on: &machine)
    case 4: return walker.makeYoung(ipa: ipa, in: table, on: &machine) == 0 ? .notFound : .ok
    case 5: return walker.age(ipa: ipa, clears: true, in: table, on: &machine) ? .ok : .notFound
    case 6: return walker.writeProtect(ipa: ipa, sizeInBytes: size, in: table, on: &machine)
    default: return walker.unmap(ipa: ipa, sizeInBytes: size, in: table, on: &machine)
    }
  }
}

@Suite struct SharedStage2Tests {
  @Test func `alone, the optimised walker and the kernel's way do the same, on real tables`() throws
  {
    var optimised = try #require(Guest(SharedStage2()))
    var locking = try #require(Guest(LockingStage2()))
    var random = CaseRandom(seed: 1, case: 0)
    // Pages at both sides of the edges of blocks, one, many, and whole blocks of them.
    let pages: [UInt64] = [0, 1, 511, 512, 513, 1024, 1 << 18, (1 << 18) - 1]
    let counts: [UInt64] = [1, 2, 512, 513]
    var results: Set<Errno> = []
    for _ in 0..<4000 {
      let kind = random.next(through: 7)
      let page = pages[Int(random.next(through: 7))]
      let count = counts[Int(random.next(through: 3))]
      let output = page + (random.next(through: 1) << 20)
      let first = optimised.call(kind, page: page, count: count, output: output)
      let second = locking.call(kind, page: page, count: count, output: output)
      #expect(first == second)
      results.insert(first)
      for page in pages {
        let (ours, theirs) = (
          optimised.table.leaf(at: page << 12, on: &optimised.machine),
          locking.table.leaf(at: page << 12, on: &locking.machine)
        )
        #expect(ours.level == theirs.level)
        #expect(ours.descriptor == theirs.descriptor)
      }
    }
    #expect(results.isSuperset(of: [.ok, .again, .notFound]))
    #expect(optimised.call(7, page: 0, count: 1 << 28, output: 0) == .ok)
    #expect(optimised.table.leaf(at: 0, on: &optimised.machine).level == 1)
  }
}
