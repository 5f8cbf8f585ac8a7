import Architecture
import Machines
import Testing

/// The cache against the plainest account of it: a list of stale entries, searched from end to end.
@Suite struct TranslationCacheModelTests {
  private struct Plain {
    var address: UInt64
    var level: Int
    var isTable: Bool
    var brokenAt: Int
    /// What is left of each CPU's copies: of stage 2, and of both stages together.
    var copies = [(stage2: true, combined: true), (stage2: true, combined: true)]
    var issued = [(stage2: false, combined: false), (stage2: false, combined: false)]
    var isGone: Bool { copies.allSatisfy { !$0.stage2 && !$0.combined } }
  }

  private struct PlainCache {
    var entries: [Plain] = []
    var visibleAt = [-1, -1]
    var now = 0

    mutating func barrier(_ barrier: Barrier) {
      let cpus = barrier == .dsbISH || barrier == .dsbISHST ? 0..<2 : 0..<1
      guard barrier != .isb, barrier != .dmbISHST else { return }
      for cpu in cpus { visibleAt[cpu] = now }
      guard barrier == .dsbISH || barrier == .dsbNSH else { return }
      for index in entries.indices {
        for cpu in cpus {
          if entries[index].issued[cpu].stage2 { entries[index].copies[cpu].stage2 = false }
          if entries[index].issued[cpu].combined { entries[index].copies[cpu].combined = false }
          entries[index].issued[cpu] = (false, false)
        }
      }
      entries.removeAll(where: \.isGone)
    }

    mutating func invalidate(_ operation: TLBInvalidation<UInt64>) {
      let size = operation.operation == .ripas2e1 ? operation.sizeInBytes : 4096
      for index in entries.indices {
        let entry = entries[index]
        let shift = 12 + 9 * UInt64(3 - entry.level)
        let overlaps =
          entry.address < operation.address + size
          && operation.address < entry.address + 1 << shift
        let fits =
          operation.levelHint.map { !entry.isTable && entry.level == $0.number } ?? true
        let isSpared = entry.isTable && operation.operation == .ipas2le1
        for cpu in operation.isBroadcast ? 0..<2 : 0..<1 where entry.brokenAt < visibleAt[cpu] {
          switch operation.operation {
          case .vmalls12e1: entries[index].issued[cpu] = (true, true)
          case .vmalle1:
            if !entry.copies[cpu].stage2 { entries[index].issued[cpu].combined = true }
          default:
            if overlaps, fits, !isSpared { entries[index].issued[cpu].stage2 = true }
          }
        }
      }
    }
  }

  /// A small generator of numbers, the same on every run.
  private struct Numbers {
    var state: UInt64
    mutating func next(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  private static func operation(_ numbers: inout Numbers) -> TLBInvalidation<UInt64> {
    let operations: [TLBInvalidation<UInt64>.Operation] = [
      .ipas2e1, .ipas2e1, .ipas2le1, .ripas2e1, .vmalle1, .vmalle1, .vmalls12e1,
    ]
    let hints: [LookupLevel?] = [nil, nil, 1, 2, 3]
    return TLBInvalidation(
      operations[numbers.next(below: operations.count)],
      address: UInt64(numbers.next(below: 1024)) << 12,
      sizeInBytes: UInt64(1 + numbers.next(below: 700)) << 12,
      levelHint: hints[numbers.next(below: hints.count)],
      isBroadcast: numbers.next(below: 4) != 0
    )
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `the indexed cache forgets what a plain list forgets`(seed: UInt64) {
    var numbers = Numbers(state: seed)
    let regime = TranslationRegime(Stage2Configuration(inputAddressBits: 40))
    var cache = TranslationCache(regime: regime, pageCount: 8)
    var plain = PlainCache()
    let barriers: [Barrier] = [.dsbISH, .dsbISH, .dsbISHST, .dsbNSH, .dsbNSHST, .isb]
    for now in 1...400 {
      plain.now = now
      switch numbers.next(below: 4) {
      case 0:
        let level = 1 + numbers.next(below: 3)
        let shift = 12 + 9 * UInt64(3 - level)
        let address = (UInt64(numbers.next(below: 1024)) << 12) & ~(1 << shift - 1)
        let isTable = level < 3 && numbers.next(below: 2) == 0
        plain.entries.append(
          Plain(address: address, level: level, isTable: isTable, brokenAt: now)
        )
        cache.note(
          StaleEntry(
            inputAddress: address,
            raw: UInt64(now) << 12 | 0b11,
            entryAddress: UInt64(now) << 3,
            anchor: UInt64(now) << 3,
            bucket: now % 8,
            level: LookupLevel(level),
            kind: isTable ? .table : level == 3 ? .page : .block,
            brokenAt: now,
            isDebt: false,
            isPermissionOnly: false,
            hasCombinedCopies: true,
            tablePage: isTable ? 1 : nil
          )
        )
      case 1:
        let barrier = barriers[numbers.next(below: barriers.count)]
        plain.barrier(barrier)
        cache.barrier(barrier, at: now)
      default:
        let operation = Self.operation(&numbers)
        plain.invalidate(operation)
        cache.invalidate(operation)
      }
      let expected = plain.entries.map(\.brokenAt)
      #expect(cache.staleEntries.map(\.brokenAt).sorted() == expected, "after event \(now)")
      if cache.count != expected.count { return }
    }
    let walkable = plain.entries.filter { entry in
      entry.isTable && entry.copies.contains { $0.stage2 }
    }
    #expect(cache.walkableCount == walkable.count)
  }
}
