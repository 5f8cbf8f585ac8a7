import Architecture
import Machines
import Oracles
import Testing

@Suite struct TLBCoherenceTests {
  private static func unmap(
    _ maintenance: (inout Litmus) -> Void
  ) -> [Violation] {
    var litmus = Litmus()
    litmus.mapPages(0..<4)
    litmus.call(.unmap(cleans: false)) {
      $0.clear(2, of: $0.last)
      maintenance(&$0)
    }
    return litmus.violations
  }

  @Test func `a page cleared and never invalidated is convicted`() {
    let violations = Self.unmap { $0.machine.barrier(.dsbISHST) }
    #expect(violations.map(\.rule) == [.staleTranslation])
    #expect(violations[0].fingerprint == "stale-translation/page/not-invalidated/last-level")
  }

  @Test func `a page cleared and invalidated with its level is acquitted`() {
    #expect(Self.unmap { $0.invalidate(2 << 12, hint: 3) } == [])
  }

  @Test func `a page cleared and invalidated without a level is acquitted`() {
    #expect(Self.unmap { $0.invalidate(2 << 12) } == [])
  }

  @Test func `an invalidation of the neighbour is no invalidation`() {
    #expect(Self.unmap { $0.invalidate(3 << 12) }.map(\.rule) == [.staleTranslation])
  }

  @Test func `a local invalidation is convicted`() {
    let violations = Self.unmap { $0.invalidate(2 << 12, isBroadcast: false) }
    #expect(violations.map(\.rule) == [.staleTranslation])
    #expect(violations[0].message.contains("issuing CPU only"))
  }

  @Test func `an invalidation of stage 2 alone is convicted`() {
    let violations = Self.unmap {
      $0.machine.barrier(.dsbISHST)
      $0.machine.invalidate(TLBInvalidation(.ipas2e1, address: 2 << 12, sizeInBytes: 4096))
      $0.machine.barrier(.dsbISH)
    }
    #expect(violations.map(\.rule) == [.staleTranslation])
    #expect(violations[0].fingerprint.contains("combined-kept"))
  }

  @Test func `stage 1 invalidated before stage 2 is done is convicted`() {
    let violations = Self.unmap {
      $0.machine.barrier(.dsbISHST)
      $0.machine.invalidate(TLBInvalidation(.ipas2e1, address: 2 << 12, sizeInBytes: 4096))
      $0.machine.invalidate(TLBInvalidation(.vmalle1))
      $0.machine.barrier(.dsbISH)
    }
    #expect(violations.map(\.rule) == [.staleTranslation])
    #expect(violations[0].message.contains("vmalle1is came before"))
  }

  @Test func `a last-level invalidation is enough for a page`() {
    let violations = Self.unmap {
      $0.machine.barrier(.dsbISHST)
      $0.machine.invalidate(TLBInvalidation(.ipas2le1, address: 2 << 12, sizeInBytes: 4096))
      $0.machine.barrier(.dsbISH)
      $0.machine.invalidate(TLBInvalidation(.vmalle1))
      $0.machine.barrier(.dsbISH)
    }
    #expect(violations == [])
  }

  @Test func `a last-level invalidation is not enough for a table`() {
    var litmus = Litmus()
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.middle)
      $0.machine.barrier(.dsbISHST)
      $0.machine.invalidate(TLBInvalidation(.ipas2le1, address: 0, sizeInBytes: 4096))
      $0.machine.barrier(.dsbISH)
      $0.machine.invalidate(TLBInvalidation(.vmalle1))
      $0.machine.barrier(.dsbISH)
      $0.machine.release($0.last)
    }
    #expect(litmus.rules.first == .freedWhileWalkable)
    #expect(litmus.violations[0].message.contains("last-level form"))
  }

  @Test(arguments: [true, false])
  func `several pages with one barrier and one invalidation are acquitted`(byRange: Bool) {
    var litmus = Litmus()
    litmus.mapPages(0..<8)
    litmus.call(.unmap(cleans: false)) {
      for index in 0..<8 as Range<UInt64> { $0.clear(index, of: $0.last) }
      $0.clear(0, of: $0.middle)
      $0.machine.barrier(.dsbISHST)
      if byRange {
        $0.machine.invalidate(TLBInvalidation(.ripas2e1, address: 0, sizeInBytes: 8 << 12))
        $0.machine.barrier(.dsbISH)
        $0.machine.invalidate(TLBInvalidation(.vmalle1))
      } else {
        $0.machine.invalidate(TLBInvalidation(.vmalls12e1))
      }
      $0.machine.barrier(.dsbISH)
      $0.machine.release($0.last)
    }
    #expect(litmus.violations == [])
  }

  @Test func `a range that ends one page short is convicted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<8)
    litmus.call(.unmap(cleans: false)) {
      for index in 0..<8 as Range<UInt64> { $0.clear(index, of: $0.last) }
      $0.machine.barrier(.dsbISHST)
      $0.machine.invalidate(TLBInvalidation(.ripas2e1, address: 0, sizeInBytes: 7 << 12))
      $0.machine.barrier(.dsbISH)
      $0.machine.invalidate(TLBInvalidation(.vmalle1))
      $0.machine.barrier(.dsbISH)
    }
    #expect(litmus.rules == [.staleTranslation])
    #expect(litmus.violations[0].inputAddress == 7 << 12)
  }

  @Test func `an empty table kept until destroy is acquitted`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.last)
      $0.invalidate(0, hint: 3)
    }
    litmus.mapPages(0..<1, to: 0x9000_0000)
    #expect(litmus.violations == [])
  }

  @Test func `write protection without invalidation is a debt, and is paid`() {
    var litmus = Litmus()
    litmus.mapPages(0..<2)
    litmus.call(.owing) {
      $0.machine.store($0.page(0x8000_0000) & ~Bits.write, to: $0.last, at: 0, order: .relaxed)
    }
    #expect(litmus.violations == [])
    #expect(litmus.machine.listener.debtCount == 1)
    litmus.machine.listener.settle()
    #expect(litmus.machine.listener.debtCount == 0)
  }

  @Test func `write protection is convicted where the contract owes nothing`() {
    var litmus = Litmus()
    litmus.mapPages(0..<2)
    litmus.call {
      $0.machine.store($0.page(0x8000_0000) & ~Bits.write, to: $0.last, at: 0, order: .relaxed)
    }
    #expect(litmus.rules == [.stalePermission])
  }

  @Test func `a debt ends when its page is unmapped without invalidation`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call(.owing) {
      let old = $0.page(0x8000_0000) & ~Bits.accessed
      $0.machine.store(old, to: $0.last, at: 0, order: .relaxed)
    }
    #expect(litmus.violations == [])
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
    }
    #expect(litmus.rules == [.staleTranslation])
  }

  @Test func `a leaf whose access flag is clear is not cached`() {
    var litmus = Litmus()
    litmus.call(.map) {
      $0.put($0.page(0x8000_0000) & ~Bits.accessed, 0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
    }
    litmus.call(.owing) {
      $0.machine.store($0.page(0x8000_0000), to: $0.last, at: 0, order: .relaxed)
    }
    #expect(litmus.machine.listener.debtCount == 0)
  }

  @Test func `software bits leave nothing stale`() {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call {
      $0.machine.store($0.page(0x8000_0000) | Bits.software, to: $0.last, at: 0, order: .relaxed)
    }
    #expect(litmus.violations == [])
  }

  @Test func `the hypervisor's page is forgotten by vale2is and dsb ish alone`() {
    var litmus = Litmus.hypervisor()
    litmus.mapPages(0..<1)
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
      $0.machine.invalidate(
        TLBInvalidation(.vale2, address: 0, sizeInBytes: 4096, levelHint: 3)
      )
      $0.machine.barrier(.dsbISH)
    }
    #expect(litmus.violations == [])
  }

  @Test func `a guest's invalidation does nothing for the hypervisor`() {
    var litmus = Litmus.hypervisor()
    litmus.mapPages(0..<1)
    litmus.call(.unmap(cleans: false)) {
      $0.clear(0, of: $0.last)
      $0.invalidateEverything()
    }
    #expect(litmus.rules == [.staleTranslation])
  }

  /// A page without write permission is mapped; then another CPU's fault adds it, in a call of ours.
  private func losing(
    _ contract: CallContract = .visible,
    isOwed: Bool = false,
    _ body: (inout Litmus) -> Void
  ) -> [Rule] {
    var litmus = Litmus()
    let page = litmus.page(0x8000_0000) & ~Bits.write
    litmus.call(.map) {
      $0.put(page, 0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
    }
    litmus.call(contract) {
      let address = $0.last
      $0.machine.memory.pointer(to: address).pointee = page | Bits.write
      $0.machine.listener.observeRival(
        at: address,
        old: page,
        new: page | Bits.write,
        isOwed: isOwed
      )
      body(&$0)
    }
    litmus.machine.listener.audit()
    return litmus.rules
  }

  @Test func `a fault that another CPU was faster to deal with is invalidated here all the same`() {
    #expect(losing { _ in } == [.stalePermission])
    #expect(losing { $0.invalidate(0, hint: 3) }.isEmpty)
    // The other CPU has seen to itself, so this one is all that is left.
    #expect(losing { $0.invalidate(0, hint: 3, isBroadcast: false) }.isEmpty)
    #expect(losing { $0.invalidate(0, hint: 2) } == [.wrongLevelHint])
    #expect(losing { $0.invalidate(0x1000, hint: 3) } == [.stalePermission])
  }

  @Test func `what only the next fault at this CPU has to see to may stay`() {
    #expect(losing(isOwed: true) { _ in }.isEmpty)
  }
}
