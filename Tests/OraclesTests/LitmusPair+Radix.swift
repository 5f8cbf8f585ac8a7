import Architecture
import Machines
import Oracles

/// The litmus pairs of Power's tables.
extension LitmusPair {
  private static let page = RadixLitmus.page()
  private static let reference = RadixLitmus.reference
  private static let change = RadixLitmus.change

  static let radix = radixEntries + radixTables

  private static let radixEntries: [LitmusPair] = [
    .power(.radixNoBreak) { litmus, hasFault in
      litmus.map()
      litmus.call { $0.exchange(page, hasFault ? page + 0x1000 : page | change, in: $0.last) }
    },
    .power(.radixMakeBeforeInvalidate) { litmus, hasFault in
      litmus.map()
      litmus.call {
        $0.exchange(page, 0, in: $0.last)
        if !hasFault { $0.invalidate() }
        $0.machine.store(page + 0x1000, to: $0.last, at: 0, order: .release)
      }
    },
    .power(.radixPlainStore) { litmus, hasFault in
      litmus.map()
      litmus.call {
        if hasFault {
          $0.machine.store(0, to: $0.last, at: 0, order: .release)
        } else {
          $0.exchange(page, 0, in: $0.last)
        }
        $0.invalidate()
      }
    },
    .power(.radixNeedlessBreak) { litmus, hasFault in
      litmus.map()
      litmus.call(isFault: true) {
        $0.exchange(page, 0, in: $0.last)
        $0.invalidate()
        let new = hasFault ? page | change : page + 0x1000
        $0.machine.store(new, to: $0.last, at: 0, order: .release)
      }
    },
    .power(.radixStaleTranslation) { litmus, hasFault in
      litmus.map()
      litmus.call {
        $0.exchange(page, 0, in: $0.last)
        $0.invalidate(hasFault ? 0x1000 : 0)
      }
    },
    .power(.radixStalePermission) { litmus, hasFault in
      litmus.map(page | reference)
      let gone = hasFault ? 0x2 : reference
      litmus.call { $0.exchange(page | reference, (page | reference) & ~gone, in: $0.last) }
    },
    .power(.radixStaleChange) { litmus, hasFault in
      litmus.map(page | change)
      litmus.call {
        $0.exchange(page | change, page, in: $0.last)
        if !hasFault { $0.invalidate() }
      }
    },
    .power(.radixStaleTable) { litmus, hasFault in
      let entry = RadixLitmus.table(litmus.last)
      litmus.call {
        $0.exchange(entry, 0, in: $0.middle)
        $0.machine.barrier(.ptesync)
        $0.issue(0x800, hasFault ? .translations : .walkCache)
        $0.complete()
        $0.machine.store(entry, to: $0.middle, at: 1, order: .release)
      }
    },
    .power(.radixInvalidateWithoutBarrier) { litmus, hasFault in
      litmus.map()
      litmus.call {
        $0.exchange(page, 0, in: $0.last)
        $0.machine.barrier(hasFault ? .eieio : .ptesync)
        $0.issue()
        $0.complete()
      }
    },
    .power(.radixForeignInvalidation) { litmus, hasFault in
      litmus.map()
      litmus.call {
        $0.exchange(page, 0, in: $0.last)
        $0.invalidate(hasFault ? 0xc00 : 0)
      }
    },
    .power(.radixIncompleteInvalidation) { litmus, hasFault in
      litmus.map()
      litmus.call {
        $0.exchange(page, 0, in: $0.last)
        $0.machine.barrier(.ptesync)
        $0.issue()
        if hasFault { $0.machine.barrier(.ptesync) } else { $0.complete() }
      }
    },
    .power(.radixEntryNotCleared) { litmus, hasFault in
      litmus.map()
      litmus.call {
        $0.exchange(page, hasFault ? reference : 0, in: $0.last)
        $0.invalidate()
      }
    },
    .power(.radixChangeWithoutWrite) { litmus, hasFault in
      let readable = page & ~0x2
      litmus.map(readable)
      litmus.call(isFault: true) {
        $0.exchange(readable, readable | (hasFault ? change : reference), in: $0.last)
      }
    },
    .power(.radixForeignBits) { litmus, hasFault in litmus.map(page | (hasFault ? 0x8 : change)) },
  ]

  private static let radixTables: [LitmusPair] = [
    .power(.radixPlainLink) { litmus, hasFault in
      litmus.call {
        let entry = RadixLitmus.table($0.machine.allocateTable(level: 3) ?? 0)
        $0.machine.store(entry, to: $0.middle, at: 1, order: hasFault ? .relaxed : .release)
      }
    },
    .power(.radixStoreOutsideLock) { litmus, hasFault in
      litmus.machine.listener.beginCall(demandsLock: true)
      if !hasFault { litmus.machine.listener.takeLock() }
      litmus.machine.store(page, to: litmus.last, at: 0, order: .release)
      litmus.machine.listener.endCall()
    },
    .power(.radixChangeUnasked) { litmus, hasFault in
      litmus.call(isFault: true) {
        $0.machine.listener.takeLock()
        $0.machine.store(page, to: $0.last, at: 0, order: .release)
        $0.machine.listener.giveLockBack(mayHaveChanged: !hasFault)
      }
    },
    .power(.radixAllocateUnderLock) { litmus, hasFault in
      litmus.call {
        if hasFault { $0.machine.listener.takeLock() }
        let spare = $0.machine.allocateTable(level: 3) ?? 0
        if !hasFault { $0.machine.listener.takeLock() }
        $0.machine.listener.giveLockBack(mayHaveChanged: true)
        $0.machine.release(spare)
      }
    },
    .power(.radixUseAfterFree) { litmus, hasFault in
      litmus.call {
        let spare = $0.machine.allocateTable(level: 3) ?? 0
        if !hasFault { _ = $0.machine.load(spare, at: 0) }
        $0.machine.release(spare)
        if hasFault { _ = $0.machine.load(spare, at: 0) }
      }
    },
    .power(.radixAccessOutsideTable) { litmus, hasFault in
      litmus.call { _ = $0.machine.load(hasFault ? 0x1000 : $0.last, at: 0) }
    },
    .power(.radixDoubleFree) { litmus, hasFault in
      litmus.call {
        let spare = $0.machine.allocateTable(level: 3) ?? 0
        $0.machine.release(spare)
        if hasFault { $0.machine.release(spare) }
      }
    },
    .power(.radixFreedWhileLinked) { litmus, hasFault in
      litmus.freeLast(after: .everything, unlinks: !hasFault)
    },
    .power(.radixFreedWhileWalkable) { litmus, hasFault in
      litmus.freeLast(after: hasFault ? .translations : .walkCache)
    },
    .power(.radixFreedWhileCached) { litmus, hasFault in
      litmus.map()
      litmus.freeLast(after: hasFault ? .walkCache : .everything)
    },
    .power(.radixBadLink) { litmus, hasFault in
      litmus.call {
        let table = hasFault ? $0.last : $0.machine.allocateTable(level: 3) ?? 0
        $0.machine.store(RadixLitmus.table(table), to: $0.middle, at: 1, order: .release)
      }
    },
    .power(.radixLostTable) { litmus, hasFault in
      litmus.call {
        let table = $0.machine.allocateTable(level: 3) ?? 0
        if !hasFault { $0.machine.release(table) }
      }
    },
    .power(.radixLeak) { litmus, hasFault in
      litmus.call {
        $0.exchange(RadixLitmus.table($0.upper), 0, in: $0.root)
        $0.machine.barrier(.ptesync)
        $0.issue(0x800, .everything)
        $0.complete()
        for table in [$0.last, $0.middle, $0.upper] { $0.machine.release(table) }
        if !hasFault { $0.machine.freeRoot($0.root, pageCount: 16) }
      }
      litmus.machine.listener.judgeFreed()
    },
    .power(.unexpectedWarning) { litmus, hasFault in
      litmus.call { if hasFault { $0.machine.warn(Site("odd")) } else { $0.machine.yield() } }
    },
    .power(.runaway) { litmus, hasFault in
      litmus.machine.stepAllowance = 3
      litmus.call { for _ in 0..<(hasFault ? 4 : 3) { _ = $0.machine.load($0.last, at: 0) } }
    },
  ]
}
