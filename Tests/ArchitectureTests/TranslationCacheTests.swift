import Architecture
import Machines
import Testing

@Suite struct TranslationCacheTests {
  /// A cache in which entries of each kind were broken at time 1, and the break made visible at 2.
  private static func cache(
    _ entries: [(address: UInt64, level: Int, kind: EntryKind)],
    isVisible: Bool = true,
    granule: Granule = .size4K
  ) -> TranslationCache {
    let regime = TranslationRegime(Stage2Configuration(granule: granule, inputAddressBits: 48))
    var cache = TranslationCache(regime: regime, pageCount: 4)
    for (number, entry) in entries.enumerated() {
      cache.note(
        StaleEntry(
          inputAddress: entry.address,
          raw: UInt64(number) << 12 | 0b11,
          entryAddress: UInt64(number) << 3,
          anchor: UInt64(number) << 3,
          bucket: 0,
          level: LookupLevel(entry.level),
          kind: entry.kind,
          brokenAt: 1,
          isDebt: false,
          isPermissionOnly: false,
          hasCombinedCopies: true,
          tablePage: entry.kind == .table ? 1 : nil
        )
      )
    }
    if isVisible { cache.barrier(.dsbISHST, at: 2) }
    return cache
  }

  /// Runs one stage-2 invalidation to its end, stage 1 included.
  private static func remaining(
    _ cache: TranslationCache,
    after invalidation: TLBInvalidation<UInt64>
  ) -> [Int] {
    var cache = cache
    cache.invalidate(invalidation)
    cache.barrier(.dsbISH, at: 3)
    cache.invalidate(TLBInvalidation(.vmalle1))
    cache.barrier(.dsbISH, at: 4)
    return cache.staleEntries.map(\.level.number).sorted()
  }

  private static let nested: [(address: UInt64, level: Int, kind: EntryKind)] = [
    (0, 1, .table), (0, 2, .table), (0, 3, .page), (0x20_0000, 2, .block),
  ]

  @Test func `an invalidation by address takes leaves and tables of every level over it`() {
    let operation = TLBInvalidation<UInt64>(.ipas2e1, address: 0xfff, sizeInBytes: 4096)
    #expect(Self.remaining(Self.cache(Self.nested), after: operation) == [2])
  }

  @Test func `one of the last level spares tables`() {
    let operation = TLBInvalidation<UInt64>(.ipas2le1, address: 0, sizeInBytes: 4096)
    #expect(Self.remaining(Self.cache(Self.nested), after: operation) == [1, 2, 2])
  }

  @Test(
    arguments: [(1, [1, 2, 2, 3]), (2, [1, 2, 2, 3]), (3, [1, 2, 2])] as [(LookupLevel, [Int])]
  )
  func `one with a level takes leaves of that level alone`(hint: LookupLevel, expected: [Int]) {
    let operation = TLBInvalidation<UInt64>(
      .ipas2e1,
      address: 0,
      sizeInBytes: 4096,
      levelHint: hint
    )
    #expect(Self.remaining(Self.cache(Self.nested), after: operation) == expected)
  }

  @Test func `a reserved level is none`() {
    let hinted = TLBInvalidation<UInt64>(.ipas2e1, address: 0, sizeInBytes: 1 << 14, levelHint: 1)
    let entries: [(address: UInt64, level: Int, kind: EntryKind)] = [(0, 3, .page)]
    #expect(Self.remaining(Self.cache(entries), after: hinted) == [3])
    #expect(Self.remaining(Self.cache(entries, granule: .size16K), after: hinted) == [])
    #expect(Self.remaining(Self.cache(entries, granule: .size64K), after: hinted) == [3])
  }

  @Test(arguments: [(0x1f_f000, 1), (0x20_0000, 1), (0x20_1000, 0)] as [(UInt64, Int)])
  func `a range takes what it touches`(size: UInt64, left: Int) {
    let operation = TLBInvalidation<UInt64>(.ripas2e1, address: 0, sizeInBytes: size)
    #expect(
      Self.remaining(Self.cache(Self.nested), after: operation).count == left
    )
  }

  @Test func `a range smaller or larger than what is stale finds the same`() {
    let pages = (0..<64).map { (UInt64($0) << 12, 3, EntryKind.page) }
    for pageCount in 0...80 as ClosedRange<UInt64> {
      let operation = TLBInvalidation<UInt64>(
        .ripas2e1,
        address: 4 << 12,
        sizeInBytes: max(pageCount, 1) << 12
      )
      let taken = min(max(Int(pageCount), 1), 60)
      #expect(Self.remaining(Self.cache(pages), after: operation).count == 64 - taken)
    }
  }

  @Test func `everything is taken by vmalls12e1 and one barrier`() {
    var cache = Self.cache(Self.nested)
    cache.invalidate(TLBInvalidation(.vmalls12e1))
    #expect(cache.count == 4)
    cache.barrier(.dsbISH, at: 3)
    #expect(cache.isEmpty)
    #expect(cache.retired.count == 4)
    #expect(cache.releasedTables.count == 2)
  }

  @Test func `nothing is taken before the break is visible`() {
    var cache = Self.cache(Self.nested, isVisible: false)
    cache.invalidate(TLBInvalidation(.vmalls12e1))
    cache.barrier(.dsbISH, at: 3)
    #expect(cache.count == 4)
    #expect(cache.staleEntries.allSatisfy { $0.cause == "too-early" })
  }

  @Test func `a local invalidation leaves the other CPU its copies`() {
    var cache = Self.cache([(0, 3, .page)])
    cache.invalidate(TLBInvalidation(.vmalls12e1, isBroadcast: false))
    cache.barrier(.dsbISH, at: 3)
    #expect(cache.staleEntries.map(\.issuerPhase) == [.gone])
    #expect(cache.staleEntries.map(\.remotePhase) == [.cached])
  }

  @Test func `a local barrier completes on the issuing CPU only`() {
    var cache = Self.cache([(0, 3, .page)])
    cache.invalidate(TLBInvalidation(.vmalls12e1))
    cache.barrier(.dsbNSH, at: 3)
    #expect(cache.staleEntries.map(\.issuerPhase) == [.gone])
    #expect(cache.staleEntries.map(\.remotePhase) == [.wholeIssued])
    cache.barrier(.dsbISH, at: 4)
    #expect(cache.isEmpty)
  }

  @Test func `slots are used again, and nothing stale comes back`() {
    var cache = Self.cache([])
    for round in 0..<2000 {
      let pages = (0..<3).map { (UInt64(round * 3 + $0) << 12) }
      for page in pages {
        cache.note(
          StaleEntry(
            inputAddress: page,
            raw: page | 0b11,
            entryAddress: page >> 9,
            anchor: page >> 9,
            bucket: round % 4,
            level: .last,
            kind: .page,
            brokenAt: round * 10,
            isDebt: round % 7 == 0,
            isPermissionOnly: true,
            hasCombinedCopies: true,
            tablePage: nil
          )
        )
      }
      guard round % 7 != 0 else { continue }
      cache.barrier(.dsbISHST, at: round * 10 + 1)
      for page in pages {
        cache.invalidate(TLBInvalidation(.ipas2e1, address: page, levelHint: 3))
      }
      cache.barrier(.dsbISH, at: round * 10 + 2)
      cache.invalidate(TLBInvalidation(.vmalle1))
      cache.barrier(.dsbISH, at: round * 10 + 3)
    }
    #expect(cache.count == 286 * 3)
    #expect(cache.debtCount == cache.count)
    cache.barrier(.dsbISHST, at: 30000)
    cache.invalidate(TLBInvalidation(.vmalls12e1))
    cache.barrier(.dsbISH, at: 30001)
    #expect(cache.isEmpty && cache.debtCount == 0)
  }
}
