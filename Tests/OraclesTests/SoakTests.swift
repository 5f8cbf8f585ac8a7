import Architecture
import Machines
import Oracles
import Testing

/// Long runs of an honest walker by hand: whatever the order, the judges find nothing, and their own
/// account agrees with memory.
@Suite struct SoakTests {
  private struct Numbers {
    var state: UInt64
    mutating func next(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `an honest walker is acquitted, whatever it does`(seed: UInt64) {
    var numbers = Numbers(state: seed)
    var litmus = Litmus(countsPages: true)
    var tables: [UInt64: UInt64] = [0: litmus.last]
    for _ in 0..<300 {
      let slot = UInt64(numbers.next(below: 4))
      let index = UInt64(numbers.next(below: 4))
      switch numbers.next(below: 6) {
      case 0, 1: map(slot, index, &litmus, &tables, &numbers)
      case 2: unmap(slot, &litmus, &tables, byRange: numbers.next(below: 2) == 0)
      case 3: protect(slot, &litmus, tables)
      case 4: replaceByBlock(slot, &litmus, &tables)
      default: if numbers.next(below: 3) == 0 { litmus.machine.listener.settle() }
      }
      litmus.machine.listener.audit()
      #expect(litmus.violations == [])
      if !litmus.violations.isEmpty || litmus.machine.listener.eventCount > 4000 { return }
    }
  }

  private func map(
    _ slot: UInt64,
    _ index: UInt64,
    _ litmus: inout Litmus,
    _ tables: inout [UInt64: UInt64],
    _ numbers: inout Numbers
  ) {
    let address = 0x8000_0000 + UInt64(numbers.next(below: 8)) << 12
    var known = tables
    litmus.call(.map) { walker in
      if known[slot] == nil {
        if walker.machine.load(walker.middle, at: slot) != 0 {
          walker.clear(slot, of: walker.middle)
          walker.invalidate(slot << 21, hint: 2)
        }
        guard let table = walker.machine.allocateTable(level: 3) else { return }
        walker.machine.store(table | 0b11, to: walker.middle, at: slot, order: .release)
        walker.machine.retain(walker.middle)
        known[slot] = table
      }
      guard let table = known[slot] else { return }
      if walker.machine.load(table, at: index) != 0 {
        walker.clear(index, of: table)
        walker.invalidate(slot << 21 | index << 12, hint: 3)
      }
      walker.put(walker.page(address), index, of: table)
      walker.machine.barrier(.dsbISHST)
    }
    tables = known
  }

  private func unmap(
    _ slot: UInt64,
    _ litmus: inout Litmus,
    _ tables: inout [UInt64: UInt64],
    byRange: Bool
  ) {
    guard let table = tables.removeValue(forKey: slot) else { return }
    litmus.call(.unmap(cleans: false)) { walker in
      for index in 0..<4 as Range<UInt64> where walker.machine.load(table, at: index) != 0 {
        walker.clear(index, of: table)
        if !byRange { walker.invalidate(slot << 21 | index << 12, hint: 3) }
      }
      walker.clear(slot, of: walker.middle)
      if byRange {
        walker.machine.barrier(.dsbISHST)
        walker.machine.invalidate(
          TLBInvalidation(.ripas2e1, address: slot << 21, sizeInBytes: 2 << 20)
        )
        walker.machine.barrier(.dsbISH)
        walker.machine.invalidate(TLBInvalidation(.vmalle1))
        walker.machine.barrier(.dsbISH)
      } else {
        walker.invalidate(slot << 21)
      }
      walker.machine.release(table)
    }
  }

  private func protect(_ slot: UInt64, _ litmus: inout Litmus, _ tables: [UInt64: UInt64]) {
    guard let table = tables[slot] else { return }
    litmus.call(.owing) { walker in
      for index in 0..<4 as Range<UInt64> {
        let raw = walker.machine.load(table, at: index)
        guard raw & Bits.write != 0 else { continue }
        walker.machine.store(raw & ~Bits.write, to: table, at: index, order: .relaxed)
      }
    }
  }

  private func replaceByBlock(
    _ slot: UInt64,
    _ litmus: inout Litmus,
    _ tables: inout [UInt64: UInt64]
  ) {
    let table = tables.removeValue(forKey: slot)
    litmus.call(.map) { walker in
      if walker.machine.load(walker.middle, at: slot) != 0 {
        walker.clear(slot, of: walker.middle)
        walker.invalidateEverything()
      }
      if let table {
        let count = Int(walker.machine.count(of: table))
        walker.machine.release(table, by: count)
      }
      walker.put(walker.block(0x8000_0000 + slot << 21), slot, of: walker.middle)
      walker.machine.barrier(.dsbISHST)
    }
  }
}
