import Architecture
import Machines
import Oracles
import Testing

@Suite struct BreakBeforeMakeTests {
  @Test func `a page overwritten by another is convicted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call {
      $0.machine.store($0.page(0x9000_0000), to: $0.last, at: 0, order: .release)
      $0.invalidate(0, hint: 3)
    }
    #expect(litmus.rules == [.noBreak])
    #expect(litmus.violations[0].fingerprint == "no-break/page->page/output address/last-level")
    #expect(litmus.violations[0].inputAddress == 0)
    #expect(litmus.violations[0].level == .last)
  }

  @Test func `a page broken, invalidated and made is acquitted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.map) {
      $0.clear(0, of: $0.last)
      $0.invalidate(0, hint: 3)
      $0.put($0.page(0x9000_0000), 0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
    }
    #expect(litmus.rules == [])
  }

  @Test func `making before the invalidation is convicted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.map) {
      $0.clear(0, of: $0.last)
      $0.put($0.page(0x9000_0000), 0, of: $0.last)
      $0.invalidate(0, hint: 3)
    }
    #expect(litmus.rules == [.makeBeforeInvalidate])
    #expect(litmus.violations[0].message.contains("was not invalidated"))
  }

  @Test func `making before a barrier completes the invalidation is convicted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.map) {
      $0.clear(0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
      $0.machine.invalidate(TLBInvalidation(.vmalls12e1))
      $0.put($0.page(0x9000_0000), 0, of: $0.last)
      $0.machine.barrier(.dsbISH)
    }
    #expect(litmus.rules == [.incompleteInvalidation])
  }

  @Test func `making after a local invalidation is convicted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.map) {
      $0.clear(0, of: $0.last)
      $0.invalidate(0, hint: 3, isBroadcast: false)
      $0.put($0.page(0x9000_0000), 0, of: $0.last)
      $0.invalidate(0, hint: 3)
    }
    #expect(litmus.rules == [.makeBeforeInvalidate])
    #expect(litmus.violations[0].message.contains("on the issuing CPU only"))
  }

  @Test func `making while combined entries survive is convicted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.map) {
      $0.clear(0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
      $0.machine.invalidate(TLBInvalidation(.ipas2e1, address: 0, sizeInBytes: 4096))
      $0.machine.barrier(.dsbISH)
      $0.put($0.page(0x9000_0000), 0, of: $0.last)
      $0.invalidate(0, hint: 3)
    }
    #expect(litmus.rules == [.makeBeforeInvalidate])
    #expect(litmus.violations[0].message.contains("combined stage 1 and 2"))
  }

  @Test(arguments: [
    Bits.read, Bits.write, Bits.executeNever, Bits.accessed, Bits.software, Bits.read | Bits.write,
  ])
  func `permissions, access flag and software bits demand no break`(bits: UInt64) {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call {
      $0.machine.invalidateInstructions(0x8000_0000, sizeInBytes: 4096)
      $0.machine.store($0.page(0x8000_0000) ^ bits, to: $0.last, at: 0, order: .relaxed)
      $0.invalidate(0, hint: 3)
    }
    #expect(!litmus.rules.contains(.noBreak))
  }

  @Test(arguments: [1 << 12, 1 << 47, 0b0100 << 2, 0b0010 << 2, 1 << 8, 1 << 9, 1 << 52])
  func `address, memory type, shareability and contiguity demand a break`(bits: UInt64) {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call {
      $0.machine.store($0.page(0x8000_0000) ^ bits, to: $0.last, at: 0, order: .relaxed)
      $0.invalidate(0, hint: 3)
    }
    #expect(litmus.rules == [.noBreak])
  }

  @Test func `a block overwritten by a table is convicted`() {
    var litmus = Litmus()
    litmus.call(.map) {
      $0.put($0.block(0x8000_0000), 1, of: $0.middle)
      $0.machine.barrier(.dsbISHST)
    }
    litmus.call(.map) {
      let table = $0.machine.allocateTable(level: 3)!
      $0.machine.store(table | 0b11, to: $0.middle, at: 1, order: .release)
      $0.invalidate(Litmus.blockSize)
    }
    #expect(litmus.rules == [.noBreak])
    #expect(litmus.violations[0].fingerprint == "no-break/block->table/kind/upper-level")
  }

  @Test func `a block over a table is convicted while a leaf beneath may be cached`() {
    var litmus = Litmus()
    litmus.mapPages(5..<6)
    litmus.call(.map) {
      $0.clear(5, of: $0.last)
      $0.clear(0, of: $0.middle)
      $0.invalidate(0)  // the table entry and the leaf of page 0, but not that of page 5
      $0.put($0.block(0x8000_0000), 0, of: $0.middle)
      $0.invalidate(5 << 12)
      $0.machine.release($0.last)
    }
    #expect(litmus.rules == [.makeBeforeInvalidate])
    #expect(litmus.violations[0].message.contains("level 3"))
  }

  @Test func `a block over a detached table is convicted though its leaves were never cleared`() {
    var litmus = Litmus()
    litmus.mapPages(5..<6)
    litmus.call(.map) {
      $0.machine.store(0, to: $0.middle, at: 0, order: .relaxed)
      $0.invalidate(0)
      $0.machine.store($0.block(0x8000_0000), to: $0.middle, at: 0, order: .release)
      $0.invalidateEverything()
      $0.machine.release($0.last, by: 2)
    }
    #expect(litmus.rules == [.makeBeforeInvalidate])
  }

  @Test(arguments: [true, false])
  func `a block over a table is acquitted after everything was invalidated`(byRange: Bool) {
    var litmus = Litmus()
    litmus.mapPages(5..<9)
    litmus.call(.map) {
      $0.machine.store(0, to: $0.middle, at: 0, order: .relaxed)
      if byRange {
        $0.machine.barrier(.dsbISHST)
        $0.machine.invalidate(TLBInvalidation(.ripas2e1, address: 0, sizeInBytes: 2 << 20))
        $0.machine.barrier(.dsbISH)
        $0.machine.invalidate(TLBInvalidation(.vmalle1))
        $0.machine.barrier(.dsbISH)
      } else {
        $0.invalidateEverything()
      }
      $0.machine.release($0.last, by: 5)
      $0.machine.store($0.block(0x8000_0000), to: $0.middle, at: 0, order: .release)
      $0.machine.barrier(.dsbISHST)
    }
    #expect(litmus.rules == [])
  }
}
