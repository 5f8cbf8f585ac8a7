import Architecture
import Machines
import Testing

/// A page of a level-3 entry that CPU 0 has replaced, or a level-2 table.
private func stale(
  isTable: Bool = false,
  isPermissionOnly: Bool = false
) -> SharedTranslations.Stale {
  SharedTranslations.Stale(
    inputAddress: 0x1000,
    sizeInBytes: 0x1000,
    level: LookupLevel(isTable ? 2 : 3),
    entryAddress: 0x108,
    raw: 1,
    table: isTable ? 0x200 : nil,
    breaker: 0,
    brokenAt: 1,
    isPermissionOnly: isPermissionOnly
  )
}

private func page(_ hint: LookupLevel? = nil, isBroadcast: Bool = true) -> TLBInvalidation<UInt64> {
  TLBInvalidation(.ipas2e1, address: 0x1000, levelHint: hint, isBroadcast: isBroadcast)
}

extension SharedTranslations {
  /// The entry of page 1 at a level was changed, in a table of its own or, at level 3, in that of `stale`.
  fileprivate mutating func cutOff(level: Int, page: UInt64 = 1, by cpu: Int) {
    cutOff(
      at: level == 3 ? 0x108 : 0x308,
      level: LookupLevel(level),
      inputAddress: page << 12,
      sizeInBytes: 0x1000,
      by: cpu,
      at: 7
    )
  }

  /// Invalidates page 1 as one does, by a CPU that may have broken it or not.
  fileprivate mutating func invalidate(
    _ hint: LookupLevel? = nil,
    by cpu: Int,
    isBroadcast: Bool = true
  ) {
    barrier(.dsbISHST, by: cpu)
    invalidate(page(hint, isBroadcast: isBroadcast), by: cpu)
    barrier(.dsbISH, by: cpu)
    invalidate(TLBInvalidation(.vmalle1, isBroadcast: isBroadcast), by: cpu)
    barrier(.dsbISH, by: cpu)
  }
}

@Suite struct SharedTranslationsTests {
  @Test func `who breaks, invalidates and waits leaves nothing on any CPU`() {
    var cache = SharedTranslations()
    cache.note(stale())
    #expect(cache.entries[0].holders == .max)
    cache.invalidate(3, by: 0)
    #expect(cache.entries.isEmpty)
  }

  @Test func `an invalidation of one CPU leaves all others what they hold`() {
    var cache = SharedTranslations()
    cache.note(stale())
    cache.invalidate(by: 0, isBroadcast: false)
    #expect(cache.entries[0].holders == SharedTranslations.CPUs.max - 1)
  }

  @Test func `another CPU invalidates in vain what it has not seen broken`() {
    var cache = SharedTranslations()
    cache.note(stale())
    cache.invalidate(by: 1)
    #expect(cache.entries[0].holders == .max)
    cache.observe(0x108, by: 1)
    cache.invalidate(by: 1)
    #expect(cache.entries.isEmpty)
  }

  @Test func `what the breaker's barrier has made visible, anybody invalidates`() {
    var cache = SharedTranslations()
    cache.note(stale())
    cache.barrier(.dsbISHST, by: 0)
    cache.invalidate(by: 2)
    #expect(cache.entries.isEmpty)
  }

  @Test func `an invalidation is complete at a barrier of who issued it`() {
    var cache = SharedTranslations()
    cache.note(stale())
    cache.barrier(.dsbISHST, by: 0)
    cache.invalidate(page(), by: 0)
    cache.barrier(.dsbISH, by: 1)
    #expect(cache.entries[0].stage2 == .max)
    cache.barrier(.dsbISH, by: 0)
    #expect(cache.entries[0].stage2 == 0 && cache.entries[0].combined == .max)
  }

  @Test func `stage 1 goes last, or what was made of both stays`() {
    var cache = SharedTranslations()
    cache.note(stale())
    cache.barrier(.dsbISHST, by: 0)
    cache.invalidate(page(), by: 0)
    cache.invalidate(TLBInvalidation(.vmalle1), by: 0)
    cache.barrier(.dsbISH, by: 0)
    #expect(cache.entries[0].combined == .max)
  }

  @Test func `a hint of another level, or for a table, promises too much`() {
    var cache = SharedTranslations()
    cache.note(stale())
    cache.invalidate(2, by: 0)
    #expect(cache.entries[0].stage2 == .max)
    cache.reset()
    cache.note(stale(isTable: true))
    cache.invalidate(2, by: 0)
    #expect(cache.entries[0].stage2 == .max)
    cache.invalidate(by: 0)
    #expect(cache.entries.isEmpty)
  }

  @Test func `who breaks what was only loosened answers for it`() {
    var cache = SharedTranslations()
    cache.note(stale(isPermissionOnly: true))
    cache.cutOff(level: 3, by: 1)
    #expect(!cache.entries[0].isPermissionOnly)
    #expect(cache.entries[0].breaker == 1 && cache.entries[0].brokenAt == 7)
    cache.invalidate(by: 1)
    #expect(cache.entries.isEmpty)
  }

  @Test func `who cuts off what another has broken beneath may invalidate it`() {
    var cache = SharedTranslations()
    cache.note(stale())
    cache.cutOff(level: 2, by: 1)
    cache.invalidate(by: 1)
    #expect(cache.entries.isEmpty)
  }

  @Test(arguments: [(2, 2), (3, 2), (3, 1)] as [(Int, UInt64)])
  func `who changes another page's table, or an entry beneath, cuts nothing off`(
    level: Int,
    page: UInt64
  ) {
    var cache = SharedTranslations()
    var table = stale(isTable: true)
    table.entryAddress = 0x408
    cache.note(table)
    cache.cutOff(level: level, page: page, by: 1)
    cache.invalidate(by: 1)
    #expect(cache.entries[0].holders == .max)
  }

  @Test func `what is written behind a table that was cut off goes with the table`() {
    var cache = SharedTranslations()
    cache.note(stale(isTable: true))
    cache.barrier(.dsbISHST, by: 0)
    cache.invalidate(page(), by: 0)
    cache.note(stale(), reachedBy: cache.entries[0])
    cache.barrier(.dsbISH, by: 0)
    #expect(cache.entries.count == 1 && cache.entries[0].stage2 == 0)
    cache.invalidate(TLBInvalidation(.vmalle1), by: 0)
    cache.barrier(.dsbISH, by: 0)
    #expect(cache.entries.isEmpty)
  }
}
